/** The rows that are a course of events and not one request: keys that change, bodies that wait, seeds, cut answers. */
import assert from 'node:assert/strict'
import { BODY, contentsOf, GENERATE, request } from './case.ts'
import { read } from './reading.ts'
import { admin, type Corpus, createKey, type GatewayRig } from './rigs.ts'
import { inlineImage } from './rows-e.ts'
import { describe, goodExchange } from './run.ts'
import { header, openConnection, type RawAnswer, type RawConnection } from './socket.ts'

export interface DynamicRow {
  readonly row: string
  readonly title: string
  run(corpus: Corpus, say: (text: string) => void): Promise<void>
}

const TIMEOUT_MS = 20_000
/** A change of a key holds everywhere within this time. */
const KEY_CHANGE_MS_MAX = 1_000
const WRONG_KEYS = 3_000
const CONNECTIONS = 8
const ONE_ADDRESS = '127.0.0.1'
const SEEDS = Number(process.env.CORPUS_SEEDS ?? 10_000)
/** A gateway takes a millisecond for each. */
const SENT_EVERY = 10

async function ask(port: number, bytes: Buffer): Promise<RawAnswer> {
  const connection = await openConnection(port)
  try {
    await connection.write(bytes)
    const answer = await connection.answer('POST', TIMEOUT_MS)
    assert.ok(answer !== 'closed', 'the connection was closed without an answer')
    return answer
  } finally {
    connection.destroy()
  }
}

const withKey = (key: string) => request({ headers: [`X-Goog-Api-Key: ${key}`], without: ['key'] })
const errorOf = (answer: RawAnswer) => JSON.parse(answer.body.toString()).error

// ---------------------------------------------------------------------------------------------
// C-12, C-18: keys that change, keys that are guessed.

async function disabledAndDeleted({ main }: Corpus): Promise<void> {
  const { key, secret } = await createKey(main.gateway, { name: 'short-lived' })
  const bytes = withKey(secret)
  assert.equal((await ask(main.context.port, bytes)).status, 200)
  await admin(main.gateway, 'POST', `/keys/${key.id}:disable`)
  const disabled = await until(main, bytes, 403)
  assert.equal(errorOf(disabled).status, 'PERMISSION_DENIED')
  await admin(main.gateway, 'DELETE', `/keys/${key.id}`)
  const deleted = await until(main, bytes, 400)
  assert.equal(errorOf(deleted).details[0].reason, 'API_KEY_INVALID')
}

/** Asks until the status is there; the first asking may come too early, one after the allowed time may not. */
async function until(rig: GatewayRig, bytes: Buffer, status: number): Promise<RawAnswer> {
  const startedAtMs = performance.now()
  for (;;) {
    const answer = await ask(rig.context.port, bytes)
    if (answer.status === status) return answer
    assert.ok(performance.now() - startedAtMs < KEY_CHANGE_MS_MAX, `after a second still ${describe(answer)}`)
  }
}

async function guessedKeys({ tight }: Corpus, say: (text: string) => void): Promise<void> {
  const statuses = new Map<number, number>()
  const guess = async (index: number, exchange: Exchange) => {
    const { status } = await exchange(withKey(`wst_guess_${index}`))
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  await spread(WRONG_KEYS, { port: tight.context.port, from: ONE_ADDRESS }, guess)
  say(`answers by status: ${JSON.stringify(Object.fromEntries(statuses))}`)
  const connection = await openConnection(tight.context.port, ONE_ADDRESS)
  await goodExchange(connection)
  connection.destroy()
  assert.deepEqual([...statuses.keys()].sort(), [400, 429])
}

export type Exchange = (bytes: Buffer) => Promise<RawAnswer>

/** Runs `count` turns over a few connections, each of which is reopened when the gateway closed it. */
export async function spread(
  count: number,
  { port, from }: { port: number; from?: string },
  turn: (index: number, exchange: Exchange) => Promise<void>,
): Promise<void> {
  let next = 0
  async function worker(): Promise<void> {
    let connection = await openConnection(port, from)
    const exchange = async (bytes: Buffer) => {
      await connection.write(bytes)
      const answer = await connection.answer('POST', TIMEOUT_MS)
      assert.ok(answer !== 'closed', 'the connection was closed without an answer')
      if (header(answer, 'connection') === 'close') {
        connection.destroy()
        connection = await openConnection(port, from)
      }
      return answer
    }
    while (next < count) await turn(next++, exchange)
    connection.destroy()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
}

// ---------------------------------------------------------------------------------------------
// D30: each seed flips one byte.

/** All of them through the reader, and each tenth through the gateway too, which must say the same. */
async function flippedBytes({ main, replay }: Corpus, say: (text: string) => void): Promise<void> {
  const fixture = Buffer.from(BODY.replace('"hi"', '"h\u00ef \\u00e9"},{"text":"\u{1f600}"'))
  const bodies = Array.from({ length: SEEDS }, (_, seed) => flipped(fixture, seed))
  const taken = bodies.map((body) => read(body) === undefined)
  const sent = bodies.flatMap((body, seed) => (seed % SENT_EVERY === 0 ? [{ body, seed }] : []))
  const since = await replay.receivedCount()
  await spread(sent.length, { port: main.context.port }, async (index, exchange) => {
    const { body, seed } = sent[index] as (typeof sent)[number]
    const answer = await exchange(request({ body }))
    assert.ok(answer.status === 200 || answer.status === 400, `seed ${seed}: ${describe(answer)}`)
    // Google's 400 for a request without `contents` is the upstream's own; ours says that the JSON is invalid.
    const isOurs = answer.status === 400 && !/contents is not specified/.test(answer.body.toString())
    assert.equal(!isOurs, taken[seed], `seed ${seed}: ${describe(answer)}`)
  })
  const arrived = (await replay.received(since)).map((one) => one.body.toString('latin1')).sort()
  say(`${taken.filter((isTaken) => isTaken).length} of ${SEEDS} were still JSON`)
  const forwarded = sent.filter(({ seed }) => taken[seed]).map(({ body }) => body.toString('latin1'))
  assert.deepEqual(arrived, forwarded.sort())
}

/** The byte's place and its new value come from the seed by a multiplicative hash, so that a seed can be replayed. */
function flipped(fixture: Buffer, seed: number): Buffer {
  const mixed = Math.imul(seed + 1, 0x9e3779b1) >>> 0
  const body = Buffer.from(fixture)
  const at = seed % body.length
  body[at] = body[at]! ^ (1 + ((mixed >>> 24) % 255))
  return body
}

// ---------------------------------------------------------------------------------------------
// E19: bodies in flight.

const HELD_BYTES = 19 * 1024 * 1024

/**
 * Four bodies of 19 MiB where 40 MiB may be in flight: two wait for the upstream, two are sent away. The heads come
 * first, because whoever is sent away by its length hears of it before its body is due.
 */
async function bodiesInFlight({ tight, replay }: Corpus): Promise<void> {
  await replay.script('gemini-held', {
    body: Buffer.from('{}'),
    framing: 'content-length',
    delayBeforeMs: 60_000,
  })
  const bytes = request({ target: GENERATE.replace('2.5-flash', 'held'), body: inlineImage(HELD_BYTES) })
  const bodyAt = bytes.indexOf('\r\n\r\n') + 4
  const since = await replay.receivedCount()
  const connections = await Promise.all(Array.from({ length: 4 }, () => openConnection(tight.context.port)))
  try {
    const answers = new Map<RawConnection, RawAnswer | 'closed'>()
    const arrived = connections.map(async (connection) => {
      await connection.write(bytes.subarray(0, bodyAt))
      answers.set(connection, await connection.answer('POST', TIMEOUT_MS))
    })
    await eventually(() => answers.size >= 2)
    for (const answer of answers.values()) {
      assert.ok(answer !== 'closed' && answer.status === 503, describe(answer))
      assert.equal(errorOf(answer).status, 'UNAVAILABLE')
      assert.match(header(answer, 'retry-after') ?? '', /^\d+$/)
    }
    const held = connections.filter((connection) => !answers.has(connection))
    await Promise.all(held.map((connection) => connection.write(bytes.subarray(bodyAt))))
    await eventually(async () => (await replay.receivedCount()) === since + 2)
    assert.equal(answers.size, 2)
    await replay.reset()
    await Promise.all(arrived)
  } finally {
    for (const connection of connections) connection.destroy()
    await replay.reset()
  }
  const connection = await openConnection(tight.context.port)
  await goodExchange(connection)
  connection.destroy()
}

async function eventually(happened: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  while (!(await happened())) {
    assert.ok(performance.now() < deadline, 'it did not happen in time')
    await nextTurn()
  }
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 20))

// ---------------------------------------------------------------------------------------------
// F13: an answer whose every byte comes by itself.

async function cutAnswer({ main, replay }: Corpus): Promise<void> {
  const event = (text: string, more: string) =>
    `data: {"candidates": [{"content": {"parts": [{"text": "${text}"}],"role": "model"}${more},"index": 0}]}\r\n\r\n`
  const body = Buffer.from(event('😀 und', '') + event(' 🌌\u0301', ',"finishReason": "STOP"'))
  const headers = [['Content-Type', 'text/event-stream']] as const
  await replay.script('gemini-emoji', { body, headers, framing: 'chunked', splits: 'every-byte' })
  const target = '/v1beta/models/gemini-emoji:streamGenerateContent?alt=sse'
  const answer = await ask(main.context.port, request({ target, headers: [], body: contentsOf('"hi"') }))
  await replay.reset()
  assert.equal(answer.status, 200)
  assert.equal(answer.body.toString('hex'), body.toString('hex'))
}

export const dynamicRows: readonly DynamicRow[] = [
  { row: 'C-12', title: 'a key that is disabled, then deleted', run: disabledAndDeleted },
  { row: 'C-18', title: `${WRONG_KEYS} wrong keys from one address`, run: guessedKeys },
  { row: 'D30', title: `a byte flipped, ${SEEDS} seeds`, run: flippedBytes },
  { row: 'E19', title: 'more bodies than may be in flight', run: bodiesInFlight },
  { row: 'F13', title: 'an emoji cut between chunks and segments', run: cutAnswer },
]
