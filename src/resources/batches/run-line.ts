/** One request of a batch: from its line to the line of its result. */
import { GatewayError } from '../../errors.ts'
import type { Caller, Opening } from '../../nouns.ts'
import { type RpcStatus, rpcCode, rpcStatusOf } from '../operations/operation.ts'
import type { BatchDocument } from './batch.ts'
import { LINE_BYTES_MAX, type Line } from './lines.ts'

/**
 * Asks a model as a client's call would: routed, admitted, metered. Throws `GatewayError` when it was refused or nobody
 * answered; aborting rejects.
 */
export type Perform = (
  opening: Opening,
  body: Buffer,
  caller: Caller,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: Buffer }>

export interface LineRun {
  readonly perform: Perform
  readonly parseJson: (bytes: Buffer) => Record<string, unknown>
  readonly batch: BatchDocument
  readonly caller: Caller
  readonly signal: AbortSignal
  /** Resolves after so many milliseconds, rejects when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface LineResult {
  readonly isFailed: boolean
  /** One line of JSON. */
  readonly json: Buffer
}

/** What may be better after a while; each is asked again after these waits. */
const PASSING: ReadonlySet<number> = new Set([429, 503])
const RETRY_WAITS_MS: readonly number[] = [1_000, 4_000]

/** Rejects only when the signal is aborted: whatever is wrong with the request is its result. */
export async function runLine(run: LineRun, line: Line): Promise<LineResult> {
  let marks: Marks = {}
  try {
    if (line.bytes === undefined) throw lineTooLong()
    const document = run.parseJson(line.bytes)
    marks = marksOf(document)
    const asked = await ask(run, requestOf(document))
    if ('error' in asked) return failedLine(asked.error, marks)
    return { isFailed: false, json: resultLine(asked.answer, marks) }
  } catch (error) {
    run.signal.throwIfAborted()
    return failedLine(rpcStatusOf(error), marks)
  }
}

/** What comes back as it was sent, so that a client knows which result is which. */
interface Marks {
  readonly key?: unknown
  readonly metadata?: unknown
}

function marksOf({ key, metadata }: Record<string, unknown>): Marks {
  return { ...(key !== undefined && { key }), ...(metadata !== undefined && { metadata }) }
}

/** The result of a line that does not run any more. */
export function unrunLine(parseJson: LineRun['parseJson'], line: Line, error: RpcStatus): LineResult {
  let marks: Marks = {}
  try {
    if (line.bytes !== undefined) marks = marksOf(parseJson(line.bytes))
  } catch {
    // What is no JSON has no key: its place among the results says which it was.
  }
  return failedLine(error, marks)
}

/** Without details: the Python client takes nothing but texts there, and would lose the whole batch. */
function failedLine({ code, message }: RpcStatus, marks: Marks): LineResult {
  return { isFailed: true, json: Buffer.from(JSON.stringify({ error: { code, message }, ...marks })) }
}

function requestOf({ request }: Record<string, unknown>): Buffer {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new GatewayError('invalid_argument', 'A request of a batch must have an object `request`.')
  }
  return Buffer.from(JSON.stringify(request))
}

/** The answer's JSON in one line, byte for byte otherwise. */
async function ask(run: LineRun, body: Buffer): Promise<Attempt> {
  const { batch, perform, caller, signal } = run
  const opening: Opening = {
    verb: batch.kind,
    model: batch.model,
    apiVersion: batch.apiVersion,
    delivery: 'unary',
    credential: undefined,
  }
  for (let attempt = 0; ; attempt++) {
    const waitMs = RETRY_WAITS_MS[attempt]
    const made = await attemptOf(() => perform(opening, body, caller, signal), signal)
    if ('answer' in made) {
      const { status, answer } = made
      return { status, answer: batch.kind === 'embedContent' ? embedded(answer) : oneLine(answer) }
    }
    if (waitMs === undefined || !PASSING.has(made.status)) return made
    await run.pause(waitMs, signal)
  }
}

type Attempt =
  | { readonly status: number; readonly answer: Buffer }
  | { readonly status: number; readonly error: RpcStatus }

async function attemptOf(work: () => ReturnType<Perform>, signal: AbortSignal): Promise<Attempt> {
  try {
    const { status, body } = await untilAborted(work(), signal)
    return status < 400 ? { status, answer: body } : { status, error: answeredError(body) }
  } catch (thrown) {
    signal.throwIfAborted()
    const { code, http } = GatewayError.from(thrown)
    // The server goes, not the request: the next start asks again.
    if (code === 'shutting_down') await untilAborted(new Promise(() => {}), signal)
    return { status: http, error: rpcStatusOf(thrown) }
  }
}

/** A model that is slow to begin must not hold up a batch that was cancelled. */
function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

/** The upstream's own error, with the code that its status has in google.rpc. */
function answeredError(body: Buffer): RpcStatus {
  const { message, status, details } = errorIn(body)
  return {
    code: rpcCode(status),
    message: typeof message === 'string' ? message : 'The upstream answered with an error.',
    ...(Array.isArray(details) && details.length > 0 && { details }),
  }
}

function errorIn(body: Buffer): Record<string, unknown> {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown }
    return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** No string of JSON holds a line break as it is, so each one stands between two values. */
function oneLine(json: Buffer): Buffer {
  const line = Buffer.from(json)
  for (let at = 0; at < line.length; at++) if (line[at] === 0x0a || line[at] === 0x0d) line[at] = 0x20
  return line
}

/** An embedding of a batch tells its tokens in one number. */
function embedded(answer: Buffer): Buffer {
  const { embedding, usageMetadata } = JSON.parse(answer.toString('utf8')) as {
    embedding?: unknown
    usageMetadata?: { promptTokenCount?: number }
  }
  const tokens = usageMetadata?.promptTokenCount
  return Buffer.from(
    JSON.stringify({ ...(tokens !== undefined && { tokenCount: String(tokens) }), embedding }),
  )
}

function resultLine(response: Buffer, marks: Marks): Buffer {
  const rest = JSON.stringify(marks).slice(1)
  return Buffer.concat([Buffer.from('{"response":'), response, Buffer.from(rest === '}' ? '}' : `,${rest}`)])
}

function lineTooLong(): GatewayError {
  const text = `The request is longer than the ${LINE_BYTES_MAX} bytes that one request of a batch may have.`
  return new GatewayError('invalid_argument', text)
}
