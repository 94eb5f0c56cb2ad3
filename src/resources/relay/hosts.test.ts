import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceHost } from '../../nouns/relay.ts'
import { CALLER, fails, requestOf, targetOf, upstreamOf } from '../../nouns.fixture.ts'
import type { Upstream } from '../../nouns.ts'
import { createHosts, homeAt } from './hosts.ts'

const hostOf = (...tags: readonly string[]): ResourceHost => ({
  accounts: tags.map((tag, credential) => ({ credential, tag })),
  addressOf: (name) => `https://up.test/v1beta/${name}`,
  relay: () => Promise.reject(new Error('not expected')),
})
const withHost = (name: string, ...tags: readonly string[]): Upstream =>
  upstreamOf(name, { resources: hostOf(...tags) })
const KEY_IDS = Array.from({ length: 300 }, (_, at) => `key-${at}`)

test('[RELAY-17] a key keeps its account, and a credential more moves only what it gets', () => {
  const before = withHost('up', 'tagaaa', 'tagbbb', 'tagccc')
  const after = withHost('up', 'tagddd', 'tagccc', 'tagbbb', 'tagaaa')
  const counts = new Map<string, number>()
  for (const keyId of KEY_IDS) {
    const tag = homeAt(before, keyId)?.account.tag as string
    counts.set(tag, (counts.get(tag) ?? 0) + 1)
    const moved = homeAt(after, keyId)?.account.tag
    assert.ok(moved === tag || moved === 'tagddd')
  }
  assert.equal(counts.size, 3)
  for (const count of counts.values()) assert.ok(count > 60, String(count))
})

test('what a key makes goes to the first upstream with a store, or to the one that it names', () => {
  const sandbox = upstreamOf('sandbox')
  const hosts = createHosts(() => [sandbox, withHost('one', 'tagaaa'), withHost('two', 'tagbbb')])
  const wishing = (wish?: string) =>
    requestOf('/v1beta/files', { headers: wish === undefined ? {} : { 'x-wasat-upstream': wish } })
  assert.equal(hosts.forNew(CALLER, wishing())?.upstream, 'one')
  assert.equal(hosts.forNew(CALLER, wishing('two'))?.account.tag, 'tagbbb')
  assert.equal(hosts.forNew(CALLER, wishing('sandbox')), undefined)
  assert.throws(
    () => hosts.forNew(CALLER, wishing('three')),
    fails('invalid_argument', /no upstream "three"/),
  )
  const targets = [targetOf(sandbox), targetOf(withHost('two', 'tagbbb'))]
  assert.equal(hosts.forModel(CALLER, wishing(), targets)?.home.upstream, 'two')
  assert.equal(hosts.forModel(CALLER, wishing(), [targetOf(sandbox)]), undefined)
  assert.throws(
    () => hosts.forModel(CALLER, wishing('one'), targets),
    fails('invalid_argument', /upstream one/),
  )
})

test('an account that is configured no more says so', () => {
  const hosts = createHosts(() => [withHost('one', 'tagaaa')])
  assert.equal(hosts.home('one', 'tagaaa', 'files/x').account.credential, 0)
  for (const [upstream, tag] of [
    ['one', 'tagzzz'],
    ['two', 'tagaaa'],
  ] as const) {
    assert.throws(
      () => hosts.home(upstream, tag, 'files/x'),
      fails('failed_precondition', /^files\/x lies at/),
    )
  }
})
