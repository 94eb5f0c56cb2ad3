/** The bill that everything else is measured by is worked out by hand here. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { charge, countsAfter, planOf, TARIFF, tariffAsConfig, usageMetadata } from './billing-plan.ts'
import { type Billing, type BillingMoment, startBilling } from './billing-upstream.ts'

const moments: [BillingMoment, string][] = []
let upstream: Billing
before(async () => {
  upstream = await startBilling({ onMoment: (moment, id) => moments.push([moment, id]) })
})
after(() => upstream.close())
beforeEach(() => {
  upstream.reset()
  moments.length = 0
})

const PROMPT =
  'prompt=100 image=30 audio=20 cached=15 cachedaudio=5 output=40 picture=10 thoughts=8 tool=3 searches=2'

function ask(verb: string, text: string, rest: object = {}): Promise<Response> {
  return fetch(`${upstream.url}/v1beta/models/m:${verb}`, {
    method: 'POST',
    body: JSON.stringify({ contents: [{ parts: [{ text }] }], ...rest }),
  })
}

test('a bill worked out by hand', () => {
  const { counts } = planOf(PROMPT)
  assert.deepEqual(counts, {
    prompt: 100,
    cached: 20,
    promptImage: 30,
    promptAudio: 20,
    cachedAudio: 5,
    output: 40,
    outputImage: 10,
    thoughts: 8,
    toolUse: 3,
    searches: 2,
  })
  const text = 35 * 300 + 15 * 75
  const media = 30 * 350 + 15 * 1_000 + 5 * 250
  const output = 30 * 2_500 + 10 * 30_000 + 8 * 2_700 + 3 * 300
  assert.equal(charge(counts, TARIFF), text + media + output + 35_000_000)
  assert.equal(
    charge({ ...counts, prompt: 101, searches: 0 }, { ...TARIFF, input: 1 }),
    424_476,
    'rounded up once',
  )
})

test('the usage that an answer shows adds up', () => {
  const usage = usageMetadata(planOf(PROMPT).counts)
  assert.equal(usage.totalTokenCount, 151)
  assert.deepEqual(usage.promptTokensDetails, [
    { modality: 'TEXT', tokenCount: 50 },
    { modality: 'IMAGE', tokenCount: 30 },
    { modality: 'AUDIO', tokenCount: 20 },
  ])
})

test('the tariff is written down exactly', () => {
  assert.match(tariffAsConfig(), /inputUsdPerMillion: "0\.300000000".*groundedPromptUsd: "0\.035000000"/)
})

test('the same prompt costs the same under any id, however it is cut, and never more than was asked for', () => {
  const one = planOf('id=a split=bytes tell me').counts
  assert.deepEqual(planOf('id=b delay=7 tell me').counts, one)
  assert.notDeepEqual(planOf('tell me more').counts, one)
  const bounded = planOf('output=500 thoughts=30', 100).counts
  assert.deepEqual([bounded.output, bounded.thoughts], [70, 30])
})

test('every form of an answer is on the bill once, and reads the same', async () => {
  const whole = (await (await ask('generateContent', `id=w ${PROMPT}`)).json()) as { usageMetadata: object }
  for (const split of ['events', 'random', 'bytes', 'merged']) {
    const sse = await (
      await ask('streamGenerateContent?alt=sse', `id=${split} split=${split} chunks=4 ${PROMPT}`)
    ).text()
    const events = sse.split('\r\n\r\n').filter(Boolean)
    assert.equal(events.length, 4)
    assert.deepEqual(JSON.parse(events.at(-1)!.slice(6)).usageMetadata, whole.usageMetadata)
  }
  const array = (await (await ask('streamGenerateContent', `id=array ${PROMPT}`)).json()) as unknown[]
  assert.equal(array.length, 3)
  assert.deepEqual(new Set(upstream.bill().map((entry) => entry.nanoUsd)).size, 1)
  assert.deepEqual(
    upstream.bill().map((entry) => [entry.id, entry.attempt, entry.isWhole]),
    ['w', 'events', 'random', 'bytes', 'merged', 'array'].map((id) => [id, 1, true]),
  )
})

test('a first attempt that fails is on the bill for nothing, the second for what it cost', async () => {
  assert.equal((await ask('generateContent', 'id=f fail=503')).status, 503)
  assert.equal((await ask('generateContent', 'id=f fail=503')).status, 200)
  await assert.rejects(ask('generateContent', 'id=g fail=reset'))
  const bill = upstream.bill()
  assert.deepEqual(
    bill.map((entry) => [entry.id, entry.attempt, entry.status]),
    [
      ['f', 1, 503],
      ['f', 2, 200],
      ['g', 1, 0],
    ],
  )
  assert.deepEqual([bill[0]!.nanoUsd, bill[2]!.nanoUsd], [0, 0])
  assert.ok(bill[1]!.nanoUsd > 0)
})

test('an answer that is cut off is charged whole, and says how much went out', async () => {
  const answer = await ask('streamGenerateContent?alt=sse', 'id=c chunks=4 cut=2 output=100')
  await assert.rejects(answer.text())
  const [entry] = upstream.bill()
  const { counts } = planOf('id=c chunks=4 cut=2 output=100')
  assert.deepEqual(entry?.sentCounts, countsAfter(counts, 2, 4))
  assert.deepEqual([entry?.nanoUsd, entry?.isWhole], [charge(counts, TARIFF), false])
  assert.equal(entry?.sentNanoUsd, charge({ ...counts, output: 50 }, TARIFF))
})

test('the moments of a stream come in their order', async () => {
  await (await ask('streamGenerateContent?alt=sse', 'id=m')).text()
  assert.deepEqual(
    moments.map(([moment]) => moment),
    ['arrived', 'firstEvent', 'lastEvent', 'ended'],
  )
})

test('counting is free, embeddings are not', async () => {
  await ask('countTokens', 'id=n prompt=9')
  const one = { content: { parts: [{ text: 'id=e prompt=1000' }] } }
  const answer = (await (
    await ask('batchEmbedContents', '', { requests: [one, one], contents: undefined })
  ).json()) as {
    embeddings: unknown[]
    usageMetadata: { promptTokenCount: number }
  }
  assert.deepEqual([answer.embeddings.length, answer.usageMetadata.promptTokenCount], [2, 1000])
  assert.deepEqual(
    upstream.bill().map((entry) => [entry.id, entry.nanoUsd]),
    [
      ['n', 0],
      ['e', 300_000],
    ],
  )
})

test('it runs in a process of its own and tells its bill', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./billing-upstream.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const url = `http://127.0.0.1:${JSON.parse(line).port}`
  const body = JSON.stringify({ contents: [{ parts: [{ text: 'id=p' }] }] })
  await (await fetch(`${url}/v1beta/models/m:generateContent`, { method: 'POST', body })).text()
  const bill = (await (await fetch(`${url}/bill`)).json()) as { id: string }[]
  assert.deepEqual(
    bill.map((entry) => entry.id),
    ['p'],
  )
  child.stdin.end()
  await exited
})
