/** One key through both doors: one budget, one ledger, one set of limits, and sums that are equal. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, budgetState, makeBudget, makeKey } from '../money/rig.ts'
import { ANTHROPIC_KEY, startAnthropic } from '../servers/anthropic-server.ts'
import { OPENAI_KEY, startOpenAi } from '../servers/openai-server.ts'
import type { Provider } from '../servers/provider-server.ts'
import { dataFolder, type Gateway, ledgerRows, type Received, type Row, startGateway } from './rig.ts'

let openai: Provider
let anthropic: Provider
let gateway: Gateway
let folder: Awaited<ReturnType<typeof dataFolder>>

const PRICE = '{ inputUsdPerMillion: 3, outputUsdPerMillion: 15 }'

before(async () => {
  ;[openai, anthropic, folder] = await Promise.all([startOpenAi(), startAnthropic(), dataFolder()])
  gateway = await startGateway({
    dataFolder: folder.path,
    config: `
upstreams:
  o: { kind: openai, vendor: openai, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
  a: { kind: anthropic, baseUrl: "${anthropic.url}", keys: ["${ANTHROPIC_KEY}"] }
  s: { kind: sandbox, billing: list }
models:
  gpt-4.1: { targets: [o] }
  claude-sonnet-4-5: { targets: [a] }
  gemini-2.5-flash: { targets: [s] }
prices:
  gpt-4.1: ${PRICE}
  claude-sonnet-4-5: ${PRICE}
  gemini-2.5-flash: ${PRICE}
`,
  })
})
after(async () => {
  await gateway?.stop('SIGINT')
  await Promise.all([openai?.close(), anthropic?.close(), folder?.remove()])
})

const MODELS = ['gpt-4.1', 'claude-sonnet-4-5', 'gemini-2.5-flash']

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const ask = (key: string, path: string, body: object, headers: Record<string, string> = {}) =>
  gateway.ask(path, { anonymous: true, headers: { ...bearer(key), ...headers }, body: JSON.stringify(body) })
const chat = (key: string, model: string, rest: object = {}) =>
  ask(key, '/v1/chat/completions', {
    model,
    messages: [{ role: 'user', content: 'How are you?' }],
    max_tokens: 200,
    ...rest,
  })
const generate = (key: string, model: string, verb = 'generateContent') =>
  ask(key, `/v1beta/models/${model}:${verb}`, {
    contents: [{ role: 'user', parts: [{ text: 'How are you?' }] }],
    generationConfig: { maxOutputTokens: 200 },
  })

/** Through each door, whole and as a stream. */
async function everyWay(key: string, model: string): Promise<Received[]> {
  return [
    await chat(key, model),
    await chat(key, model, { stream: true }),
    await chat(key, model, { stream: true, stream_options: { include_usage: true } }),
    await generate(key, model),
    await generate(key, model, 'streamGenerateContent?alt=sse'),
  ]
}

test('[DOOR-02] a budget that one door has spent is spent at the other', async () => {
  const { id, secret } = await makeKey(gateway, 'spent')
  await makeBudget(gateway, { scope: 'key', scopeId: id, limitNanoUsd: 4_000_000 })
  const [model] = MODELS
  let answered = 0
  while ((await generate(secret, model as string)).status === 200) assert.ok(++answered < 50, 'it ends')
  const refused = await chat(secret, model as string)
  assert.equal(refused.status, 429)
  assert.equal(refused.headers['x-should-retry'], 'false')
  const { error } = JSON.parse(refused.text)
  assert.deepEqual([error.type, error.code, error.param], ['insufficient_quota', 'insufficient_quota', null])
})

test('[DOOR-03] GET /v1/models answers each client in its own shape', async () => {
  const get = (headers: Record<string, string>, path = '/v1/models') =>
    gateway.ask(path, { method: 'GET', anonymous: true, headers })
  const key = gateway.key
  const openAis = JSON.parse((await get(bearer(key))).text)
  assert.equal(openAis.object, 'list')
  assert.ok(openAis.data.some((model: object) => 'id' in model && model.id === 'gpt-4.1'))
  const geminis: Record<string, string>[] = [
    { 'x-goog-api-key': key },
    { ...bearer(key), 'x-goog-api-client': 'google-genai-sdk/3.1.0 gl-node/26' },
  ]
  for (const headers of geminis)
    assert.ok(Array.isArray(JSON.parse((await get(headers)).text).models), JSON.stringify(headers))
  assert.ok(Array.isArray(JSON.parse((await get({}, `/v1/models?key=${key}`)).text).models))
  assert.equal(JSON.parse((await get(bearer(key), '/v1/models/gpt-4.1')).text).object, 'model')
  const googles = JSON.parse((await get(bearer(key), '/v1beta/openai/models')).text)
  assert.ok(googles.data.every(({ id }: { id: string }) => id.startsWith('models/')))
  const stranger = await get(bearer('wst_wrong_wrong'))
  assert.equal(stranger.status, 401)
  assert.equal(JSON.parse(stranger.text).error.code, 'invalid_api_key')
})

interface Report {
  readonly key: string
  readonly requests: number
  readonly costNanoUsd: number
}

test('[DOOR-01] what one key spends through both doors is one sum in budget, report and ledger', async () => {
  const { id, secret } = await makeKey(gateway, 'both')
  const budget = await makeBudget(gateway, { scope: 'key', scopeId: id, limitNanoUsd: 1_000_000_000 })
  const answers: Received[] = []
  for (const model of MODELS) answers.push(...(await everyWay(secret, model)))
  for (const { status, text } of answers) assert.equal(status, 200, text)

  const { spentNanoUsd, reservedNanoUsd } = await budgetState(gateway, budget)
  assert.equal(reservedNanoUsd, 0)
  const { usage } = await administer<{ usage: Report[] }>(gateway, 'GET', '/usage?by=key')
  const reported = usage.find(({ key }) => key === id)
  assert.deepEqual([reported?.requests, reported?.costNanoUsd], [answers.length, spentNanoUsd])

  await gateway.stop('SIGINT')
  const rows = [...ledgerRows(folder.path).values()].filter((row) => row.key_id === id)
  const sum = rows.reduce((total, row) => total + Number(row.billed_nano_usd), 0)
  assert.deepEqual([rows.length, sum], [answers.length, spentNanoUsd])
  for (const model of MODELS) assert.deepEqual(costsOf(rows, model).length, 5)
  // Whichever door it came by, the upstream's own count is what is paid for.
  for (const row of rows) assert.equal(row.usage_source, 'final', JSON.stringify(row))
})

const costsOf = (rows: readonly Row[], model: string) =>
  rows.filter((row) => row.model === model).map((row) => row.billed_nano_usd)
