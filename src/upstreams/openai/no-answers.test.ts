/** What this wire's services send in the place of an answer, or in another shape than was asked for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fails } from '../../nouns.fixture.ts'
import { chatAnswer, chatEvent, partsOf, type Reply, says, startRig } from './testing.fixture.ts'

const rig = await startRig()
const STREAM = { verb: 'streamGenerateContent' } as const
const WAYS = [{ verb: 'generateContent' }, STREAM] as const
const bytes = (body: string, headers: Record<string, string> = {}): Reply => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(body),
})

const NONE: readonly [name: string, reply: Reply][] = [
  ['U14 nothing', bytes('')],
  ['U14 204', { ...bytes(''), status: 204 }],
  ['U14 no choices', bytes('{"choices":[]}')],
  ['U25 a page', bytes('<html>busy</html>', { 'content-type': 'text/html' })],
  ['U26 an array, which this wire does not know', bytes('[{}]')],
  ['U27 half a document', bytes('{"choices":[{"message":{"content":"a')],
  ['U48 an error', bytes('{"error":{"message":"overloaded","code":"x"}}')],
  [
    'U32 an error as the first event',
    { events: [{ error: { message: 'overloaded', type: 'server_error' } }] },
  ],
  [
    'U31 an error before any content',
    { events: [chatEvent({ role: 'assistant', content: '' }), { error: { message: 'overloaded' } }] },
  ],
  [
    'U39 plain text that says gzip',
    bytes(JSON.stringify(chatAnswer({ content: 'a' })), { 'content-encoding': 'gzip' }),
  ],
]
for (const [name, reply] of NONE) {
  test(`${name} in a 200 is no answer [NEV-31]`, async () => {
    for (const how of WAYS) {
      rig.reply(reply)
      await assert.rejects(rig.send(says('hi'), how), fails('upstream_unavailable'), how.verb)
    }
  })
}

const NAMED: readonly [error: object, status: number][] = [
  [{ code: 503, message: 'overloaded' }, 503],
  [{ code: '502', message: 'overloaded' }, 503],
  [{ code: 429, message: 'slow' }, 429],
  [{ type: 'requests', code: 'rate_limit_exceeded', message: 'slow' }, 429],
  [{ code: 400, message: 'wrong' }, 400],
]
for (const [error, status] of NAMED) {
  test(`U48 U32 ${JSON.stringify(error)} in a 200 has the status that it names [NEV-31]`, async () => {
    for (const reply of [{ body: { error } }, { events: [{ error }] }]) {
      rig.reply(reply)
      const how = 'events' in reply ? STREAM : {}
      const refused = await rig.send(says('hi'), how)
      assert.deepEqual([refused.status, refused.retryable], [status, status !== 400])
      assert.equal(refused.hint?.isDaily, status === 400 ? undefined : false)
    }
  })
}

test('U31 an error behind content is a break [NEV-31]', async () => {
  rig.reply({ events: [chatEvent({ content: 'a' }), { error: { code: 429, message: 'slow' } }] })
  await assert.rejects(rig.send(says('hi'), STREAM), fails('upstream_broken'))
})

test('U26 one whole answer in the place of events is one chunk [NEV-31]', async () => {
  rig.reply(bytes(`\n ${JSON.stringify(chatAnswer({ content: 'whole' }))}`))
  const { status, chunks } = await rig.send(says('hi'), STREAM)
  assert.equal(status, 200)
  assert.equal(chunks.length, 1)
  assert.deepEqual(partsOf(chunks), [{ text: 'whole' }])
  assert.equal(chunks[0]?.candidates?.[0]?.finishReason, 'STOP')
  assert.equal(chunks[0]?.usageMetadata?.totalTokenCount, 15)
})

test('U14 an end without content may be bettered by another, and passes as it is [NEV-31]', async () => {
  rig.reply({ body: chatAnswer({ content: '' }) })
  const whole = await rig.send(says('hi'))
  assert.deepEqual([whole.status, whole.retryable], [200, true])
  assert.equal(whole.chunks[0]?.candidates?.[0]?.finishReason, 'STOP')
  rig.reply({ events: [chatEvent({ content: '' }), chatEvent({}, { finish_reason: 'stop' }), '[DONE]'] })
  const stream = await rig.send(says('hi'), STREAM)
  assert.deepEqual([stream.status, stream.retryable], [200, true])
  rig.reply({ events: [chatEvent({ content: 'a' }), chatEvent({}, { finish_reason: 'stop' }), '[DONE]'] })
  assert.equal((await rig.send(says('hi'), STREAM)).retryable, false)
  rig.reply({ body: chatAnswer({ content: '' }, { finish_reason: 'length' }) })
  assert.equal((await rig.send(says('hi'))).retryable, false)
})

test('U39 a compressed answer is read, whole and as a stream [NEV-32]', async () => {
  const gzip = { 'content-encoding': 'gzip' }
  rig.reply({ headers: gzip, body: gzipSync(JSON.stringify(chatAnswer({ content: 'small' }))) })
  assert.deepEqual(partsOf((await rig.send(says('hi'))).chunks), [{ text: 'small' }])
  const events = [
    chatEvent({ content: 'in' }),
    chatEvent({ content: ' parts' }),
    chatEvent({}, { finish_reason: 'stop' }),
  ]
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  rig.reply({ headers: { ...gzip, 'content-type': 'text/event-stream' }, body: gzipSync(text) })
  const { chunks } = await rig.send(says('hi'), STREAM)
  assert.equal(
    partsOf(chunks)
      .map((part) => part.text)
      .join(''),
    'in parts',
  )
})
