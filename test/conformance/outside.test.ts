/** What an operator sees of an answer, and what the sandbox promises: headers, metrics, determinism. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Gateway, SSE, startGateway, UNARY } from '../gateway/rig.ts'

let gateway: Gateway
before(async () => {
  gateway = await startGateway()
})
after(() => gateway?.stop('SIGINT'))

const ask = (body: object, path = UNARY) => gateway.ask(path, { body: JSON.stringify(body) })
const say = (text: string) => ({ contents: [{ parts: [{ text }] }] })
const EMBED = '/v1beta/models/gemini-embedding-001:embedContent'

test('[HEADER-01] x-request-id on every answer, x-wasat-upstream and x-wasat-attempts where somebody was asked', async () => {
  const answers = [await ask(say('Hello')), await ask(say('Hello'), SSE)]
  for (const { headers } of answers) {
    assert.equal(headers['x-wasat-upstream'], 'sandbox/gemini-2.5-flash')
    assert.equal(headers['x-wasat-attempts'], '1')
  }
  const others = [
    await gateway.ask('/v1beta/models', { method: 'GET' }),
    await gateway.ask(UNARY, { body: '{' }),
    await gateway.ask('/nothing', { method: 'GET' }),
    await gateway.ask('/livez', { method: 'GET', anonymous: true }),
  ]
  for (const { headers } of others) assert.equal(headers['x-wasat-upstream'], undefined)
  const ids = [...answers, ...others].map(({ headers }) => String(headers['x-request-id']))
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  assert.equal(new Set(ids).size, ids.length, 'each its own')
})

test("[HEADER-02] server-timing has our own time and the upstream's", async () => {
  for (const path of [UNARY, SSE]) {
    const { headers } = await ask(say('Hello'), path)
    const found = /^wasat;dur=(\d+(?:\.\d+)?), upstream;dur=(\d+(?:\.\d+)?)$/.exec(
      String(headers['server-timing']),
    )
    assert.ok(found, String(headers['server-timing']))
    assert.ok(Number(found[1]) > 0 && Number(found[1]) < 1_000)
  }
})

/** A comment, or `name{label="value",…} number`, as the text format has it. */
const LINE =
  /^(?:# (?:HELP|TYPE|UNIT) \w+ .*|[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|NaN|[-+]Inf)(?: \d+)?)$/

test('[METRICS-01] /metrics is in the text format, counts, and takes no label from a stranger', async () => {
  const metrics = () => gateway.ask('/metrics', { method: 'GET', anonymous: true })
  const count = (text: string) =>
    text
      .split('\n')
      .filter(
        (line) => /^wasat_http_requests(?:_total)?\{/.test(line) && line.includes('verb="generateContent"'),
      )
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  const before = await metrics()
  await ask(say('Hello'))
  await ask(say('Hello'), '/v1beta/models/a-name-from-nowhere:generateContent')
  const { text, headers } = await metrics()
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const line of text.trimEnd().split('\n')) assert.match(line, LINE)
  assert.equal(count(text) - count(before.text), 2)
  assert.ok(!text.includes('a-name-from-nowhere'))
})

test('[SANDBOX-01] the same request gets the same answer, streamed or not, and another one another', async () => {
  const answer = async (text: string) => JSON.parse((await ask(say(text))).text)
  const [one, again, other] = [
    await answer('Tell me of rivers'),
    await answer('Tell me of rivers'),
    await answer('Tell me of stones'),
  ]
  assert.deepEqual(again.candidates, one.candidates)
  assert.deepEqual(again.usageMetadata, one.usageMetadata)
  assert.equal(again.responseId, one.responseId)
  assert.notDeepEqual(other.candidates, one.candidates)
  const events = await streamed('Tell me of rivers')
  const text = events.flatMap(({ candidates }) => candidates[0]?.content.parts ?? []).map((part) => part.text)
  assert.equal(text.join(''), one.candidates[0].content.parts[0].text)
})

interface StreamEvent {
  readonly candidates: { content: { parts?: { text: string }[] } }[]
  readonly usageMetadata: Record<string, number>
}

async function streamed(text: string): Promise<StreamEvent[]> {
  const received = await ask(say(text), SSE)
  return received.text
    .trimEnd()
    .split(/\r?\n\r?\n/)
    .map((event) => JSON.parse(event.slice('data: '.length)))
}

test('[SANDBOX-02] usage adds up, grows in a stream, and ends as in one piece', async () => {
  const whole = JSON.parse((await ask(say('Tell me of rivers'))).text).usageMetadata
  assert.equal(
    whole.totalTokenCount,
    whole.promptTokenCount + whole.candidatesTokenCount + whole.thoughtsTokenCount,
  )
  const usages = (await streamed('Tell me of rivers')).map(({ usageMetadata }) => usageMetadata)
  const totals = usages.map(({ totalTokenCount = 0 }) => totalTokenCount)
  assert.deepEqual(
    totals,
    [...totals].sort((a, b) => a - b),
  )
  assert.deepEqual(usages.at(-1), whole)
})

test('[SANDBOX-03] an answer says which model gave it, when, and under which id', async () => {
  const before = Date.now()
  const answer = JSON.parse(
    (await ask(say('Hello'), UNARY.replace('gemini-2.5-flash', 'gemini-3.1-pro-preview'))).text,
  )
  assert.equal(answer.modelVersion, 'gemini-3.1-pro-preview')
  assert.match(answer.responseId, /^[\w-]{16,}$/)
  const made = Date.parse(answer.createTime)
  assert.ok(made >= before - 1 && made <= Date.now() + 1, answer.createTime)
})

test('[SANDBOX-04] an embedding is a unit vector, a smaller one its beginning, the same each time', async () => {
  let whole: number[] | undefined
  for (const outputDimensionality of [3072, 1, 256, 768]) {
    const embed = async () =>
      JSON.parse((await ask({ content: { parts: [{ text: 'a cat' }] }, outputDimensionality }, EMBED)).text)
        .embedding
    const { values } = await embed()
    assert.equal(values.length, outputDimensionality)
    whole ??= values as number[]
    assert.ok(Math.abs(Math.hypot(...whole) - 1) < 1e-6, `length ${Math.hypot(...whole)}`)
    assert.deepEqual(values, whole.slice(0, outputDimensionality))
    assert.deepEqual((await embed()).values, values)
  }
})

test('[SANDBOX-05] the Gemini families are there, each with what it can do', async () => {
  const { models } = JSON.parse((await gateway.ask('/v1beta/models?pageSize=1000', { method: 'GET' })).text)
  const methods = new Map<string, string[]>(
    models.map((model: { name: string; supportedGenerationMethods: string[] }) => [
      model.name,
      model.supportedGenerationMethods,
    ]),
  )
  for (const name of [
    'gemini-2.5-flash',
    'gemini-2.5-pro',
    'gemini-2.5-flash-lite',
    'gemini-3.1-pro-preview',
    'gemini-3-flash-preview',
  ]) {
    assert.ok(methods.get(`models/${name}`)?.includes('generateContent'), name)
  }
  assert.ok(methods.get('models/gemini-embedding-001')?.includes('embedContent'))
})
