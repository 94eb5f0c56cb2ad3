/** One gateway, one faulty upstream for each wire, and clients that are bare sockets. */
import assert from 'node:assert/strict'
import { type FaultUpstream, type Play, startFaultUpstream } from '../../src/cli/faults/upstream.ts'
import { FAULT_WIRES, type FaultWire } from '../../src/cli/faults/wires.ts'
import { openConnection, type RawAnswer, type RawConnection } from '../corpus/socket.ts'
import { ASK, type Gateway, startGateway } from '../gateway/rig.ts'

const ANSWER_MS = 8_000

export interface Sent {
  readonly key?: string
  readonly version?: string
  readonly verb?: string
  readonly headers?: string
  readonly body?: string
  /** Instead of the body's own. */
  readonly length?: number
}

export const SSE_VERB = 'streamGenerateContent?alt=sse'

/** A whole request, as bytes of the wire. */
export function requestOf(model: string, key: string, sent: Sent = {}): string {
  const { version = '1.1', verb = 'generateContent', headers = '', body = ASK } = sent
  const length = sent.length ?? Buffer.byteLength(body)
  return (
    `POST /v1beta/models/${model}:${verb} HTTP/${version}\r\nhost: gateway\r\nx-goog-api-key: ${sent.key ?? key}\r\n` +
    `content-type: application/json\r\ncontent-length: ${length}\r\n${headers}\r\n${body}`
  )
}

export async function sending(port: number, text: string): Promise<RawConnection> {
  const connection = await openConnection(port)
  await connection.write(Buffer.from(text))
  return connection
}

export async function answerOf(connection: RawConnection): Promise<RawAnswer> {
  const answer = await connection.answer('POST', ANSWER_MS)
  assert.notEqual(answer, 'closed')
  return answer as RawAnswer
}

export interface ClientRig {
  readonly gateway: Gateway
  readonly upstreams: Readonly<Record<FaultWire, FaultUpstream>>
  close(): Promise<void>
}

export interface ClientRigOptions {
  /** By the model; its name begins with its wire and a dot. */
  readonly plays: ReadonlyMap<string, Play>
  readonly dataFolder: string
  /** Of the section `server`. */
  readonly server: object
}

const RATE = { inputUsdPerMillion: 1000, outputUsdPerMillion: 2000 }

export async function startClientRig({ plays, dataFolder, server }: ClientRigOptions): Promise<ClientRig> {
  const start = () => startFaultUpstream({ play: ({ model }) => plays.get(model) })
  const [gemini, openai, anthropic] = await Promise.all([start(), start(), start()])
  const upstreams = { gemini, openai, anthropic }
  const closeAll = async () => {
    await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()))
  }
  const config = {
    upstreams: Object.fromEntries(FAULT_WIRES.map((wire) => [wire, upstreamAt(wire, upstreams[wire].port)])),
    models: Object.fromEntries(FAULT_WIRES.map((wire) => [`${wire}.*`, { targets: [wire] }])),
    prices: Object.fromEntries([...plays.keys()].map((model) => [model, RATE])),
    server,
  }
  try {
    const gateway = await startGateway({ dataFolder, config: JSON.stringify(config) })
    return { gateway, upstreams, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function upstreamAt(wire: FaultWire, port: number): object {
  const shared = { kind: wire, keys: ['upstream-key'] }
  const baseUrl = `http://127.0.0.1:${port}`
  if (wire !== 'openai') return { ...shared, baseUrl }
  return { ...shared, vendor: 'generic', flags: { api: 'chat' }, baseUrl: `${baseUrl}/v1` }
}
