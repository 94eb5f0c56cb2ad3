/** A server of this wire that plays bytes and keeps those that it was sent, with an upstream in front of it. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { GatewayError } from '../../../errors.ts'
import { CALLER, callOf } from '../../../nouns.fixture.ts'
import type { Answer, Call, Caller, Reading, Upstream, WireFormat } from '../../../nouns.ts'
import { createSeals } from '../../translation/seals.ts'
import { createOpenAiUpstream, type OpenAiOptions } from '../upstream.ts'

export interface Play {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** Written one by one, each in a packet of its own. */
  readonly pieces: readonly (string | Buffer)[]
  /** The connection ends within the answer. */
  readonly isBroken?: boolean
}

export interface Sent {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Heard {
  readonly status: number | undefined
  readonly wire: Answer['wire'] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly retryable: boolean
  readonly hint: Answer['hint']
  readonly text: string
  /** How many bytes came with the end. */
  readonly lastBytes: number
  readonly error: GatewayError | undefined
  readonly reading: Reading
  readonly sent: Sent
}

export interface How extends Partial<Call> {
  readonly to?: string
  readonly caller?: Partial<Caller>
}

export interface NativeRig {
  readonly upstream: Upstream
  play(play: Play): void
  ask(wire: WireFormat, body: string, how?: How): Promise<Heard>
}

const PATIENCE_MS = 5_000

export async function startNative(options: Partial<OpenAiOptions> = {}): Promise<NativeRig> {
  const sent: Sent[] = []
  let play: Play = { pieces: [] }
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { url: path = '', headers } = request
    sent.push({ path, headers, body: Buffer.concat(pieces).toString() })
    response.socket?.setNoDelay(true)
    response.writeHead(play.status ?? 200, { 'content-type': 'application/json', ...play.headers })
    for (const piece of play.pieces) {
      await new Promise((resolve) => response.write(piece, resolve))
      await turn()
    }
    if (play.isBroken) response.destroy()
    else response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream = createOpenAiUpstream({
    name: 'provider',
    vendor: 'openai',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    keys: ['the-secret-key'],
    timeouts: {
      connect: PATIENCE_MS,
      firstByte: PATIENCE_MS,
      streamFirstByte: PATIENCE_MS,
      streamIdle: PATIENCE_MS,
      streamTotal: PATIENCE_MS,
    },
    connectionsMax: 4,
    library: {} as never,
    seals: createSeals(),
    ...options,
  })
  after(async () => {
    await upstream.destroy()
    server.closeAllConnections()
    server.close()
  })
  return {
    upstream,
    play: (next) => {
      play = next
    },
    ask: async (wire, body, { to = 'gpt-4o', caller, ...rest } = {}) => {
      const call = callOf({ wire, model: to, body: Buffer.from(body), ...rest })
      const target = { upstream, model: to, credential: 0, price: undefined, thinking: 'pass' as const }
      const answer = await upstream
        .send(call, target, { ...CALLER, ...caller })
        .catch((thrown: unknown) => GatewayError.from(thrown))
      return { ...(await hear(answer)), sent: sent.at(-1) as Sent }
    },
  }
}

const NOT_READ: Reading = { usage: undefined, finishReason: undefined, modelVersion: undefined, begun: false }

async function hear(answer: Answer | GatewayError): Promise<Omit<Heard, 'sent'>> {
  if (answer instanceof GatewayError) {
    const { retryable, retry: hint } = answer
    const none = { status: undefined, wire: undefined, headers: {}, text: '', lastBytes: 0 }
    return { ...none, retryable, hint, error: answer, reading: NOT_READ }
  }
  const pieces: Buffer[] = []
  let lastBytes = 0
  const error = await new Promise<GatewayError | undefined>((resolve) => {
    answer.source.start({
      weigh: () => 0,
      chunk: ({ bytes }) => pieces.push(bytes as Buffer),
      end: (last) => {
        lastBytes = last?.bytes?.length ?? 0
        if (last !== undefined) pieces.push(last.bytes as Buffer)
        resolve(undefined)
      },
      fail: (thrown) => resolve(GatewayError.from(thrown)),
    })
  })
  const { status, wire, headers, retryable, hint } = answer
  const text = Buffer.concat(pieces).toString()
  return { status, wire, headers, retryable, hint, text, lastBytes, error, reading: answer.reading() }
}

/** An event of a stream as text: a member `choices` with this delta, and whatever else. */
export function chunkOf(
  delta: object,
  { finish = null as string | null, ...rest }: Record<string, unknown> & { finish?: string | null } = {},
): string {
  const event = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-4o-2024',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...rest,
  }
  return eventOf(event)
}

export const eventOf = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`

export const DONE_EVENT = 'data: [DONE]\n\n'

/** In pieces of that many bytes. */
export function cut(text: string, pieceBytes: number): Buffer[] {
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes))
  return pieces
}
