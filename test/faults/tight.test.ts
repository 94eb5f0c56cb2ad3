/** When it gets tight: more bodies than memory, and a process that does not get to run. */
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { cellOf, chunk, good, LAST_CHUNK, STREAM_HEAD } from '../../src/cli/faults/bytes.ts'
import { type FaultUpstream, type Play, startFaultUpstream } from '../../src/cli/faults/upstream.ts'
import { WORDS } from '../../src/cli/faults/wires.ts'
import { type Gateway, startGateway, until } from '../gateway/rig.ts'

const MIB = 1024 * 1024
const MEMORY_MIB = 320
const HEAP_MIB = 160
const UPLOADS = 24
const UPLOAD_BYTES = 5 * MIB
const HELD_MS = 300
const HEARTBEAT_MS = 100
const BLOCK_MS = 600
const STOPPED_MS = 1_200
/** Both are over while the process stands still; the event is there before anybody may call it silent. */
const PAUSE_MS = 700
const IDLE_MS = 1_000

/** It keeps each body until others have come. */
const PLAYS: Readonly<Record<string, Play>> = {
  held: async (line) => {
    await line.wait(HELD_MS)
    await line.write(good(cellOf('gemini', 'unary')))
  },
  pausing: async (line) => {
    const [one = ''] = WORDS.gemini.pieces(['one '])
    await line.write(STREAM_HEAD)
    await line.write(chunk(one))
    await line.wait(PAUSE_MS)
    await line.write(chunk(WORDS.gemini.ending({ input: 3, output: 9 })))
    await line.write(LAST_CHUNK)
  },
}

let upstream: FaultUpstream
before(async () => {
  upstream = await startFaultUpstream({ play: ({ model }) => PLAYS[model] })
})
after(() => upstream?.close())

const configOf = (server: object) =>
  JSON.stringify({
    upstreams: {
      up: {
        kind: 'gemini',
        baseUrl: `http://127.0.0.1:${upstream.port}`,
        keys: ['upstream-key'],
        timeouts: { streamIdle: `${IDLE_MS}ms` },
      },
    },
    prices: { held: PRICE, pausing: PRICE },
    server,
  })
const PRICE = { inputUsdPerMillion: 1, outputUsdPerMillion: 1 }

interface Told {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/** One body of many, which takes this process's memory once. */
const UPLOAD = Buffer.from(`{"contents":[{"parts":[{"text":"${'x'.repeat(UPLOAD_BYTES)}"}]}]}`)

function upload({ port, key }: Gateway): Promise<Told> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': UPLOAD.length,
      'x-goog-api-key': key,
    }
    const path = '/v1beta/models/held:generateContent'
    const request = httpRequest({ agent: false, host: '127.0.0.1', port, method: 'POST', path, headers })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text }),
      )
    })
    request.end(UPLOAD)
  })
}

suite('[NEV-44] it gets tight', { concurrency: true }, () => {
  test('[NEV-44] P06 more uploads than memory: some are shed with 503, the others answered, and memory comes back', async () => {
    const gateway = await startGateway({
      config: configOf({ limits: { memory: `${MEMORY_MIB}MiB` } }),
      env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
    })
    try {
      const answers = await Promise.all(Array.from({ length: UPLOADS }, () => upload(gateway)))
      const shed = answers.filter(({ status }) => status === 503)
      const served = answers.filter(({ status }) => status === 200)
      assert.equal(shed.length + served.length, UPLOADS)
      assert.ok(shed.length > 0 && served.length > 0, `${shed.length} shed, ${served.length} served`)
      for (const { retryAfter, text } of shed) {
        assert.equal(retryAfter, '1')
        const { status, details } = JSON.parse(text).error
        assert.equal(status, 'UNAVAILABLE')
        assert.equal(details[0].retryDelay, '1s')
      }
      assert.ok((await gateway.memory()) < MEMORY_MIB * MIB)
      await until('nothing is held', async () => (await gateway.metric('wasat_body_bytes')) === 0)
      await until('bodies are taken again', async () => (await upload(gateway)).status === 200)
      assert.equal(await gateway.metric('wasat_answer_bytes'), 0)
      assert.equal(await gateway.stop('SIGINT'), 0)
    } finally {
      if (gateway.alive()) await gateway.kill()
    }
  })

  test('[NEV-45] P07 U36 stopped for a while: streams live on with late heartbeats, and readiness says so', async () => {
    const gateway = await startGateway({
      config: configOf({ timeouts: { heartbeat: `${HEARTBEAT_MS}ms`, eventLoopBlock: `${BLOCK_MS}ms` } }),
    })
    const ready = async () => (await gateway.ask('/readyz', { method: 'GET', anonymous: true })).status
    try {
      const stream = await gateway.open('/v1beta/models/pausing:streamGenerateContent?alt=sse')
      await stream.seen((text) => text.includes('one '))
      await stream.seen((text) => text.endsWith('\r\n\r\n\n\n'))
      process.kill(gateway.pid, 'SIGSTOP')
      await new Promise((resolve) => setTimeout(resolve, STOPPED_MS))
      process.kill(gateway.pid, 'SIGCONT')
      await until('it is not ready', async () => (await ready()) === 503)
      const { text, complete } = await stream.over
      assert.ok(complete, text)
      assert.match(text, /"finishReason"/)
      await until('it is ready again', async () => (await ready()) === 200)
      assert.ok((await gateway.metric('wasat_eventloop_blocks_total')) >= 1)
      assert.match(gateway.output(), /"blockedMs":\d+,"msg":"the process did not get to run/)
      // Lines of the log are written together, some time after what they tell.
      await until('the log says so', () => gateway.output().includes('runs well again'))
      assert.equal(await gateway.stop('SIGINT'), 0)
    } finally {
      if (gateway.alive()) await gateway.kill()
    }
  })
})
