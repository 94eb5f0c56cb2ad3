/** Clients that fail, or mean no good: what they get, what the upstream sees of it, and what the books say. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { begun, cellOf, chunk, framesOf, good, LAST_CHUNK, STREAM_HEAD } from '../../src/cli/faults/bytes.ts'
import {
  type FaultUpstream,
  type Line,
  type Play,
  startFaultUpstream,
} from '../../src/cli/faults/upstream.ts'
import { WORDS } from '../../src/cli/faults/wires.ts'
import type { SettledRow } from '../../src/nouns/ledger.ts'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { openConnection, type RawAnswer, type RawConnection } from '../corpus/socket.ts'
import { ASK, dataFolder, type Gateway, startGateway, until } from '../gateway/rig.ts'
import { assertSound, type Books, readBook } from '../money/books.ts'

const ANSWER_MS = 5_000
const HEAD_MS = 700
const BODY_GRACE_MS = 700
const PIPELINED = 1_000
const ABORTED = 200
const SLOW_HEADS = 100
const EVENT_EVERY_MS = 30
const LATER_MS = 150
const BALANCER_IDLE_S = 60

const stream = cellOf('gemini', 'stream')
const frames = WORDS.gemini.pieces(['one ', 'two ', 'three '])

/** One event after the other, slowly enough for a client to leave in between. */
async function slowly(line: Line): Promise<void> {
  await line.write(STREAM_HEAD)
  for (const frame of [...frames, WORDS.gemini.ending({ input: 3, output: 90 })]) {
    await line.write(chunk(frame))
    await line.wait(EVENT_EVERY_MS)
  }
  await line.write(LAST_CHUNK)
}

const PLAYS: Readonly<Record<string, Play>> = {
  late: async (line) => {
    await line.wait(LATER_MS)
    await line.write(good(cellOf('gemini', 'unary')))
  },
  slow: slowly,
  cut: async (line) => {
    await line.write(begun(stream))
    await line.wait(EVENT_EVERY_MS)
    line.reset()
  },
  streamed: (line) => line.write(good(stream)),
}

let upstream: FaultUpstream
let gateway: Gateway
let folder: Awaited<ReturnType<typeof dataFolder>>

before(async () => {
  folder = await dataFolder()
  upstream = await startFaultUpstream({
    play: ({ model }) =>
      PLAYS[model.split('-')[0] ?? ''] ?? ((line) => line.write(good(cellOf('gemini', 'unary')))),
  })
  try {
    gateway = await startGateway({
      dataFolder: folder.path,
      config: `
upstreams: { faulty: { kind: gemini, baseUrl: "http://127.0.0.1:${upstream.port}", keys: ["upstream-key"] } }
server: { timeouts: { requestHead: ${HEAD_MS}ms, bodyGrace: ${BODY_GRACE_MS}ms } }
`,
    })
  } catch (error) {
    await upstream.close()
    throw error
  }
})
after(async () => {
  await gateway?.stop('SIGINT')
  await upstream?.close()
  await folder?.remove()
})

interface Sent {
  readonly version?: string
  readonly verb?: string
  readonly headers?: string
  readonly body?: string
  /** Instead of the body's own. */
  readonly length?: number
}

function request(model: string, sent: Sent = {}): string {
  const { version = '1.1', verb = 'generateContent', headers = '', body = ASK } = sent
  const length = sent.length ?? Buffer.byteLength(body)
  return (
    `POST /v1beta/models/${model}:${verb} HTTP/${version}\r\nhost: gateway\r\nx-goog-api-key: ${gateway.key}\r\n` +
    `content-type: application/json\r\ncontent-length: ${length}\r\n${headers}\r\n${body}`
  )
}

const SSE_VERB = 'streamGenerateContent?alt=sse'
const bytes = (text: string) => Buffer.from(text)

async function sending(text: string): Promise<RawConnection> {
  const connection = await openConnection(gateway.port)
  await connection.write(bytes(text))
  return connection
}

async function answerOf(connection: RawConnection): Promise<RawAnswer> {
  const answer = await connection.answer('POST', ANSWER_MS)
  assert.notEqual(answer, 'closed')
  return answer as RawAnswer
}

test('[NEV-61] C01 a client that leaves before its body is whole: nothing is sent, nothing is a row', async () => {
  const connection = await sending(request('never-whole', { length: 4_000 }))
  connection.destroy()
  await sendOne('after-never-whole')
  assert.equal(upstream.count('never-whole'), 0)
})

async function sendOne(model: string): Promise<void> {
  const { status, text } = await gateway.ask(`/v1beta/models/${model}:generateContent`)
  assert.equal(status, 200, text)
}

test('[NEV-61] C02 a client that leaves before the first byte: the answer is read all the same', async () => {
  const connection = await sending(request('late-left'))
  await until('the upstream was asked', () => upstream.count('late-left') === 1)
  connection.destroy()
  await until('its drain ended', async () => (await gateway.metric('wasat_drains')) === 0)
})

for (const ending of ['fin', 'reset'] as const) {
  test(`[NEV-61] C03 a client that leaves in the middle of a stream, ${ending}`, async () => {
    const open = await gateway.open(`/v1beta/models/slow-${ending}:${SSE_VERB}`)
    await open.seen((text) => text.includes('one '))
    if (ending === 'fin') open.leave()
    else open.response.socket.resetAndDestroy()
    await open.over
  })
}

test('[NEV-61] C07 heads that come byte by byte are told 408, and hold up nobody', async () => {
  const connections = await Promise.all(
    Array.from({ length: SLOW_HEADS }, () =>
      sending('POST /v1beta/models/x:generateContent HTTP/1.1\r\nhost: a'),
    ),
  )
  await sendOne('beside-slow-heads')
  for (const connection of connections) assert.equal((await answerOf(connection)).status, 408)
  for (const connection of connections) connection.destroy()
})

test('[NEV-61] C08 a body that comes byte by byte is told 408, and nothing is sent or reserved for it', async () => {
  const connection = await sending(request('never-fast', { body: '{"c', length: 4_000 }))
  assert.equal((await answerOf(connection)).status, 408)
  assert.equal(upstream.count('never-fast'), 0)
})

test('[NEV-61] C09 pipelined requests are answered in order, each once', async () => {
  const models = Array.from({ length: PIPELINED }, (_, index) => `piped-${index}`)
  const connection = await sending(models.map((model) => request(model)).join(''))
  const upstreams: (string | undefined)[] = []
  for (const _ of models) {
    const answer = await answerOf(connection)
    assert.equal(answer.status, 200)
    upstreams.push(answer.headers.find(([name]) => name === 'x-wasat-upstream')?.[1])
  }
  connection.destroy()
  assert.deepEqual(
    upstreams,
    models.map((model) => `faulty/${model}`),
  )
  for (const model of models) assert.equal(upstream.count(model), 1)
})

test('[NEV-61] C10 a half-closed client gets its unary answer', async () => {
  const connection = await sending(request('late-half'))
  connection.fin()
  assert.equal((await answerOf(connection)).status, 200)
})

test('[NEV-61] C10 the same with a stream: it is read to its end, for the client or for the books', async () => {
  const connection = await sending(request('slow-half', { verb: SSE_VERB }))
  connection.fin()
  await connection.closed(ANSWER_MS).catch(() => undefined)
  connection.destroy()
})

test('[NEV-61] C12 who promises a body and never sends it is told 408; a wrong key hears no 100', async () => {
  const expecting = 'expect: 100-continue\r\n'
  const patient = await sending(request('never-continued', { headers: expecting, body: '', length: 4_000 }))
  const stranger = await openConnection(gateway.port)
  await stranger.write(
    bytes(
      request('never-continued', { headers: expecting, body: '', length: 4_000 }).replace(
        gateway.key,
        'wrong',
      ),
    ),
  )
  const { status } = await answerOf(stranger)
  assert.ok(status === 400 || status === 401 || status === 403, `${status}`)
  let answer = await answerOf(patient)
  if (answer.status === 100) answer = await answerOf(patient)
  assert.equal(answer.status, 408)
  assert.equal(upstream.count('never-continued'), 0)
})

test('[NEV-61] C13 an idle connection is kept for longer than balancers keep theirs', async () => {
  const { headers } = await gateway.ask('/v1beta/models/kept:generateContent', {
    headers: { connection: 'keep-alive' },
  })
  const seconds = Number(/timeout=(\d+)/.exec(String(headers['keep-alive']))?.[1])
  assert.ok(seconds > BALANCER_IDLE_S, `${headers['keep-alive']}`)
})

test('[NEV-61] C14 HTTP/1.0: the stream ends with its connection, and a broken one with an error', async () => {
  const textOf = async (model: string) => {
    const connection = await sending(request(model, { version: '1.0', verb: SSE_VERB }))
    const answer = await answerOf(connection)
    connection.destroy()
    return answer.body.toString()
  }
  const whole = await textOf('streamed-old')
  assert.equal(whole.replaceAll(/\r?\n/g, ''), framesOf(WORDS.gemini).replaceAll(/\r?\n/g, ''))
  assert.match(await textOf('cut-old'), /two [\s\S]*"error"/)
})

test('[NEV-61] C15 what follows a body of its length is refused; the request itself is done, once', async () => {
  const connection = await sending(`${request('too-much')}garbage that is no request\r\n\r\n`)
  assert.equal((await answerOf(connection)).status, 200)
  assert.equal((await answerOf(connection)).status, 400)
  await connection.closed(ANSWER_MS)
  assert.equal(upstream.count('too-much'), 1)
})

test('[NEV-61] C16 a storm of clients that open and leave', async () => {
  for (let sent = 0; sent < ABORTED; sent++) {
    const connection = await sending(request(`slow-storm`, { verb: SSE_VERB }))
    connection.destroy()
  }
  await sendOne('after-storm')
  await until('every drain ended', async () => (await gateway.metric('wasat_drains')) === 0)
})

test('[NEV-61] and the books know all of it', async () => {
  assert.equal(await gateway.stop('SIGINT'), 0)
  const books = await readBook(await openSqliteBook(folder.path))
  assertSound(books)
  assert.deepEqual(books.open, [])
  for (const model of ['never-whole', 'never-fast', 'never-continued'])
    assert.deepEqual(rowsOf(books, model), [])
  for (const model of ['late-left', 'slow-fin', 'slow-reset']) {
    const [row, ...more] = rowsOf(books, model)
    assert.deepEqual([row?.outcome, row?.usageSource, more.length], ['client_gone', 'final', 0], model)
  }
  assert.equal(rowsOf(books, 'slow-fin')[0]?.totalTokens, 93)
  for (const model of ['too-much', 'streamed-old', 'piped-7'])
    assert.deepEqual(
      rowsOf(books, model).map(({ outcome }) => outcome),
      ['complete'],
    )
  assert.equal(rowsOf(books, 'cut-old')[0]?.outcome, 'upstream_broken')
  for (const model of ['late-half', 'slow-half']) assert.equal(rowsOf(books, model).length, 1)
  for (const { outcome } of rowsOf(books, 'slow-storm')) assert.equal(outcome, 'client_gone')
})

function rowsOf(books: Books, model: string): SettledRow[] {
  return [...books.rows.values()].filter((row) => row.model === model)
}
