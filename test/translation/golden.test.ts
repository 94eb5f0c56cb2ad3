/**
 * Plays every golden case against its provider. A case that goes otherwise shows where; with WASAT_GOLDEN=write what came
 * is written beside it, for a human to read and to judge.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { GOLDEN, type GoldenCase, goldenCases } from './case.ts'
import { type Played, play } from './play.ts'
import { type Provider, startProvider } from './provider.ts'
import { CARRIED, LOST_BY_OTHERS, MISTAKES, STREAMED_ONLY, TRANSLATED } from './rows.ts'

const isWriting = process.env.WASAT_GOLDEN === 'write'
const cases = goldenCases()
let provider: Provider

before(async () => {
  provider = await startProvider()
})
after(() => provider.close())

const targetOf = ({ name }: GoldenCase): string => name.split('/')[0] as string
const isStreamed = ({ verb }: GoldenCase): boolean => verb === 'streamGenerateContent'

for (const golden of cases) {
  const ids = golden.requirement.split(' ').map((id) => `[${id}]`)
  const manner = isStreamed(golden) ? ', streamed' : ''
  test(`${ids.join(' ')} ${targetOf(golden)}: ${golden.title}${manner}`, async () => {
    const played = await play(golden, provider)
    const wrong = played.flatMap(({ differences }, step) =>
      differences.map((line) => `step ${step + 1} ${line}`),
    )
    if (isWriting && wrong.length > 0) writeWhatCame(golden, played)
    assert.deepEqual(wrong, [], golden.name)
  })
}

function writeWhatCame({ name }: GoldenCase, played: readonly Played[]): void {
  const steps = played.map(({ sent, outcome }) => ({
    sent: sent.map(({ path, body }) => ({ path, body })),
    answer: outcome.chunks.length === 1 ? outcome.chunks[0] : outcome.chunks,
    translation: outcome.losses,
  }))
  writeFileSync(join(GOLDEN, `${name}.came`), `${JSON.stringify(steps, undefined, 2)}\n`)
}

const has = (target: string, row: string, streamed?: boolean): boolean =>
  cases.some(
    (golden) =>
      targetOf(golden) === target &&
      golden.rows.includes(row) &&
      (streamed === undefined || isStreamed(golden) === streamed),
  )

function missing(rows: readonly string[], streamed?: boolean): string[] {
  return TRANSLATED.flatMap((target) =>
    rows.filter((row) => !has(target, row, streamed)).map((row) => `${target}: ${row}`),
  )
}

test('[GLD-01] each thing that others lose has a case for each target', () => {
  assert.deepEqual(missing(LOST_BY_OTHERS), [])
})

test('[GLD-02] each mistake of other converters has a case for each target', () => {
  assert.deepEqual(missing(MISTAKES), [])
})

test('what is carried both ways has a case for each target, whole and streamed', () => {
  assert.deepEqual(missing(CARRIED, false), [])
  assert.deepEqual(missing([...CARRIED, ...STREAMED_ONLY], true), [])
})

test('no case proves what nobody asked for, and no two have one name', () => {
  const known = new Set<string>([...LOST_BY_OTHERS, ...MISTAKES, ...CARRIED, ...STREAMED_ONLY])
  assert.deepEqual(
    cases.flatMap(({ name, rows }) => rows.filter((row) => !known.has(row)).map((row) => `${name}: ${row}`)),
    [],
  )
})
