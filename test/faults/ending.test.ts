/** How a process ends while it has much to do, and what nobody caught. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cellOf, chunk, good, LAST_CHUNK, STREAM_HEAD } from '../../src/cli/faults/bytes.ts'
import {
  type FaultUpstream,
  type Line,
  type Play,
  startFaultUpstream,
} from '../../src/cli/faults/upstream.ts'
import { WORDS } from '../../src/cli/faults/wires.ts'
import type { SettledRow } from '../../src/nouns/ledger.ts'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { COMPILE_CACHE, dataFolder, type Gateway, startGateway, UNARY, until } from '../gateway/rig.ts'
import { assertSound, type Books, readBook } from '../money/books.ts'
import { ADMIN_KEY, CLIENT_KEY } from '../servers/wasat-process.ts'

const EACH = 100
const AT_ONCE = 16
const ANSWERS_BEFORE_THE_SIGNAL = 50
/** Deeper than any stack, and as deep as the configuration allows. */
const TOO_DEEP = 100_000
const DEPTH_MAX = 2_000
const EARLY_SIGNALS_MS = [60, 140, 220]
const COMMAND = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))
const THROWS_ON_SIGNAL = new URL('./throws-on-signal.mjs', import.meta.url).href

/** Answers end when their test says so. */
const [many, last] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]

const streamUntil =
  (released: Promise<void>): Play =>
  async (line: Line) => {
    const [one = ''] = WORDS.gemini.pieces(['one '])
    await line.write(STREAM_HEAD)
    await line.write(chunk(one))
    await released
    await line.write(chunk(WORDS.gemini.ending({ input: 3, output: 9 })))
    await line.write(LAST_CHUNK)
  }
const PLAYS: Readonly<Record<string, Play>> = {
  whole: async (line) => {
    await many.promise
    await line.write(good(cellOf('gemini', 'unary')))
  },
  stream: streamUntil(many.promise),
  last: streamUntil(last.promise),
}

let upstream: FaultUpstream
before(async () => {
  upstream = await startFaultUpstream({ play: ({ model }) => PLAYS[model] })
})
after(() => upstream?.close())

const PRICE = { inputUsdPerMillion: 1, outputUsdPerMillion: 1 }
const STREAM_PATH = '/v1beta/models/stream:streamGenerateContent?alt=sse'
const configOf = (server: object) =>
  JSON.stringify({
    upstreams: {
      sandbox: { kind: 'sandbox' },
      up: { kind: 'gemini', baseUrl: `http://127.0.0.1:${upstream.port}`, keys: ['upstream-key'] },
    },
    models: {
      whole: { targets: ['up'] },
      stream: { targets: ['up'] },
      last: { targets: ['up'] },
      'gemini-*': { targets: ['sandbox'] },
    },
    prices: { whole: PRICE, stream: PRICE, last: PRICE },
    server: { shutdown: { delay: '0s' }, ...server },
  })

interface Ended {
  readonly books: Books
  readonly rowOf: (requestId: unknown) => SettledRow | undefined
}

/** Runs a gateway that the work ends, and reads the books that it left. */
async function withEnding(
  options: { server?: object; env?: Record<string, string> },
  work: (gateway: Gateway) => Promise<(ended: Ended) => void>,
): Promise<void> {
  const folder = await dataFolder()
  const gateway = await startGateway({
    dataFolder: folder.path,
    config: configOf(options.server ?? {}),
    ...(options.env && { env: options.env }),
  })
  try {
    const judge = await work(gateway)
    const books = await readBook(await openSqliteBook(folder.path))
    assertSound(books)
    assert.deepEqual(books.open, [])
    const rows = new Map([...books.rows.values()].map((row) => [row.requestId, row]))
    judge({ books, rowOf: (requestId) => rows.get(String(requestId)) })
  } finally {
    if (gateway.alive()) await gateway.kill()
    await folder.remove()
  }
}

suite('[NEV-62] an end', { concurrency: true }, () => {
  test('[NEV-62] P01 100 answers and 100 streams are ended by SIGTERM: all come whole, all are booked', () =>
    withEnding({}, async (gateway) => {
      const each = Array.from({ length: EACH })
      const streams = each.map(() => gateway.open(STREAM_PATH))
      const wholes = each.map(() => gateway.ask('/v1beta/models/whole:generateContent'))
      await Promise.all(streams)
      await until('all are asked', () => upstream.count('whole') === EACH)
      const end = gateway.stop('SIGTERM')
      await until('nobody new is let in', async () => !(await isListening(gateway)))
      many.resolve()
      const all = await Promise.all([...streams.map(async (one) => (await one).over), ...wholes])
      for (const { status, complete } of all) assert.deepEqual([status, complete], [200, true])
      assert.equal(await end, 0)
      return ({ rowOf }) => {
        for (const { headers } of all) assert.equal(rowOf(headers['x-request-id'])?.outcome, 'complete')
      }
    }))

  test('[NEV-62] P04 SIGTERM while rows are reserved and settled: whoever got an answer is on the books', () =>
    withEnding({}, async (gateway) => {
      const answered: unknown[] = []
      let end: Promise<number | string> | undefined
      const worker = async () => {
        while (gateway.alive()) {
          const answer = await gateway.ask(UNARY).catch(() => undefined)
          if (answer === undefined) return
          if (answer.status === 200 && answer.complete) answered.push(answer.headers['x-request-id'])
          if (answered.length === ANSWERS_BEFORE_THE_SIGNAL) end = gateway.stop('SIGTERM')
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      assert.equal(await end, 0)
      return ({ rowOf }) => {
        assert.ok(answered.length >= ANSWERS_BEFORE_THE_SIGNAL)
        for (const requestId of answered) assert.equal(rowOf(requestId)?.outcome, 'complete')
      }
    }))

  test('[NEV-62] P04 SIGTERM while the books are being made: the next start makes them', async () => {
    const folder = await dataFolder()
    try {
      for (const afterMs of EARLY_SIGNALS_MS) await startAndEnd(folder.path, afterMs)
      const gateway = await startGateway({ dataFolder: folder.path })
      assert.equal((await gateway.ask(UNARY)).status, 200)
      assert.equal(await gateway.stop('SIGINT'), 0)
      assertSound(await readBook(await openSqliteBook(folder.path)))
    } finally {
      await folder.remove()
    }
  })

  test('[NEV-62] P10 what nobody caught: told without secrets, streams end whole, and the exit code is not 0', () =>
    withEnding({ env: { NODE_OPTIONS: `--import=${THROWS_ON_SIGNAL}` } }, async (gateway) => {
      const stream = await gateway.open(STREAM_PATH.replace('stream', 'last'))
      await stream.seen((text) => text.includes('one '))
      process.kill(gateway.pid, 'SIGUSR2')
      await until('nobody new is let in', async () => !(await isListening(gateway)))
      last.resolve()
      const { complete, headers } = await stream.over
      assert.ok(complete)
      await until('it has ended', () => !gateway.alive())
      assert.equal(await gateway.stop(), 1)
      const line = gateway
        .output()
        .split('\n')
        .find((one) => one.includes('nobody caught this'))
      assert.match(String(line), /"error":"nobody catches this, and it holds /)
      assert.ok(!gateway.output().split('\n').slice(1).join('\n').includes(`holds ${CLIENT_KEY}`))
      return ({ rowOf }) => assert.equal(rowOf(headers['x-request-id'])?.outcome, 'complete')
    }))

  test('[NEV-62] P11 what is deeper than the stack is refused, and the process lives', () =>
    withEnding(
      { server: { shutdown: { delay: '0s' }, limits: { jsonDepth: DEPTH_MAX } } },
      async (gateway) => {
        const nested = (depth: number) =>
          `{"contents":[{"parts":[{"text":"hi"}]}],"tools":${'['.repeat(depth)}${']'.repeat(depth)}}`
        const answers = await Promise.all(
          [TOO_DEEP, DEPTH_MAX - 10].map((depth) => gateway.ask(UNARY, { body: nested(depth) })),
        )
        for (const { status, text } of answers) {
          assert.ok(status === 400 || status === 500, `${status}`)
          assert.doesNotMatch(text, /RangeError|\n +at /)
        }
        assert.equal((await gateway.ask(UNARY)).status, 200)
        assert.equal(await gateway.stop('SIGINT'), 0)
        return () => undefined
      },
    ))
})

async function isListening(gateway: Gateway): Promise<boolean> {
  return gateway.ask('/livez', { method: 'GET', anonymous: true }).then(
    () => true,
    () => false,
  )
}

/** A start that is told to go before it can have come far. */
async function startAndEnd(folder: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0'], {
    cwd: folder,
    env: {
      ...COMPILE_CACHE,
      PATH: process.env.PATH,
      HOME: folder,
      WASAT_DATA: folder,
      WASAT_KEY: CLIENT_KEY,
      WASAT_ADMIN_KEY: ADMIN_KEY,
    },
    stdio: 'ignore',
  })
  setTimeout(() => child.kill('SIGTERM'), afterMs)
  await once(child, 'exit')
}
