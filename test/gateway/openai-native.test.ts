/** OpenAI in, OpenAI out, through the whole gateway: the bytes on both sides, and what the books say of them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { makeBudget, makeKey } from '../money/rig.ts'
import { dataFolder, type Gateway, ledgerRows, startGateway } from './rig.ts'

const OWN_KEY = 'own-upstream-key'
const sent: { path: string; body: string; authorization: string | undefined }[] = []
let answer: { status?: number; type?: string; body: string; isBroken?: boolean } = { body: '{}' }
let server: Server
let gateway: Gateway
let folder: Awaited<ReturnType<typeof dataFolder>>

before(async () => {
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { url: path = '', headers } = request
    sent.push({ path, body: Buffer.concat(pieces).toString(), authorization: headers.authorization })
    const { status = 200, type = 'application/json', body, isBroken } = answer
    response.writeHead(status, { 'content-type': type })
    response.write(body, () => (isBroken ? response.destroy() : response.end()))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  folder = await dataFolder()
  const { port } = server.address() as AddressInfo
  gateway = await startGateway({
    dataFolder: folder.path,
    config: `
upstreams:
  own: { kind: openai, vendor: generic, baseUrl: "http://127.0.0.1:${port}/v1", keys: ["${OWN_KEY}"] }
  box: { kind: sandbox }
models:
  plain: { targets: [own] }
  alias: { targets: [{ upstream: own, model: "org/real" }] }
  pair: { targets: [own, { upstream: box, model: gemini-2.5-flash }] }
prices:
  plain: { inputUsdPerMillion: 3, outputUsdPerMillion: 15 }
`,
  })
})
after(async () => {
  await gateway?.stop('SIGINT')
  server?.closeAllConnections()
  server?.close()
  await folder?.remove()
})

const ask = (body: string, key = gateway.key, path = 'chat/completions') =>
  gateway.ask(`/v1/${path}`, { anonymous: true, headers: { authorization: `Bearer ${key}` }, body })
const event = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const usage = `data: {"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n`
const asked: { id: string; source: string; tokens: readonly [number, number] }[] = []

test('[ONW-REQUEST-01] [ONW-ANSWER-01] unknown fields and large numbers pass both ways', async () => {
  const body =
    '{"model" : "plain","messages":[{"role":"user","content":"\\u0048i"}],"x":12345678901234567890 }'
  answer = { body: ' {"choices":[{"message":{"content":"\\u0048"},"finish_reason":"stop"}],"n":1.0e0}\n' }
  const { status, text } = await ask(body)
  assert.deepEqual([status, text], [200, answer.body])
  assert.deepEqual(sent.at(-1), { path: '/v1/chat/completions', body, authorization: `Bearer ${OWN_KEY}` })
})

test('[ONW-REQUEST-02] an alias leads to the model behind it, for vectors too', async () => {
  answer = { body: '{"data":[],"usage":{"prompt_tokens":2,"total_tokens":2}}' }
  const { text } = await ask('{"input":"a", "model":"alias"}', gateway.key, 'embeddings')
  assert.equal(text, answer.body)
  assert.deepEqual(
    [sent.at(-1)?.path, sent.at(-1)?.body],
    ['/v1/embeddings', '{"input":"a", "model":"org/real"}'],
  )
})

test('[ONW-USAGE-02] [ONW-USAGE-03] a budget is charged what was counted, everybody sees the stream they asked for', async () => {
  const { id, secret } = await makeKey(gateway, 'budgeted')
  await makeBudget(gateway, { scope: 'key', scopeId: id, limitNanoUsd: 1_000_000_000 })
  const body = '{"model":"plain","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}'
  const said =
    event({ role: 'assistant', content: '' }) + event({ content: 'four tokens here' }) + event({}, 'stop')
  const done = 'data: [DONE]\n\n'
  answer = { type: 'text/event-stream', body: said + usage + done }
  const budgeted = await ask(body, secret)
  assert.equal(budgeted.text, said + done)
  assert.match(sent.at(-1)?.body ?? '', /"stream_options":\{"include_usage":true\}/)
  answer = { type: 'text/event-stream', body: said + done }
  const free = await ask(body)
  assert.deepEqual([free.text, sent.at(-1)?.body], [said + done, body])
  const idOf = (received: typeof free) => String(received.headers['x-request-id'])
  asked.push({ id: idOf(budgeted), source: 'final', tokens: [7, 3] })
  asked.push({ id: idOf(free), source: 'estimated', tokens: [Math.ceil(body.length / 4), 4] })
})

test('[ONW-STREAM-02] [ONW-STREAM-03] a stream that breaks ends in an error and a cut', async () => {
  const body = '{"model":"plain","stream":true,"messages":[{"role":"user","content":"hi"}]}'
  const said = event({ content: 'a' })
  for (const isBroken of [true, false]) {
    answer = { type: 'text/event-stream', body: said, isBroken }
    const { text, complete } = await ask(body)
    assert.equal(complete, false)
    assert.ok(text.startsWith(said))
    assert.match(text.slice(said.length), /"error"/)
  }
})

test('[ONW-ERROR-01] an error passes; one that another upstream can better does not', async () => {
  answer = { status: 422, body: '{"error": {"message":"no","n":12345678901234567890}}' }
  const refused = await ask('{"model":"plain","messages":[]}')
  assert.deepEqual([refused.status, refused.text], [422, answer.body])
  answer = { status: 503, body: '{"error":{"message":"busy"}}' }
  const helped = await ask('{"model":"pair","messages":[{"role":"user","content":"hi"}]}')
  assert.equal(helped.status, 200)
  assert.equal(JSON.parse(helped.text).choices[0].finish_reason, 'stop')
})

test('[ONW-USAGE-01] the ledger has what was told, or says that it was estimated', async () => {
  await gateway.stop('SIGINT')
  const rows = ledgerRows(folder.path)
  assert.equal(asked.length, 2)
  for (const { id, source, tokens } of asked) {
    const row = rows.get(id)
    assert.deepEqual([row?.usage_source, row?.prompt_tokens, row?.candidates_tokens], [source, ...tokens])
  }
})
