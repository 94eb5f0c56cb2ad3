/** One gateway in front of one replaying upstream, and a plain HTTP client that keeps every byte. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'

export interface Rig {
  readonly replay: Replay
  readonly wasat: WasatProcess
  post(path: string, body: Buffer | string, headers?: Record<string, string>): Promise<Received>
  metric(name: string): Promise<number>
  /** Resident bytes after a full collection: what is held, not what has not been looked at yet. */
  heldMemory(): Promise<number>
  close(): Promise<void>
}

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** False when the connection broke before the answer was whole. */
  readonly complete: boolean
}

const COLLECTOR = fileURLToPath(new URL('./collect-garbage.mjs', import.meta.url))
const COLLECT_MS_MAX = 10_000

export async function startRig(extraConfig = ''): Promise<Rig> {
  const replay = await startReplay()
  const wasat = await startWasat({
    env: { NODE_OPTIONS: `--import ${COLLECTOR}` },
    config: `
upstreams: { replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] } }
models: { "gemini-*": { targets: [replay] } }
${extraConfig}`,
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const post = (path: string, body: Buffer | string, headers: Record<string, string> = {}) =>
    exchange(agent, wasat, path, body, headers)
  return {
    replay,
    wasat,
    post,
    metric: async (name) => {
      const text = await (await fetch(`${wasat.url}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`${name}{`) || one.startsWith(`${name} `))
      return Number(line?.split(' ').at(-1))
    },
    heldMemory: () => heldMemory(wasat),
    close: async () => {
      agent.destroy()
      await wasat.stop('SIGINT')
      await replay.close()
    },
  }
}

function exchange(
  agent: Agent,
  wasat: WasatProcess,
  path: string,
  body: Buffer | string,
  headers: Record<string, string>,
) {
  return new Promise<Received>((resolve, reject) => {
    const sent = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'x-goog-api-key': wasat.key,
      ...headers,
    }
    const request = httpRequest(
      { agent, host: '127.0.0.1', port: wasat.port, method: 'POST', path, headers: sent },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', () => undefined)
        response.on('close', () =>
          resolve({
            status: response.statusCode as number,
            headers: response.headers,
            body: Buffer.concat(pieces),
            complete: response.complete,
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

async function heldMemory(wasat: WasatProcess): Promise<number> {
  const collections = () => wasat.output().split('garbage collected').length
  const before = collections()
  const deadline = performance.now() + COLLECT_MS_MAX
  process.kill(wasat.pid, 'SIGUSR2')
  while (collections() === before) {
    if (performance.now() > deadline) throw new Error('the gateway did not collect its garbage')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return wasat.memory()
}

export const UNARY = '/v1beta/models/gemini-2.5-flash:generateContent'
export const SSE = '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'
export const ARRAY = '/v1beta/models/gemini-2.5-flash:streamGenerateContent'
