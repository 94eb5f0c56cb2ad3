/** One request through the door and back, without a socket. */
import { createOpenAiDialect } from '../../../src/dialects/openai/dialect.ts'
import { createHeld } from '../../../src/nouns/held.ts'
import {
  answerOf,
  bodyOf,
  CALLER,
  HandSource,
  NO_RESPONSES,
  type RecordedResponse,
  recordedResponse,
  requestOf,
} from '../../../src/nouns.fixture.ts'
import type { Call, Chunk, Dialect, Opening } from '../../../src/nouns.ts'

const LIMITS = { depth: 100, nodes: 250_000, keysPerObject: 10_000 }

export interface Door {
  readonly dialect: Dialect
  /** In front of `chat/completions`. */
  readonly prefix: string
}

const doorAt = (prefix: string, isGoogles: boolean): Door => ({
  prefix,
  dialect: createOpenAiDialect({
    limits: LIMITS,
    heartbeatMs: 0,
    held: createHeld(),
    responses: NO_RESPONSES,
    isGoogles,
  }),
})

export const OPENAIS = doorAt('/v1', false)
export const GOOGLES = doorAt('/v1beta/openai', true)

export interface Asking {
  readonly door?: Door
  readonly endpoint?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

export async function callOf(asking: Asking): Promise<Call> {
  const { door = OPENAIS, endpoint = 'chat/completions', headers = {}, body } = asking
  const text = Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const request = requestOf(`${door.prefix}/${endpoint}`, {
    headers: { authorization: 'Bearer k', 'content-type': 'application/json', ...headers },
    ...bodyOf(text),
  })
  return door.dialect.decode(request, door.dialect.open(request), CALLER)
}

/** An error as the client gets it. */
export function refusalOf(error: unknown, { dialect }: Door, opening?: Opening): RecordedResponse {
  const response = recordedResponse()
  dialect.encodeError(error, opening, response, {})
  return response
}

/** What the client gets of these chunks; an Error at their end is a stream that breaks. */
export async function answered(
  call: Call,
  { dialect }: Door,
  chunks: readonly (Chunk | Error)[],
  status = 200,
): Promise<RecordedResponse> {
  const response = recordedResponse()
  const source = new HandSource()
  const isStream = call.delivery !== 'unary'
  const answer = answerOf(source, {}, { status, delivery: isStream ? 'sse' : 'unary' })
  const written = dialect.encode(call, answer, response, {})
  for (const chunk of chunks) {
    if (chunk instanceof Error) source.sink?.fail(chunk)
    else source.sink?.chunk(chunk)
  }
  if (!(chunks.at(-1) instanceof Error)) source.sink?.end(undefined)
  await written
  return response
}
