/** The rows of tables G to K that are a course of events and not one request. */
import assert from 'node:assert/strict'
import { BODY, contentsOf, request, SANDBOX, TRANSLATED } from './case.ts'
import { spread } from './dynamic.ts'
import type { MeaningRig } from './meaning-rig.ts'
import { admin, createKey } from './rigs.ts'
import { ADDRESSES, asking } from './rows-j.ts'
import { describe, goodExchange } from './run.ts'
import { openConnection, type RawAnswer } from './socket.ts'

export interface MeaningRow {
  readonly row: string
  readonly title: string
  run(rig: MeaningRig): Promise<void>
}

const TIMEOUT_MS = 10_000
const generate = (model: string) => `/v1beta/models/${model}:generateContent`

async function ask(rig: MeaningRig, bytes: Buffer): Promise<RawAnswer> {
  const connection = await openConnection(rig.context.port)
  try {
    await connection.write(bytes)
    const answer = await connection.answer('POST', TIMEOUT_MS)
    assert.ok(answer !== 'closed', 'the connection was closed without an answer')
    return answer
  } finally {
    connection.destroy()
  }
}

const errorOf = (answer: RawAnswer) => JSON.parse(answer.body.toString()).error

// ---------------------------------------------------------------------------------------------
// G06: what an admin's request must not set.

const READ_ONLY: readonly object[] = [
  { role: 'admin' },
  { spent: 0 },
  { id: 'another' },
  { allowed_routes: ['/*'] },
  { digest: '00' },
  { constructor: { name: 'x' } },
]

async function massAssignment({ gateway }: MeaningRig): Promise<void> {
  const { key } = await createKey(gateway, { name: 'plain' })
  const read = () => admin(gateway, 'GET', `/keys/${key.id}`)
  const untouched = await read()
  for (const wish of READ_ONLY) {
    await assert.rejects(
      admin(gateway, 'PATCH', `/keys/${key.id}`, wish),
      / gave 400: /,
      JSON.stringify(wish),
    )
  }
  assert.deepEqual(await read(), untouched)
}

// ---------------------------------------------------------------------------------------------
// H31 to H33: what a request may cost, and what it did.

/** More than was allowed: billed as it was used, because the upstream bills it so. */
async function moreThanAllowed(rig: MeaningRig): Promise<void> {
  const usage = { promptTokenCount: 3, candidatesTokenCount: 5_000, totalTokenCount: 5_003 }
  const candidate = { content: { role: 'model', parts: [{ text: 'a' }] }, finishReason: 'STOP', index: 0 }
  const body = Buffer.from(JSON.stringify({ candidates: [candidate], usageMetadata: usage }))
  await rig.replay.script('gemini-2.5-pro', { body, framing: 'content-length', times: 1 })
  const asked = `{"generationConfig":{"maxOutputTokens":10},${BODY.slice(1)}`
  const answer = await ask(rig, request({ target: generate('gemini-2.5-pro'), body: asked }))
  assert.equal(answer.status, 200, describe(answer))
  const report = (await admin(rig.gateway, 'GET', '/usage?by=model&model=gemini-2.5-pro')) as object
  assert.match(JSON.stringify(report), /"candidatesTokens":5000\b/)
}

async function refusedForMoney(rig: MeaningRig, model: string, body: string): Promise<RawAnswer> {
  const budget = { limitUsd: '0.01', period: 'day' }
  const { secret } = await createKey(rig.gateway, { name: `with a budget for ${model}`, budget })
  const since = await rig.replay.receivedCount()
  const headers = [`X-Goog-Api-Key: ${secret}`]
  const answer = await ask(rig, request({ target: generate(model), headers, without: ['key'], body }))
  assert.equal(await rig.replay.receivedCount(), since, describe(answer))
  return answer
}

/** Nobody knows what it costs, so nobody with a budget may ask for it. */
async function withoutPrice(rig: MeaningRig): Promise<void> {
  const answer = await refusedForMoney(rig, 'unheard-of', BODY)
  assert.ok([400, 403, 429].includes(answer.status), describe(answer))
  assert.match(errorOf(answer).message, /price/i)
}

async function twoMillionTokens(rig: MeaningRig): Promise<void> {
  const answer = await refusedForMoney(
    rig,
    'gemini-2.5-pro',
    contentsOf(JSON.stringify('word '.repeat(2_000_000))),
  )
  assert.equal(answer.status, 429, describe(answer))
  const types = errorOf(answer).details.map((detail: Record<string, unknown>) => String(detail['@type']))
  assert.ok(
    types.some((type: string) => type.endsWith('QuotaFailure')),
    types.join(),
  )
}

// ---------------------------------------------------------------------------------------------
// J11, J20: what an answer of ours could tell of the network behind it.

/** Status and where to; `PORT` is the canary's. */
const REDIRECTS = [
  [301, 'http://127.0.0.1:PORT/'],
  [302, 'http://[::1]:PORT/x'],
  [303, 'file:///etc/passwd'],
  [307, '//127.0.0.1:PORT/'],
  [308, '/self'],
] as const

async function redirects(rig: MeaningRig): Promise<void> {
  for (const [status, place] of REDIRECTS) {
    // Another model each time: one that fails again and again is not asked any more.
    const model = `gemini-moved-${status}`
    const location = place.replace('PORT', String(rig.canary.port))
    const answer = { body: Buffer.alloc(0), framing: 'content-length' } as const
    await rig.replay.script(model, { ...answer, status, headers: [['Location', location]] })
    const since = await rig.replay.receivedCount()
    const got = await ask(rig, request({ target: generate(model) }))
    assert.ok(got.status >= 400, `${status} to ${location}: ${describe(got)}`)
    assert.doesNotMatch(got.body.toString() + JSON.stringify(got.headers), /passwd|\/self/)
    const heads = (await rig.replay.received(since)).map(({ head }) => head.toString('latin1'))
    const asked = heads.map((head) => head.split(' ')[1])
    assert.ok(asked.length >= 1 && asked.every((path) => path === generate(model)), `asked: ${asked.join()}`)
  }
  assert.equal(rig.canary.connections(), 0)
}

/** Each address by itself, at both who read it. */
async function everyAddress(rig: MeaningRig, uris: readonly string[]): Promise<void> {
  const since = await rig.receivedCount()
  const asked = uris.flatMap((uri) => [SANDBOX, TRANSLATED].map((target) => [uri, target] as const))
  await spread(asked.length, { port: rig.context.port }, async (index, exchange) => {
    const [uri, target] = asked[index]!
    const answer = await exchange(asking(target, [uri])(rig.context))
    assert.ok(answer.status === 400 || answer.status === 403, `${uri} at ${target}: ${describe(answer)}`)
  })
  assert.equal(await rig.receivedCount(), since)
  assert.equal(rig.canary.connections(), 0)
}

/** Open, closed and out of reach: the same words for all, because nobody has looked. */
async function oracle(rig: MeaningRig): Promise<void> {
  const { port } = rig.canary
  const alike = [
    ['127.0.0.1', '10.255.255.1', '169.254.169.254', 'localhost'],
    [`127.0.0.1:${port}`, '127.0.0.1:1', `10.255.255.1:${port}`, `example.com:${port}`],
  ]
  for (const hosts of alike) {
    const texts = new Set<string>()
    for (const host of hosts) {
      const answer = await ask(rig, asking(TRANSLATED, [`http://${host}/x.png`])(rig.context))
      assert.equal(answer.status, 400, describe(answer))
      texts.add(answer.body.toString())
    }
    assert.equal(texts.size, 1, [...texts].join())
  }
  assert.equal(rig.canary.connections(), 0)
}

// ---------------------------------------------------------------------------------------------
// K03, K06: what was written down.

const FAKE = '{"level":"info","msg":"fake"}'

async function forgedLines(rig: MeaningRig): Promise<void> {
  const escaped = `%0a${encodeURIComponent(FAKE)}`
  await ask(rig, request({ target: generate(`gemini-x${escaped}`) }))
  await ask(rig, request({ headers: [`User-Agent: x${escaped}`, `X-Request-Id: x${escaped}`] }))
  await ask(rig, request({ headers: [`X-Wasat-Tags: team=\\n${FAKE}`] }))
  await ask(
    rig,
    request({ body: `{"contents":"\\n${FAKE.replaceAll('"', '\\"')}"}`, target: generate('box') }),
  )
  const lines = rig.gateway.output().split('\n')
  assert.deepEqual(
    lines.filter((line) => line.includes('"msg":"fake"') && line.startsWith(FAKE.slice(0, 16))),
    [],
  )
  for (const line of lines.slice(0, -1))
    if (line.startsWith('{')) assert.doesNotThrow(() => JSON.parse(line), line)
}

async function ordersInCells(rig: MeaningRig): Promise<void> {
  const headers = ['X-Wasat-Tags: team==cmd(),cell=@x,sum=+1']
  assert.equal((await ask(rig, request({ headers }))).status, 200)
  const target = '/admin/v1/usage/rows?format=csv'
  const response = await fetch(`${rig.gateway.url}${target}`, {
    headers: { authorization: `Bearer ${rig.gateway.adminKey}` },
  })
  assert.equal(response.status, 200)
  const text = await response.text()
  assert.match(text, /cmd\(\)/)
  assert.doesNotMatch(text, /(?:^|,)"?[=+@\t]/m)
}

/** After all of it a good request is answered well. */
async function stillGood(rig: MeaningRig): Promise<void> {
  const connection = await openConnection(rig.context.port)
  await goodExchange(connection)
  connection.destroy()
}

const rows: readonly MeaningRow[] = [
  { row: 'G06', title: 'an admin’s request that would set what is ours', run: massAssignment },
  { row: 'H31', title: 'more output than was allowed', run: moreThanAllowed },
  { row: 'H32', title: 'a model without a price, for a key with a budget', run: withoutPrice },
  { row: 'H33', title: 'a prompt of two million tokens', run: twoMillionTokens },
  { row: 'J11', title: 'redirects of an upstream', run: redirects },
  ...Object.entries(ADDRESSES).map(([row, uris]) => ({
    row,
    title: `each of ${uris.length} addresses by itself`,
    run: (rig: MeaningRig) => everyAddress(rig, uris),
  })),
  { row: 'J20', title: 'open, closed and filtered ports look alike', run: oracle },
  { row: 'K03', title: 'lines of log that a client would like to write', run: forgedLines },
  { row: 'K06', title: 'orders to a spreadsheet', run: ordersInCells },
]

export const meaningRows: readonly MeaningRow[] = rows.map((one) => ({
  ...one,
  run: async (rig) => {
    await one.run(rig)
    await stillGood(rig)
  },
}))
