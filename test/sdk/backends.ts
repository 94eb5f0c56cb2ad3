/** The two gateways that real clients talk to: one answers by itself, one stands before a replayed upstream. */
import assert from 'node:assert/strict'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { ReceivedRequest, Script } from '../servers/replay-script.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'

export interface Backend {
  readonly name: 'sandbox' | 'replay'
  readonly wasat: WasatProcess
  /** The upstream; the sandbox has none. */
  readonly replay: Replay | undefined
  /** What the upstream got since the last call or `reset`, as JSON, oldest first. */
  takeReceived(): Promise<Received[]>
  /** Forgets what the upstream got, and prepares the model of `SLOW_MODEL`. */
  reset(): Promise<void>
  /** Resolves when no answer is under way and no drain is open; fails after a while. */
  settled(): Promise<void>
  /** The first log line since `reset` of a request for this model that ended so; waits for the log to be written. */
  logged(model: string, outcome: string): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export interface Received {
  /** Such as `POST /v1beta/models/gemini-2.5-flash:generateContent`, without the query. */
  readonly route: string
  readonly head: string
  readonly document: Record<string, unknown>
}

const SETTLE_TIMEOUT_MS = 15_000
const POLL_MS = 20

/** A model whose stream takes its time at the replayed upstream; to the sandbox it is asked for a long answer. */
export const SLOW_MODEL = { sandbox: 'gemini-2.5-flash', replay: 'gemini-slow' } as const
export const SLOW_EVENTS = 8
export const SLOW_TOTAL_TOKENS = 49

const REPLAY_CONFIG = (url: string) => `
upstreams: { replay: { kind: gemini, baseUrl: "${url}", keys: ["upstream-key"] }, sandbox: { kind: sandbox } }
models: { "gemini-*": { targets: [replay] } }
`

export async function startBackend(name: Backend['name']): Promise<Backend> {
  if (name === 'sandbox') {
    return backend(
      name,
      await startWasat({ config: 'upstreams: { sandbox: { kind: sandbox } }\n' }),
      undefined,
    )
  }
  const replay = await startReplay()
  try {
    return backend(name, await startWasat({ config: REPLAY_CONFIG(replay.url) }), replay)
  } catch (error) {
    await replay.close()
    throw error
  }
}

function backend(name: Backend['name'], wasat: WasatProcess, replay: Replay | undefined): Backend {
  let taken = 0
  let loggedFrom = 0
  return {
    name,
    wasat,
    replay,
    async takeReceived() {
      const requests = (await replay?.received(taken)) ?? []
      taken += requests.length
      return requests.map(readReceived)
    },
    async reset() {
      taken = 0
      loggedFrom = wasat.output().length
      await replay?.reset()
      await replay?.script(SLOW_MODEL.replay, slowStream())
    },
    async settled() {
      await until('the gateway still has answers under way', async () => {
        const text = await (await fetch(`${wasat.url}/metrics`)).text()
        return metric(text, 'wasat_active_streams') === 0 && metric(text, 'wasat_drains') === 0
      })
    },
    async logged(model, outcome) {
      let found: Record<string, unknown> | undefined
      await until(`the log tells of no ${outcome} of ${model}`, () => {
        found = logLines(wasat.output().slice(loggedFrom)).find(
          (line) => line.model === model && line.outcome === outcome,
        )
        return found !== undefined
      })
      return found as Record<string, unknown>
    },
    async close() {
      // A gateway that ends by itself has nothing left that keeps it.
      const code = await wasat.stop('SIGINT')
      await replay?.close()
      assert.equal(code, 0, wasat.output().slice(-2_000))
    },
  }
}

async function until(complaint: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS
  while (!(await holds())) {
    if (performance.now() > deadline) assert.fail(`${complaint} after ${SETTLE_TIMEOUT_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function metric(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) || one.startsWith(`${name} `))
  assert.ok(line, `no metric ${name}`)
  return Number(line.split(' ').at(-1))
}

function logLines(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line))
}

function readReceived({ head, body }: ReceivedRequest): Received {
  const text = head.toString('latin1')
  const route = text.split(' ').slice(0, 2).join(' ').replace(/\?.*/, '')
  return { route, head: text, document: body.length > 0 ? JSON.parse(body.toString()) : {} }
}

/** Eight events, 100 ms apart: time enough for a client to leave in the middle. */
function slowStream(): Script {
  const events = Array.from({ length: SLOW_EVENTS }, (_, index) => {
    const isLast = index === SLOW_EVENTS - 1
    const candidate = {
      content: { parts: [{ text: `${index} ` }], role: 'model' },
      ...(isLast && { finishReason: 'STOP' }),
      index: 0,
    }
    const usageMetadata = {
      promptTokenCount: 11,
      candidatesTokenCount: index,
      totalTokenCount: isLast ? SLOW_TOTAL_TOKENS : 11 + index,
    }
    return `data: ${JSON.stringify({ candidates: [candidate], usageMetadata, modelVersion: 'gemini-slow' })}\r\n\r\n`
  })
  const ends = events.map((_, index) => Buffer.byteLength(events.slice(0, index + 1).join('')))
  return {
    headers: [['content-type', 'text/event-stream']],
    body: Buffer.from(events.join('')),
    framing: 'chunked',
    splits: ends.slice(0, -1),
    delayBetweenMs: 100,
  }
}
