import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import type { Chunk } from '../../../src/nouns.ts'
import type { GenerateContentResponse } from '../../../src/wire/gemini.ts'
import { answered, callOf, type Door, GOOGLES, OPENAIS } from './door.ts'

const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const bytes = (text: string): Chunk => ({ bytes: Buffer.from(text) })
const begun: Chunk = {
  response: { candidates: [{ content: { parts: [{ text: 'a' }] } }] } as GenerateContentResponse,
}
const broken = new GatewayError('upstream_broken', 'The upstream broke off its answer.')

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
    while (!response.destroyed) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(response.ended, false)
    const events = response.text.trimEnd().split('\n\n')
    assert.equal(events.length, 2)
    assert.deepEqual(JSON.parse((events[1] as string).slice('data: '.length)), { error: shown })
    assert.doesNotMatch(response.text, /\[DONE\]/)
  })
}
