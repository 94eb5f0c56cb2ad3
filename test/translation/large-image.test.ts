/** A picture of 20 MiB through a translation, with the memory that it took. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Gateway, startGateway } from '../gateway/rig.ts'
import { ANTHROPIC_KEY } from '../servers/anthropic-server.ts'
import { OPENAI_KEY } from '../servers/openai-server.ts'
import { type Provider, spawnProvider } from '../servers/provider-server.ts'

const INLINE_BYTES = 20 * 1024 * 1024
/**
 * Of what was sent: the bytes as they came, their text, the picture's own text in it, the provider's text and its bytes;
 * and what the collector has not yet taken of the parsing.
 */
const MEMORY_FACTOR_MAX = 12

let openai: Provider
let anthropic: Provider
let gateway: Gateway

before(async () => {
  ;[openai, anthropic] = await Promise.all([spawnProvider('openai'), spawnProvider('anthropic')])
  gateway = await startGateway({
    config: `
upstreams:
  o: { kind: openai, vendor: openai, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
  a: { kind: anthropic, baseUrl: "${anthropic.url}", keys: ["${ANTHROPIC_KEY}"] }
models:
  gpt-4.1: { targets: [o] }
  claude-sonnet-4-5: { targets: [a] }
`,
  })
})

after(async () => {
  await gateway?.stop('SIGINT')
  await Promise.all([openai?.close(), anthropic?.close()])
})

const DATA = randomBytes((INLINE_BYTES * 3) / 4).toString('base64')
const ASK = `{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"${DATA}"}},{"text":"what is it?"}]}]}`

for (const model of ['gpt-4.1', 'claude-sonnet-4-5']) {
  test(`[LRG-01] 20 MiB to ${model}`, async () => {
    await gateway.ask(`/v1beta/models/${model}:generateContent`)
    const before = await gateway.memory()
    let peak = before
    const watch = setInterval(async () => {
      peak = Math.max(peak, await gateway.memory())
    }, 10)
    const answer = await gateway.ask(`/v1beta/models/${model}:generateContent`, { body: ASK })
    clearInterval(watch)
    assert.equal(answer.status, 200, answer.text.slice(0, 300))
    const addedMiB = (peak - before) / 1024 / 1024
    console.log(`20 MiB to ${model}: +${addedMiB.toFixed(0)} MiB at its peak`)
    assert.ok(peak - before <= MEMORY_FACTOR_MAX * INLINE_BYTES, `took ${addedMiB} MiB`)
  })
}
