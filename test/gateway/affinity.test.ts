/** A conversation stays with the upstream that answered it, over the whole gateway, and an explanation tells why. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { type Gateway, type Received, startGateway } from './rig.ts'

let first: Replay
let second: Replay
let gateway: Gateway

before(async () => {
  ;[first, second] = await Promise.all([startReplay(), startReplay()])
  const upstream = (url: string, keys = '"upstream-key"') =>
    `{ kind: gemini, baseUrl: "${url}", keys: [${keys}] }`
  gateway = await startGateway({
    config: `
upstreams:
  first: ${upstream(first.url)}
  second: ${upstream(second.url)}
  pool: ${upstream(first.url, '"key-a", "key-b", "key-c"')}
  worn: ${upstream(first.url, '"worn-a", "worn-b"')}
models:
  "both-*": { targets: [first, second] }
  "loose-*": { targets: [first, second], affinity: false }
  "pool-*": { targets: [pool] }
  worn: { targets: [worn], fallback: second/both-9 }
  mine: { targets: [{ upstream: first, model: both-9 }], fallback: second/both-9 }
`,
  })
})
beforeEach(() => Promise.all([first.reset(), second.reset()]))
after(async () => {
  await gateway.stop('SIGINT')
  await Promise.all([first.close(), second.close()])
})

const DOWN: Script = {
  status: 503,
  body: Buffer.from('{"error":{"code":503,"message":"down","status":"UNAVAILABLE"}}'),
  framing: 'content-length',
}
const user = (text: string) => ({ role: 'user', parts: [{ text }] })
const turn = (...texts: string[]) => JSON.stringify({ contents: texts.map(user) })

/** Who answered, and what was said of the conversation. */
function whereOf({ status, headers, text }: Received): [string | undefined, string | undefined] {
  assert.equal(status, 200, text)
  return [String(headers['x-wasat-upstream']), headers['x-wasat-affinity'] as string | undefined]
}

async function asked(
  model: string,
  body: string,
  verb = 'generateContent',
): Promise<ReturnType<typeof whereOf>> {
  return whereOf(await gateway.ask(`/v1beta/models/${model}:${verb}`, { body }))
}

test('[NEV-23] a conversation stays where it was answered, streamed or not, and says when it had to move', async () => {
  await first.script('both-1', DOWN)
  assert.deepEqual(await asked('both-1', turn('a')), ['second/both-1', undefined])
  await first.reset()
  assert.deepEqual(await asked('both-1', turn('a', 'b')), ['second/both-1', undefined])
  assert.deepEqual(await asked('both-1', turn('other', 'b')), ['first/both-1', undefined])
  await second.script('both-1', DOWN)
  const stream = 'streamGenerateContent?alt=sse'
  assert.deepEqual(await asked('both-1', turn('a', 'b', 'c'), stream), ['first/both-1', 'moved'])
  await second.reset()
  assert.deepEqual(await asked('both-1', turn('a', 'b', 'c', 'd')), ['first/both-1', undefined])
})

test('[NEV-23] an operator can leave conversations loose', async () => {
  await first.script('loose-1', DOWN)
  assert.deepEqual(await asked('loose-1', turn('a')), ['second/loose-1', undefined])
  await first.reset()
  assert.deepEqual(await asked('loose-1', turn('a', 'b')), ['first/loose-1', undefined])
})

test('[NEV-22] another model answers when a model cannot be had', async () => {
  await first.script('both-9', DOWN)
  assert.deepEqual(await asked('mine', turn('a')), ['second/both-9', undefined])
})

test('[NEV-23] a conversation stays with the key that answered it, and new ones take turns', async () => {
  await first.keys(['key-a', 'key-b', 'key-c'])
  for (const name of ['a', 'b', 'c']) await asked('pool-1', turn(name))
  const begun = await keysUsed()
  assert.equal(new Set(begun).size, 3)
  for (const name of ['c', 'a', 'b', 'a']) {
    assert.deepEqual(await asked('pool-1', turn(name, 'more')), ['pool/pool-1', undefined])
  }
  const [a, b, c] = begun
  assert.deepEqual((await keysUsed()).slice(3), [c, a, b, a])
})

test('[NEV-22] a fallback waits until every key of the model itself was tried', async () => {
  const received = await gateway.ask('/v1beta/models/worn:generateContent')
  assert.deepEqual(whereOf(received), ['second/both-9', undefined])
  assert.deepEqual(new Set(await keysUsed()), new Set(['worn-a', 'worn-b']))
  assert.equal(received.headers['x-wasat-attempts'], '3')
})

async function keysUsed(): Promise<(string | undefined)[]> {
  const received = await first.received()
  return received.map(({ head }) => /^x-goog-api-key: (.*)$/im.exec(head.toString('latin1'))?.[1]?.trim())
}

test('[NEV-24] a running gateway explains where a name leads', async () => {
  const received = await gateway.ask('/admin/v1/models/both-1:explain', {
    method: 'GET',
    anonymous: true,
    headers: { authorization: `Bearer ${gateway.adminKey}` },
  })
  assert.equal(received.status, 200, received.text)
  const { explanation } = JSON.parse(received.text)
  assert.deepEqual(
    explanation.targets.map(({ upstream }: { upstream: string }) => upstream),
    ['first', 'second'],
  )
  assert.deepEqual([explanation.entry, explanation.affinity], ['both-*', true])
})
