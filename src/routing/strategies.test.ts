import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Rates, Tier } from '../nouns/money.ts'
import type { StrategyName } from '../nouns/routing.ts'
import { targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Target } from '../nouns.ts'
import { createStrategies, EXPLORATION_SHARE } from './strategies.ts'

const priced = (name: string, rates: Rates | undefined): Target => ({
  ...targetOf(upstreamOf(name)),
  price: rates && { version: name, rates, document: '' },
})
const weighted = (name: string, weight: number): Target => ({ ...targetOf(upstreamOf(name)), weight })
const named = (name: string): Target => targetOf(upstreamOf(name))
const namesOf = (targets: readonly Target[]) => targets.map(({ upstream }) => upstream.name).join(' ')

/** Repeatable and evenly spread. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

function order(
  name: StrategyName,
  targets: readonly Target[],
  speeds: Record<string, number> = {},
  random = () => 0.5,
  tier: Tier = 'standard',
) {
  const firstByteMs = ({ upstream }: Target) => speeds[upstream.name]
  return createStrategies({ random, firstByteMs })[name](targets, { tier })
}

test('[NEV-20] every strategy asks each target once, whatever weights, prices, speeds and chance', () => {
  const target = fc.record({
    weight: fc.integer({ min: 1, max: 1000 }),
    rates: fc.option(fc.record({ input: fc.nat(1e12), output: fc.nat(1e12) }), { nil: undefined }),
    speed: fc.option(fc.nat(10_000), { nil: undefined }),
  })
  fc.assert(
    fc.property(
      fc.array(target, { maxLength: 6 }),
      fc.constantFrom('order', 'weight', 'cheapest', 'fastest'),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (given, name, draws) => {
        const targets = given.map(({ weight, rates }, index) => ({ ...priced(`t${index}`, rates), weight }))
        const speeds = Object.fromEntries(
          given.flatMap(({ speed }, index) => (speed === undefined ? [] : [[`t${index}`, speed]])),
        )
        const ordered = order(name as StrategyName, targets, speeds, () => draws.next().value as number)
        assert.deepEqual(new Set(ordered), new Set(targets))
        assert.equal(ordered.length, targets.length)
      },
    ),
  )
})

test('[NEV-20] `order` keeps the order', () => {
  assert.equal(namesOf(order('order', [named('b'), named('a')])), 'b a')
})

test('[NEV-20] `weight` asks each first as often as its weight says', () => {
  const targets = [weighted('a', 1), weighted('b', 3), named('c')]
  const random = chance(7)
  const firsts: Record<string, number> = { a: 0, b: 0, c: 0 }
  const draws = 20_000
  for (let draw = 0; draw < draws; draw++) {
    const name = order('weight', targets, {}, random)[0]?.upstream.name as string
    firsts[name] = (firsts[name] as number) + 1
  }
  for (const [name, share] of [
    ['a', 0.2],
    ['b', 0.6],
    ['c', 0.2],
  ] as const) {
    const got = (firsts[name] as number) / draws
    assert.ok(Math.abs(got - share) < 0.015, `${name}: ${got}`)
  }
})

test('[NEV-20] `cheapest` compares as many tokens in as out, and puts unknown prices last', () => {
  const targets = [
    priced('unknown', undefined),
    priced('dear', { input: 1, output: 9_000 }),
    priced('also-unknown', undefined),
    priced('cheap', { input: 4_000, output: 4_000 }),
    priced('by-request', { input: 0, output: 0, request: 8_500 / 1_000 }),
  ]
  assert.equal(namesOf(order('cheapest', targets)), 'cheap by-request dear unknown also-unknown')
})

test('[NEV-20] `cheapest` knows what the call’s tier costs', () => {
  const targets = [
    priced('flat', { input: 400, output: 400 }),
    priced('reduced', { input: 500, output: 500, tierPercent: { batch: 50 } }),
  ]
  assert.equal(namesOf(order('cheapest', targets)), 'flat reduced')
  assert.equal(namesOf(order('cheapest', targets, {}, () => 0.5, 'batch')), 'reduced flat')
})

test('[NEV-20] `fastest` goes by the first byte, and tries others for a small share of the calls', () => {
  const targets = [named('new'), named('slow'), named('quick')]
  const speeds = { slow: 900, quick: 80 }
  assert.equal(namesOf(order('fastest', targets, speeds)), 'quick slow new')
  // Nobody was measured yet: nothing to go by.
  assert.equal(namesOf(order('fastest', targets, {}, () => 0)), 'new slow quick')
  const random = chance(11)
  const draws = 10_000
  const tried = Array.from({ length: draws }, () => namesOf(order('fastest', targets, speeds, random)))
  const explored = tried.filter((text) => text !== 'quick slow new')
  assert.ok(Math.abs(explored.length / draws - EXPLORATION_SHARE) < 0.01, String(explored.length))
  // Whose speed is unknown goes before whose speed is known to be low.
  assert.deepEqual([...new Set(explored)], ['new quick slow'])
  const all = { ...speeds, new: 100 }
  const others = Array.from({ length: draws }, () => order('fastest', targets, all, random)[0]?.upstream.name)
  assert.deepEqual(new Set(others), new Set(['quick', 'slow', 'new']))
})
