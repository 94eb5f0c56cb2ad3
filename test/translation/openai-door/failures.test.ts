import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import type { RecordedResponse } from '../../../src/nouns.fixture.ts'
import type { Chunk } from '../../../src/nouns.ts'
import type { GenerateContentResponse } from '../../../src/wire/gemini.ts'
import { answered, callOf, type Door, GOOGLES, OPENAIS } from './door.ts'

const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const bytes = (text: string): Chunk => ({ bytes: Buffer.from(text) })
const begun: Chunk = {
  response: { candidates: [{ content: { parts: [{ text: 'a' }] } }] } as GenerateContentResponse,
}
const broken = new GatewayError('upstream_broken', 'The upstream broke off its answer.')

/** An error and the cut behind it come one after the other. */
async function over(response: RecordedResponse): Promise<void> {
  while (!response.destroyed && !response.ended) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function got(chunks: readonly (Chunk | Error)[], status = 200, door: Door = OPENAIS, stream = false) {
  return answered(await callOf({ door, body: { ...body, stream } }), door, chunks, status)
}

test('[ODR-13] a page of HTML keeps its status, and an answer that is none is the upstream’s fault', async () => {
  const page = await got([bytes('<html>')], 502)
  assert.deepEqual([page.status, JSON.parse(page.text).error.type], [502, 'server_error'])
  const limited = await got([bytes('slow down')], 429)
  assert.deepEqual([limited.status, JSON.parse(limited.text).error.code], [429, 'rate_limit_exceeded'])
  for (const odd of ['<html>', '', '[]', '1', 'null']) {
    const none = await got([bytes(odd)])
    assert.deepEqual([none.status, JSON.parse(none.text).error.code], [503, 'upstream_broken'])
  }
})

test('[ODR-13] an answer that breaks before it is whole is an error with a status', async () => {
  const { status, text } = await got([bytes('{"candi'), broken])
  assert.equal(status, 503)
  const { type, code, message } = JSON.parse(text).error
  assert.deepEqual([type, code, message], ['server_error', 'upstream_broken', broken.message])
})

test('[ODR-13] a stream that fails before its first event is an error with a status', async () => {
  const { status, text, headers } = await got([broken], 200, OPENAIS, true)
  assert.deepEqual([status, headers['content-type']], [503, 'application/json; charset=UTF-8'])
  assert.equal(JSON.parse(text).error.code, 'upstream_broken')
})

for (const [door, shown] of [
  [OPENAIS, { message: broken.message, type: 'server_error', param: null, code: 'upstream_broken' }],
  [GOOGLES, { code: 503, message: broken.message, status: 'UNAVAILABLE' }],
] as const) {
  test(`[ODR-13] a stream that breaks at ${door.prefix} ends in an event of its error and a cut`, async () => {
    const response = await got([begun, broken], 200, door, true)
    await over(response)
    assert.equal(response.ended, false)
    const events = response.text.trimEnd().split('\n\n')
    assert.equal(events.length, 2)
    assert.deepEqual(JSON.parse((events[1] as string).slice('data: '.length)), { error: shown })
    assert.doesNotMatch(response.text, /\[DONE\]/)
  })
}

const event = (data: string): Chunk => bytes(`data: ${data}\n\n`)
const good = '{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}'
const end = '{"candidates":[{"finishReason":"STOP"}]}'
const HOSTILE = [
  '{bad',
  'null',
  '1',
  '{"candidates":{"x":1}}',
  '{"candidates":[null]}',
  '{"candidates":[{"content":{"parts":[null]}}]}',
  '{"candidates":[{"content":{"parts":{"text":"x"}}}]}',
  '{"candidates":[{"content":{"parts":[{"inlineData":{}}]}}]}',
  '{"candidates":[{"logprobsResult":{"chosenCandidates":[null]}}]}',
]
for (const hostile of HOSTILE) {
  test(`[ODR-13] an upstream that streams ${hostile} breaks the stream and nothing else`, async () => {
    const response = await got([event(good), event(hostile), event(end)], 200, OPENAIS, true)
    await over(response)
    const events = response.text.trimEnd().split('\n\n')
    assert.equal(events.length, 2)
    assert.equal(JSON.parse((events[1] as string).slice('data: '.length)).error.code, 'upstream_broken')
    assert.equal(response.ended, false)
    const first = await got([event(hostile), event(good), event(end)], 200, OPENAIS, true)
    assert.deepEqual([first.status, JSON.parse(first.text).error.code], [503, 'upstream_broken'])
  })
}

test('[ODR-13] an upstream that answers what is no answer is at fault', async () => {
  for (const hostile of HOSTILE.filter((one) => one !== '{"candidates":{"x":1}}')) {
    const { status, text } = await got([bytes(hostile)])
    assert.deepEqual([status, JSON.parse(text).error.code], [503, 'upstream_broken'], hostile)
  }
})
