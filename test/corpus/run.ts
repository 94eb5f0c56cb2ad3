/** Plays one case over a raw socket and checks all that holds for every bad input. */
import assert from 'node:assert/strict'
import type { ReceivedRequest } from '../servers/replay-script.ts'
import { type Bytes, type Case, type Context, type Expectation, request } from './case.ts'
import { header, LostAnswerError, openConnection, type RawAnswer, type RawConnection } from './socket.ts'

/** The gateway under test, as far as a case needs it. */
export interface Rig {
  readonly context: Context
  /** The requests that reached the upstream, from this number on; and how many there were. */
  received(since: number): Promise<readonly ReceivedRequest[]>
  receivedCount(): Promise<number>
}

/** `kept`: on a connection that carried a good request before. */
export type Mode = 'fresh' | 'kept'

const ANSWER_TIMEOUT_MS = 20_000
const CLOSE_TIMEOUT_MS = 5_000
/** How often a case is played when our own side lost the answer. */
const ATTEMPTS_MAX = 5
/** Nothing of a request longer than this may come back in an error. */
const REFLECTED_CHARACTERS_MAX = 128

/** HTTP status to `google.rpc` status. */
const RPC_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'INVALID_ARGUMENT',
  408: 'DEADLINE_EXCEEDED',
  417: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  431: 'INVALID_ARGUMENT',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  505: 'INVALID_ARGUMENT',
}

export async function runCase(rig: Rig, corpusCase: Case, mode: Mode): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(rig, corpusCase, mode)
    } catch (error) {
      if (!(error instanceof LostAnswerError) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

async function runOnce(rig: Rig, corpusCase: Case, mode: Mode): Promise<void> {
  const { raw, method = 'POST', fin = false } = corpusCase
  const expectations = [corpusCase.expect].flat() as readonly Expectation[]
  const bytes = typeof raw === 'function' ? raw(rig.context) : raw
  const since = await rig.receivedCount()
  const connection = await openConnection(rig.context.port)
  try {
    if (mode === 'kept') await goodExchange(connection)
    const answers = await exchange(connection, bytes, { method, fin, expectations })
    for (const [index, answer] of answers.entries()) checkAnswer(answer, expectations[index]!, method, bytes)
    await checkAfterwards(rig, connection, answers.at(-1)!, expectations.at(-1)!, fin)
  } finally {
    connection.destroy()
  }
  await checkDispatched(rig, since, expectations)
}

interface Exchange {
  readonly method: string
  readonly fin: boolean
  readonly expectations: readonly Expectation[]
}

async function exchange(
  connection: RawConnection,
  bytes: Bytes,
  { method, fin, expectations }: Exchange,
): Promise<(RawAnswer | 'closed')[]> {
  const startedAtMs = performance.now()
  await connection.write(bytes)
  if (fin) connection.fin()
  const answers: (RawAnswer | 'closed')[] = []
  for (const { withinMs } of expectations) {
    answers.push(await connection.answer(method, ANSWER_TIMEOUT_MS))
    const tookMs = performance.now() - startedAtMs
    if (withinMs !== undefined) assert.ok(tookMs <= withinMs, `the answer took ${tookMs.toFixed(0)} ms`)
  }
  return answers
}

// ---------------------------------------------------------------------------------------------
// The answer.

function checkAnswer(answer: RawAnswer | 'closed', expect: Expectation, method: string, sent: Bytes): void {
  const statuses = [expect.status].flat()
  const got = answer === 'closed' ? 'closed' : answer.status
  assert.ok(statuses.includes(got), `${describe(answer)}, expected ${statuses.join(' or ')}`)
  if (answer === 'closed') return
  assert.match(header(answer, 'x-request-id') ?? '', /^[\x21-\x7e]{1,128}$/, 'x-request-id')
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    const found = header(answer, name)
    if (value === 'absent') assert.equal(found, undefined, `header ${name}`)
    else assert.match(found ?? '', value, `header ${name}`)
  }
  const text = answer.body.toString()
  if (expect.body?.is) assert.match(text, expect.body.is)
  if (expect.body?.not) assert.doesNotMatch(text, expect.body.not)
  if (answer.status >= 400 && method !== 'HEAD') checkError(answer, text, expect, sent)
}

function checkError(answer: RawAnswer, text: string, expect: Expectation, sent: Bytes): void {
  const { errorBody = 'google' } = expect
  if (Buffer.isBuffer(sent)) checkReflection(text, sent)
  if (errorBody === 'any') return
  const document = JSON.parse(text)
  if (errorBody === 'problem') {
    assert.match(header(answer, 'content-type') ?? '', /^application\/problem\+json/)
    assert.equal(document.status, answer.status)
    return
  }
  assert.match(header(answer, 'content-type') ?? '', /^application\/json; charset=utf-8$/i)
  if (errorBody === 'openai') return checkOpenAiError(document, expect)
  if (errorBody === 'google-list') assert.equal(document.length, 1)
  checkGoogleError(errorBody === 'google-list' ? document[0] : document, answer, text, expect)
}

// biome-ignore lint/suspicious/noExplicitAny: what came is looked at member by member.
function checkOpenAiError(document: any, expect: Expectation): void {
  assert.deepEqual(Object.keys(document), ['error'])
  assert.deepEqual(Object.keys(document.error).sort(), ['code', 'message', 'param', 'type'])
  const { message, type, param, code } = document.error
  assert.ok(typeof message === 'string' && message !== '')
  assert.equal(type, 'invalid_request_error')
  for (const value of [param, code]) assert.ok(value === null || (typeof value === 'string' && value !== ''))
  if (expect.message) assert.match(message, expect.message)
  if (expect.param !== undefined) assert.equal(param, expect.param)
  if (expect.code !== undefined) assert.equal(code, expect.code)
}

// biome-ignore lint/suspicious/noExplicitAny: the same.
function checkGoogleError(document: any, answer: RawAnswer, text: string, expect: Expectation): void {
  assert.deepEqual(Object.keys(document), ['error'])
  const { code, message, status, details = [] } = document.error
  assert.equal(code, answer.status, 'error.code')
  assert.equal(typeof message, 'string')
  assert.notEqual(message, '')
  assert.equal(status, RPC_STATUS[answer.status], 'error.status')
  assert.ok(Array.isArray(details), 'error.details')
  if (expect.message) assert.match(message, expect.message)
  if (expect.reason)
    assert.ok(
      details.some((detail: { reason?: string }) => detail.reason === expect.reason),
      text,
    )
}

/** Slides a window over the answer; half a window's step finds everything that is half a window longer. */
function checkReflection(text: string, sent: Buffer): void {
  const size = REFLECTED_CHARACTERS_MAX
  for (let at = 0; at + size <= text.length; at += size / 2) {
    assert.ok(
      !sent.includes(text.slice(at, at + size)),
      `the answer repeats the request: ${text.slice(at, at + size)}`,
    )
  }
}

export function describe(answer: RawAnswer | 'closed'): string {
  if (answer === 'closed') return 'the connection was closed without an answer'
  return `got ${answer.status} ${JSON.stringify(answer.body.subarray(0, 400).toString())}`
}

// ---------------------------------------------------------------------------------------------
// What comes after it.

async function checkAfterwards(
  rig: Rig,
  connection: RawConnection,
  answer: RawAnswer | 'closed',
  expect: Expectation,
  fin: boolean,
): Promise<void> {
  const announced = answer === 'closed' || isClosing(answer)
  if (expect.close !== undefined && !fin) assert.equal(announced, expect.close, 'connection: close')
  if (!announced && !fin) {
    // A second answer, had there been one, would stand where this one is expected.
    await goodExchange(connection)
    assert.equal(connection.leftover().length, 0, 'bytes behind the last answer')
    return
  }
  const more = await connection.closed(CLOSE_TIMEOUT_MS)
  assert.equal(more.toString('latin1'), '', 'bytes behind the last answer')
  const other = await openConnection(rig.context.port)
  try {
    await goodExchange(other)
  } finally {
    other.destroy()
  }
}

function isClosing(answer: RawAnswer): boolean {
  const value = header(answer, 'connection')?.toLowerCase()
  return value === 'close' || (answer.version === '1.0' && value !== 'keep-alive')
}

const GOOD_MARK = 'a good request of the corpus'
const GOOD_CONTENT = JSON.stringify({ parts: [{ text: GOOD_MARK }] })
/** How many different good requests follow each other, told apart by how many contents they have. */
const GOOD_VARIANTS = 50
let goodCount = 0

/** A good request must get its own answer: the upstream's words about as many contents as it had, under a new id. */
export async function goodExchange(connection: RawConnection): Promise<void> {
  goodCount += 1
  const contents = 2 + (goodCount % GOOD_VARIANTS)
  await connection.write(request({ body: `{"contents":[${Array(contents).fill(GOOD_CONTENT).join(',')}]}` }))
  const answer = await connection.answer('POST', ANSWER_TIMEOUT_MS)
  assert.ok(answer !== 'closed' && answer.status === 200, `a good request ${describe(answer)}`)
  assert.match(answer.body.toString(), new RegExp(`"replayed answer to ${contents} contents"`))
}

async function checkDispatched(rig: Rig, since: number, expectations: readonly Expectation[]): Promise<void> {
  const all = await rig.received(since)
  const received = all.filter((one) => !one.body.includes(GOOD_MARK))
  const wanted = expectations.map(({ dispatched = 0 }) => dispatched)
  if (!wanted.includes('any')) {
    const sum = wanted.reduce<number>((total, count) => total + Number(count), 0)
    assert.equal(received.length, sum, `requests that reached the upstream: ${heads(received)}`)
  }
  const { arrives, arrivesBody, arrivesHead } = expectations[0]!
  if (arrives) assert.ok(received[0]!.body.equals(arrives), 'the body that reached the upstream differs')
  for (const one of received) {
    const body = one.body.toString()
    if (arrivesBody?.is) assert.match(body, arrivesBody.is)
    if (arrivesBody?.not) assert.doesNotMatch(body, arrivesBody.not)
    const head = one.head.toString('latin1')
    if (arrivesHead?.is) assert.match(head, arrivesHead.is)
    if (arrivesHead?.not) assert.doesNotMatch(head, arrivesHead.not)
  }
}

const heads = (received: readonly ReceivedRequest[]) =>
  received.map((one) => one.head.toString('latin1').split('\r\n', 1)[0]).join(' | ')
