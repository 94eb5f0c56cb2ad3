/** What goes wrong, and what the client does wrong. */
import assert from 'node:assert/strict'
import type { GenerateContentResponse } from 'genai-3'
import { SLOW_MODEL, SLOW_TOTAL_TOKENS } from './backends.ts'
import { isApiError, MODEL, PROMPT, type Rig, type SdkCase } from './javascript-rig.ts'

export const FAILURES: readonly SdkCase[] = [
  { name: '[SDK-KEY-01] a wrong key', run: wrongKey },
  { name: '[SDK-MODEL-01] an unknown model', run: unknownModel },
  { name: '[SDK-ABORT-01] a stream that the client aborts', run: abortedStream },
  { name: '[SDK-ABORT-02] a stream that the client stops reading', run: leftStream },
]

async function wrongKey({ backend, clientWithKey, ApiError }: Rig): Promise<void> {
  await backend.takeReceived()
  const stranger = clientWithKey('wst_nobody_has_this_key_0000000000000000')
  const expected = isApiError(ApiError, 400, /^API key not valid\. Please pass a valid API key\.$/)
  const ask = { model: MODEL, contents: PROMPT }
  await assert.rejects(stranger.models.generateContent(ask), (error) => {
    const { details } = JSON.parse((error as Error).message).error
    assert.equal(details[0].reason, 'API_KEY_INVALID')
    return expected(error)
  })
  await assert.rejects(stranger.models.generateContentStream(ask), expected)
  await assert.rejects(stranger.models.list(), expected)
  assert.deepEqual(await backend.takeReceived(), [], 'nothing reached the upstream')
}

async function unknownModel({ client, apiVersion, ApiError }: Rig): Promise<void> {
  const ask = { model: 'missing-model', contents: PROMPT }
  const words = (verb: string) =>
    new RegExp(
      `^models/missing-model is not found for API version ${apiVersion}, or is not supported for ${verb}\\.`,
    )
  await assert.rejects(
    client.models.generateContent(ask),
    isApiError(ApiError, 404, words('generateContent')),
  )
  await assert.rejects(
    client.models.generateContentStream(ask),
    isApiError(ApiError, 404, words('streamGenerateContent')),
  )
}

function askSlowly({ backend, client }: Rig, abortSignal?: AbortSignal) {
  return client.models.generateContentStream({
    model: SLOW_MODEL[backend.name],
    contents: 'Write a story of 5000 words about rain.',
    config: { candidateCount: backend.name === 'sandbox' ? 4 : 1, ...(abortSignal && { abortSignal }) },
  })
}

async function abortedStream(rig: Rig): Promise<void> {
  const leave = new AbortController()
  const chunks: GenerateContentResponse[] = []
  await assert.rejects(async () => {
    for await (const chunk of await askSlowly(rig, leave.signal)) {
      chunks.push(chunk)
      leave.abort()
    }
  }, /abort/i)
  assert.ok(chunks[0]?.text, 'the first piece came before the end')
  await afterLeaving(rig, 'client_gone')
}

/** To leave the loop is not to hang up: the client keeps the connection, so the answer goes out whole. */
async function leftStream(rig: Rig): Promise<void> {
  let seen = 0
  for await (const chunk of await askSlowly(rig)) {
    seen += chunk.text ? 1 : 0
    break
  }
  assert.equal(seen, 1)
  await afterLeaving(rig, 'complete')
}

/** The gateway reads the upstream's answer to its end, books it, and has nothing left open. */
async function afterLeaving(rig: Rig, outcome: 'client_gone' | 'complete'): Promise<void> {
  const { backend, client } = rig
  await backend.settled()
  if (backend.replay !== undefined) {
    const line = await backend.logged(SLOW_MODEL.replay, outcome)
    assert.deepEqual([line.usageSource, line.totalTokens], ['final', SLOW_TOTAL_TOKENS])
    assert.ok((await backend.replay.openSockets()) <= 1, 'no more than the one connection that is kept')
  }
  const next = await client.models.generateContent({ model: MODEL, contents: PROMPT })
  assert.equal(next.candidates?.[0]?.finishReason, 'STOP', 'the next request is answered as ever')
}
