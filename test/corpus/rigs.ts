/** The two gateways that the corpus is played against, in front of one replayed upstream. */
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { ADMIN_KEY, startWasat, type WasatProcess } from '../servers/wasat-process.ts'
import type { Rig } from './run.ts'

export interface Corpus {
  readonly replay: Replay
  readonly main: GatewayRig
  /** One second of patience, and 40 MiB for bodies in flight. */
  readonly tight: GatewayRig
  stop(): Promise<void>
}

export interface GatewayRig extends Rig {
  readonly gateway: WasatProcess
}

/** The rows speak of bodies of 20 MiB. Nothing is worth waiting for when the corpus is over. */
const server = (limits: string, more = '') => `
server:
  limits: { body: 20MiB${limits} }
  shutdown: { delay: 0s, grace: 1s, streamGrace: 1s }
${more}`
const MAIN = server('')
const TIGHT = server(', bodiesInFlight: 40MiB', '  timeouts: { requestHead: 1s, bodyGrace: 1s }\n')

const routes = (replayUrl: string) => `
upstreams:
  replay: { kind: gemini, baseUrl: "${replayUrl}", keys: ["upstream-key"] }
  sandbox: { kind: sandbox }
models:
  "gemini-*": { targets: [replay] }
  box: { targets: [{ upstream: sandbox, model: gemini-2.5-flash }] }
`

export async function startCorpus(): Promise<Corpus> {
  const replay = await startReplay()
  const started: WasatProcess[] = []
  const stop = async () => {
    await Promise.all(started.map((gateway) => gateway.stop()))
    await replay.close()
  }
  async function start(config: string): Promise<GatewayRig> {
    const gateway = await startWasat({ config: config + routes(replay.url) })
    started.push(gateway)
    const { secret: secondKey } = await createKey(gateway, { name: 'second' })
    const { secret: limitedKey } = await createKey(gateway, { name: 'limited', models: ['gemini-3*'] })
    return {
      gateway,
      context: { port: gateway.port, secondKey, limitedKey, canaryPort: 0 },
      received: (since) => replay.received(since),
      receivedCount: () => replay.receivedCount(),
    }
  }
  try {
    // One after the other: side by side they would only share the two cores.
    return { replay, main: await start(MAIN), tight: await start(TIGHT), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export interface CreatedKey {
  readonly key: { readonly id: string }
  /** The whole key. */
  readonly secret: string
}

export function createKey(gateway: WasatProcess, wish: object): Promise<CreatedKey> {
  return admin(gateway, 'POST', '/keys', wish) as Promise<CreatedKey>
}

export async function admin(
  gateway: WasatProcess,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} gave ${response.status}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
