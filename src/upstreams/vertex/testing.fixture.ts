/** A server in the place of Google's, and an upstream that asks it. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { GatewayError } from '../../errors.ts'
import type { Library } from '../../nouns/resources.ts'
import { CALLER, callOf, targetOf } from '../../nouns.fixture.ts'
import type { Answer, Call, Target } from '../../nouns.ts'
import type { Access, Credentials } from './credentials.ts'
import { createVertexUpstream, type VertexOptions } from './upstream.ts'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Reply {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: string | Buffer
}

export const TIMEOUTS = {
  connect: 1_000,
  firstByte: 2_000,
  streamFirstByte: 2_000,
  streamIdle: 2_000,
  streamTotal: 5_000,
}
export const ANSWER = '{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}'
export const TOKEN = 'ya29.secret-token'

export async function serve(
  t: TestContext,
  reply: (asked: Asked) => Reply | Promise<Reply>,
): Promise<{ origin: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer(async (message, response) => {
    const pieces = await Array.fromAsync(message)
    const { method = '', url = '', headers } = message
    const one = { method, url, headers, body: Buffer.concat(pieces as Buffer[]).toString() }
    asked.push(one)
    const { status = 200, headers: own = {}, body } = await reply(one)
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...own }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** One access token that never runs out; `forgotten` counts those that were refused. */
export function fixedCredentials(): Credentials & { readonly forgotten: Access[] } {
  const forgotten: Access[] = []
  const access = { headers: { authorization: `Bearer ${TOKEN}` }, secret: TOKEN, project: 'my-project' }
  return { count: 1, access: async () => access, forget: (one) => forgotten.push(one), forgotten }
}

const denied = async () => {
  throw new GatewayError('permission_denied', 'You do not have permission to access it or it may not exist.')
}

export const FILE_BYTES = Buffer.from('the bytes of a file')

export const LIBRARY: Library = {
  file: async (_, uri) => {
    if (!uri.endsWith('files/mine')) return denied()
    const read = async (start?: number, end?: number) => FILE_BYTES.subarray(start, end)
    return { name: 'files/mine', mimeType: 'text/plain', sizeBytes: FILE_BYTES.length, read }
  },
  cachedContent: async (_, name) => {
    if (!name.endsWith('cachedContents/mine')) return denied()
    const document = {
      contents: [{ parts: [{ text: 'cached' }, { fileData: { fileUri: 'files/mine' } }] }],
      systemInstruction: { parts: [{ text: 'be brief' }] },
      tools: [{ codeExecution: {} }],
    }
    return { name, model: 'models/gemini-3.6-flash', document }
  },
  documents: denied,
}

/** Sends one call and takes the answer to its end. */
export async function ask(
  t: TestContext,
  origin: string,
  call: Partial<Call> & { readonly text?: string },
  options: Partial<VertexOptions> & { readonly target?: Partial<Target> } = {},
): Promise<{ answer: Answer; text: string; losses: readonly string[] }> {
  const upstream = createVertexUpstream({
    ...{ name: 'vertex', location: 'europe-west4', baseUrl: origin, keys: [], timeouts: TIMEOUTS },
    ...{ connectionsMax: 8, library: LIBRARY, credentials: fixedCredentials() },
    ...options,
  })
  t.after(() => upstream.destroy())
  const body = Buffer.from(call.text ?? '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}')
  const target = { ...targetOf(upstream, 'gemini-3.6-flash'), ...options.target }
  const answer = await upstream.send(callOf({ model: target.model, body, ...call }), target, CALLER)
  const text = await wholeOf(answer)
  const losses = (answer.translation?.losses() ?? []).map(({ kind, path }) => `${kind} ${path}`)
  return { answer, text, losses }
}

function wholeOf({ source }: Answer): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: string[] = []
    const take = (chunk: { bytes?: Buffer; response?: object } | undefined) =>
      chunk && pieces.push(chunk.bytes?.toString() ?? JSON.stringify(chunk.response))
    source.start({
      weigh: () => 0,
      chunk: (chunk) => void take(chunk as never),
      end: (last) => {
        take(last as never)
        resolve(pieces.join(''))
      },
      fail: reject,
    })
  })
}
