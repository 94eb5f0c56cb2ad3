import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import type { ResourceHost } from '../../nouns/relay.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import { CALLER, callOf, fails, targetOf, upstreamOf } from '../../nouns.fixture.ts'
import { createHosts } from './hosts.ts'
import { createPlace } from './place.ts'
import { createReferences } from './references.ts'
import type { RelayedRows } from './rows.ts'

const HOST: ResourceHost = {
  accounts: ['tagaaa', 'tagbbb'].map((tag, credential) => ({ credential, tag })),
  addressOf: (name) => `https://up.test/v1beta/${name}`,
  relay: () => Promise.reject(new Error('not expected')),
}
const UP = upstreamOf('up', { credentials: 2, resources: HOST })
const OTHER = upstreamOf('other')
const TARGETS = [targetOf(OTHER), targetOf(UP)]

const row = (name: string, keyId: string, document?: object): ResourceRow => ({
  keyId,
  name,
  collection: document === undefined ? 'files' : 'relayed/files',
  parent: undefined,
  upstream: document === undefined ? undefined : 'up',
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  blob: undefined,
  sizeBytes: 0,
  document: JSON.stringify(document ?? {}),
})

const ROWS = [
  row('files/tagaaaone', 'k', {
    tag: 'tagaaa',
    remote: 'files/one',
    uri: 'https://google.test/v1beta/files/one',
  }),
  row('files/tagbbbtwo', 'k', { tag: 'tagbbb', remote: 'files/two' }),
  row('files/tagbbbalien', 'another', { tag: 'tagbbb', remote: 'files/alien' }),
  row('files/here', 'k'),
]

const rows: RelayedRows = {
  get: async (keyId, name) => ROWS.find((one) => one.keyId === keyId && one.name === name),
  find: async (name) => ROWS.find((one) => one.name === name),
  own: async () => undefined,
  refuseTooMany: async () => undefined,
  count: async () => 0,
  extend: async () => undefined,
  forget: async () => undefined,
}
const hosts = createHosts(() => [OTHER, UP])
const place = createPlace(hosts, createReferences(hosts, rows))
const bodyOf = (...uris: readonly string[]) =>
  Buffer.from(
    `{"big":12345678901234567890,"contents":[{"parts":[${uris.map((uri) => `{"fileData":{"fileUri":${JSON.stringify(uri)}}}`).join(',')}]}]}`,
  )
const callWith = (...uris: readonly string[]) => callOf({ body: bodyOf(...uris) })

test('[RELAY-18] a call that uses nothing is handed back as it came, at once', () => {
  for (const text of ['hello', 'a file is a file', 'cached, too']) {
    const call = callOf({ body: Buffer.from(JSON.stringify({ contents: [{ parts: [{ text }] }] })) })
    assert.deepEqual(place(call, CALLER, TARGETS), { call, targets: TARGETS })
  }
  const nowhere = createHosts(() => [OTHER])
  const call = callWith('files/here')
  const { call: same, targets } = createPlace(nowhere, createReferences(nowhere, rows))(
    call,
    CALLER,
    TARGETS,
  ) as {
    call: unknown
    targets: unknown
  }
  assert.ok(same === call && targets === TARGETS)
})

test('[RELAY-18] a call that uses a file is pinned to its account, and names it as the upstream does', async () => {
  const placed = await place(
    callWith('https://us.test/v1beta/files/tagaaaone', 'https://x.test/a.png'),
    CALLER,
    TARGETS,
  )
  assert.deepEqual(
    placed.targets.map(({ upstream, credential, pinned }) => [upstream.name, credential, pinned]),
    [['up', 0, true]],
  )
  const wanted = bodyOf('https://google.test/v1beta/files/one', 'https://x.test/a.png')
  assert.equal(placed.call.body.toString(), wanted.toString())
  assert.deepEqual(placed.call.document(), JSON.parse(wanted.toString()))
  const bare = await place(callWith('files/tagbbbtwo'), CALLER, TARGETS)
  assert.equal(bare.targets[0]?.credential, 1)
  assert.equal(bare.call.body.toString(), bodyOf('https://up.test/v1beta/files/two').toString())
})

test('[RELAY-18] a call in another language is pinned by what its targets read, and refused another’s file', async () => {
  const speaking = (...uris: readonly string[]) =>
    callOf({ wire: 'openai-chat', body: Buffer.from('{}'), inGemini: () => callWith(...uris) })
  const { call, targets } = await place(speaking('files/tagbbbtwo'), CALLER, TARGETS)
  assert.deepEqual([call.wire, targets.map(({ upstream }) => upstream.name)], ['gemini', ['up']])
  assert.equal(call.body.toString(), bodyOf('https://up.test/v1beta/files/two').toString())
  await assert.rejects(
    async () => place(speaking('files/alien'), CALLER, TARGETS),
    fails('permission_denied', /File alien or/),
  )
  const plain = speaking('https://x.test/a.png')
  assert.equal((await place(plain, CALLER, TARGETS)).call, plain, 'else it goes as it came')
  const unable = () => {
    throw new GatewayError('untranslatable', 'no word for it')
  }
  const other = callOf({ wire: 'openai-chat', inGemini: unable })
  assert.deepEqual(await place(other, CALLER, TARGETS), { call: other, targets: TARGETS })
})

test('[RELAY-18] what a caller’s own data says is no use of a file', async () => {
  const body = Buffer.from(
    '{"contents":[{"parts":[{"functionCall":{"args":{"fileUri":"files/tagbbbalien"}}},{"text":"\\"fileUri\\":\\"files/tagbbbalien\\""}]}]}',
  )
  const call = callOf({ body })
  assert.deepEqual(await place(call, CALLER, TARGETS), { call, targets: TARGETS })
})

test('[RELAY-18] another’s file, two accounts, and a target that cannot see it are refused', async () => {
  const asked = async (...uris: readonly string[]) => place(callWith(...uris), CALLER, TARGETS)
  for (const name of ['tagbbbalien', 'alien', 'tagaaanone']) {
    await assert.rejects(asked(`files/${name}`), fails('permission_denied', new RegExp(`File ${name} or`)))
  }
  await assert.rejects(
    asked('files/tagaaaone', 'files/tagbbbtwo'),
    fails('invalid_argument', /different accounts/),
  )
  await assert.rejects(
    asked('files/tagaaaone', 'files/here'),
    fails('invalid_argument', /different accounts/),
  )
  const only = [targetOf(OTHER)]
  await assert.rejects(
    async () => place(callWith('files/tagaaaone'), CALLER, only),
    fails('invalid_argument', /^files\/tagaaaone lies at the upstream up, but .* is served by other/),
  )
  assert.deepEqual((await asked('files/here')).targets, [TARGETS[0]])
})

test('[RELAY-18] the check costs a call that uses nothing a few microseconds', () => {
  const body = Buffer.from(JSON.stringify({ contents: [{ parts: [{ text: 'x'.repeat(1_000) }] }] }))
  const call = callOf({ body })
  const times = 20_000
  const started = performance.now()
  for (let turn = 0; turn < times; turn++) place(call, CALLER, TARGETS)
  const eachMs = (performance.now() - started) / times
  assert.ok(eachMs < 0.02, `${eachMs * 1000} µs`)
})
