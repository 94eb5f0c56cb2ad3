/** Starts the replay server in its own process and tells it what to answer. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ReceivedRequest, receivedFromJson, type Script, scriptToJson } from './replay-script.ts'

export interface Replay {
  /** `http://127.0.0.1:<port>`, for a config's `baseUrl`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Answers requests for this model (as the path names it, without `models/`) with these bytes. */
  script(model: string, script: Script): Promise<void>
  /** The upstream keys that are right from now on; without a call, `upstream-key` alone. */
  keys(keys: readonly string[]): Promise<void>
  /** Requests in the order in which they were whole; from number `since` on. */
  received(since?: number): Promise<ReceivedRequest[]>
  /** How many requests came since the start or the last reset. */
  receivedCount(): Promise<number>
  /** Forgets scripts, keys and requests, and closes every connection. */
  reset(): Promise<void>
  openSockets(): Promise<number>
  close(): Promise<void>
}

const START_TIMEOUT_MS = 10_000
const SERVER = fileURLToPath(new URL('./gemini-replay.ts', import.meta.url))

export async function startReplay(): Promise<Replay> {
  const child = spawn(process.execPath, [SERVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const failed = exited.then(() => Promise.reject(new Error('the replay server ended before it was ready')))
  failed.catch(() => undefined)
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  const [line] = (await Promise.race([once(lines, 'line', { signal }), failed])) as [string]
  const { port, controlPort } = JSON.parse(line) as { port: number; controlPort: number }
  // A connection that was kept may be closed at the very moment at which it is used again.
  const agent = new Agent({ keepAlive: false })
  const ask = (path: string, body?: object) => askControl(agent, controlPort, path, body)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    script: async (model, script) => void (await ask('/script', { model, script: scriptToJson(script) })),
    keys: async (keys) => void (await ask('/keys', { keys })),
    received: async (since = 0) =>
      ((await ask(`/received?since=${since}`)) as Record<string, unknown>[]).map(receivedFromJson),
    receivedCount: async () => (await ask('/count')) as number,
    reset: async () => void (await ask('/reset')),
    openSockets: async () => (await ask('/sockets')) as number,
    async close() {
      agent.destroy()
      child.stdin.end()
      await exited
    },
  }
}

function askControl(agent: Agent, port: number, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, port, path, host: '127.0.0.1', method: 'POST' }, (response) => {
      const collected: Buffer[] = []
      response.on('data', (piece: Buffer) => collected.push(piece))
      response.on('error', reject)
      response.on('end', () => resolve(JSON.parse(Buffer.concat(collected).toString())))
    })
    request.on('error', reject)
    request.end(body === undefined ? '' : JSON.stringify(body))
  })
}
