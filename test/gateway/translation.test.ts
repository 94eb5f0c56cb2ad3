/** What a client and an operator are told of a translation, and what it costs, through the real gateway. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { wavOf } from '../sdk/features/samples.ts'
import { ANTHROPIC_KEY, startAnthropic } from '../servers/anthropic-server.ts'
import { OPENAI_KEY, startOpenAi } from '../servers/openai-server.ts'
import type { Provider } from '../servers/provider-server.ts'
import { dataFolder, errorOf, type Gateway, ledgerRows, startGateway } from './rig.ts'

let openai: Provider
let anthropic: Provider
let gateway: Gateway
let folder: Awaited<ReturnType<typeof dataFolder>>

const configFor = () => `
upstreams:
  o: { kind: openai, vendor: openai, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
  a: { kind: anthropic, baseUrl: "${anthropic.url}", keys: ["${ANTHROPIC_KEY}"] }
  s: { kind: sandbox }
models:
  gpt-4.1: { targets: [o] }
  claude-sonnet-4-5: { targets: [a] }
  either: { targets: [{ upstream: a, model: claude-sonnet-4-5 }, { upstream: s, model: gemini-2.5-flash }] }
prices:
  claude-sonnet-4-5: { inputUsdPerMillion: 3, outputUsdPerMillion: 15 }
`

before(async () => {
  ;[openai, anthropic, folder] = await Promise.all([startOpenAi(), startAnthropic(), dataFolder()])
  gateway = await startGateway({ config: configFor(), dataFolder: folder.path })
})

after(async () => {
  await gateway?.stop('SIGINT')
  await Promise.all([openai?.close(), anthropic?.close(), folder?.remove()])
})

const asking = (rest: object = {}) =>
  JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }], ...rest })
const at = (model: string, verb = 'generateContent') => `/v1beta/models/${model}:${verb}`
const STRICT = { 'x-wasat-translation': 'strict' }

test('[RPT-01] what was dropped stands in the header, and whole in the log', async () => {
  const body = asking({ generationConfig: { topK: 7, temperature: 0.5 } })
  for (const path of [at('gpt-4.1'), at('gpt-4.1', 'streamGenerateContent?alt=sse')]) {
    const answer = await gateway.ask(path, { body })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['x-wasat-translation'], 'dropped=("generationConfig.topK")')
    assert.equal(answer.headers['x-wasat-upstream'], 'o/gpt-4.1')
    const line = await gateway.logged(String(answer.headers['x-request-id']))
    const [loss] = line.translation as { path: string; kind: string; reason: string }[]
    assert.deepEqual([loss?.path, loss?.kind], ['generationConfig.topK', 'dropped'])
    assert.ok((loss?.reason.length ?? 0) > 10)
  }
})

test('[RPT-01] what was carried has no header', async () => {
  const answer = await gateway.ask(at('gpt-4.1'), {
    body: asking({ generationConfig: { temperature: 0.5 } }),
  })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['x-wasat-translation'], undefined)
})

test('[RPT-02] in strict mode it is refused by its path, and nothing is sent', async () => {
  const before = (await openai.received()).length
  const refused = await gateway.ask(at('gpt-4.1'), {
    body: asking({ generationConfig: { topK: 7 } }),
    headers: STRICT,
  })
  assert.equal(refused.status, 400)
  assert.equal(errorOf(refused).status, 'INVALID_ARGUMENT')
  assert.match(refused.text, /generation_config\.top_k/)
  assert.equal((await openai.received()).length, before)
  const carried = await gateway.ask(at('gpt-4.1'), { body: asking(), headers: STRICT })
  assert.equal(carried.status, 200, carried.text)
})

test('[RPT-02] a word that is neither strict nor report is refused', async () => {
  const headers = { 'x-wasat-translation': 'strct' }
  const refused = await gateway.ask(at('gpt-4.1'), { body: asking(), headers })
  assert.equal(refused.status, 400)
  assert.match(errorOf(refused).message, /must be strict/)
})

test('[RPT-04] what one target cannot honour, the next one may', async () => {
  const audio = { inlineData: { mimeType: 'audio/wav', data: wavOf(1).toString('base64') } }
  const body = JSON.stringify({ contents: [{ role: 'user', parts: [audio, { text: 'what is it?' }] }] })
  const answer = await gateway.ask(at('either'), { body })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['x-wasat-upstream'], 's/gemini-2.5-flash')
  const alone = await gateway.ask(at('claude-sonnet-4-5'), { body })
  assert.equal(alone.status, 400)
  assert.match(errorOf(alone).message, /contents\[0\]\.parts\[0\]/)
})

test('[TMN-01] candidates of a provider that gives one are all billed', async () => {
  const ask = async (candidateCount: number) => {
    const answer = await gateway.ask(at('claude-sonnet-4-5'), {
      body: asking({ generationConfig: { candidateCount, maxOutputTokens: 100 } }),
    })
    assert.equal(answer.status, 200, answer.text)
    return { answer, document: JSON.parse(answer.text) }
  }
  const one = await ask(1)
  const three = await ask(3)
  assert.equal(three.document.candidates.length, 3)
  for (const count of ['promptTokenCount', 'candidatesTokenCount', 'totalTokenCount'])
    assert.equal(three.document.usageMetadata[count], 3 * one.document.usageMetadata[count], count)
  assert.match(
    String(three.answer.headers['x-wasat-translation']),
    /emulated=\("generationConfig\.candidateCount"\)/,
  )
  await gateway.stop('SIGINT')
  const rows = ledgerRows(folder.path)
  const rowOf = ({ answer }: typeof one) => rows.get(String(answer.headers['x-request-id']))
  const [single, triple] = [rowOf(one), rowOf(three)]
  assert.equal(Number(triple?.billed_nano_usd), 3 * Number(single?.billed_nano_usd))
  assert.ok(Number(triple?.reserved_nano_usd) >= 3 * Number(single?.reserved_nano_usd))
})
