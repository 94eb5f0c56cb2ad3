/**
 * Was this sent before? A request with an idempotency key is done once, and billed once: its repeat is refused while it
 * is under way, and then told the same answer. Requests without a key pass.
 */
import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Counters } from '../nouns/counters.ts'
import { IDEMPOTENCY_KEY_HEADER } from '../nouns/headers.ts'
import type { Answer, Call, Caller, Permit, Settlement } from '../nouns.ts'
import { createKept, KEPT_LIMITS, type Kept, type KeptAnswer, type KeptLimits } from './kept.ts'
import { Recorder, sourceOf } from './recorder.ts'

/** What is on its way to the client. */
export interface Answered {
  readonly answer: Answer
  /** Read when the head goes out; what is known only at the end is added then. */
  readonly headers: OutgoingHttpHeaders
  /** Nothing was asked of anybody for it. */
  readonly isRepeat?: true
}

/** Looks on while a request is done; without a key it does nothing. */
export interface Turn {
  hold(permit: Permit): Permit
  watch(answer: Answer): Answer
}

/** Throws `aborted` for a repeat that cannot be answered, and `invalid_argument` for another request of the same key. */
export type Recall = (
  call: Call,
  caller: Caller,
  perform: (turn: Turn) => Promise<Answered>,
) => Promise<Answered>

export interface RecallOptions {
  /** Counters that all replicas share; undefined when this process is alone. */
  readonly shared?: Counters | undefined
  readonly limits?: KeptLimits
  readonly now?: () => number
}

/** Of a request that nobody will repeat. */
export const ONLY_TURN: Turn = Object.freeze({
  hold: (permit: Permit) => permit,
  watch: (answer: Answer) => answer,
})

export function createRecall({ shared, limits = KEPT_LIMITS, now = Date.now }: RecallOptions = {}): Recall {
  const kept = createKept(limits, now)

  async function once(
    name: string,
    call: Call,
    perform: (turn: Turn) => Promise<Answered>,
  ): Promise<Answered> {
    const asked = digestOf(call)
    const known = kept.find(name)
    if (known !== undefined) {
      if (known.asked !== asked) throw anotherRequest()
      if (known.isUnderWay) throw underWay()
      if (known.answer === undefined) throw notKept()
      return repeatOf(known.answer)
    }
    kept.begin(name, asked)
    const mark = await markWith(shared, name, call.id)
    if (mark === undefined) {
      kept.forget(name)
      throw elsewhere()
    }
    const turn = new KeyedTurn({ call, name, kept, answerBytesMax: limits.answerBytes, unmark: mark.unmark })
    try {
      return turn.answered(await perform(turn))
    } catch (refusal) {
      turn.free()
      throw refusal
    }
  }

  return (call, caller, perform) =>
    call.idempotencyKey === undefined
      ? perform(ONLY_TURN)
      : once(`${caller.keyId}:${sha256(call.idempotencyKey)}`, call, perform)
}

interface Mark {
  unmark(): void
}
const NO_MARK: Mark = { unmark: () => undefined }

/** A count of one for a day, among all replicas. Undefined: another one has it. */
async function markWith(
  shared: Counters | undefined,
  name: string,
  requestId: string,
): Promise<Mark | undefined> {
  if (shared === undefined) return NO_MARK
  const claim = { scope: `once:${name}`, kind: 'requestsPerDay', max: 1, amount: 1 } as const
  const taken = await shared.take([claim], requestId)
  return taken.granted ? { unmark: () => shared.giveBack(taken.ticket, undefined) } : undefined
}

interface KeyedOptions {
  readonly call: Call
  readonly name: string
  readonly kept: Kept
  readonly answerBytesMax: number
  readonly unmark: () => void
}

class KeyedTurn implements Turn {
  readonly #options: KeyedOptions
  #recorder: Recorder | undefined
  #answered: Answered | undefined
  #isOver = false

  constructor(options: KeyedOptions) {
    this.#options = options
  }

  answered(answered: Answered): Answered {
    this.#answered = answered
    return answered
  }

  watch(answer: Answer): Answer {
    if (this.#options.call.delivery !== 'unary' || answer.status >= 400) return answer
    this.#recorder = new Recorder(answer.source, this.#options.answerBytesMax)
    return { ...answer, source: this.#recorder }
  }

  /** Once the row is durable, and before the last byte goes out: whoever has the answer gets the same one again. */
  hold(permit: Permit): Permit {
    const settle = (settlement: Settlement) => {
      const charge = permit.settle(settlement)
      charge.recorded.then(
        () => this.#settled(settlement),
        () => this.free(),
      )
      return charge
    }
    return { headers: permit.headers, settle }
  }

  /** Whatever was paid for is not done again; what failed for nothing may be. */
  #settled({ usageSource }: Settlement): void {
    if (this.#recorder?.isWhole !== true && usageSource === 'none') return this.free()
    if (this.#isOver) return
    this.#isOver = true
    this.#options.kept.finish(this.#options.name, this.#kept())
  }

  #kept(): KeptAnswer | undefined {
    const recorded = this.#recorder?.recorded
    if (recorded === undefined || this.#answered === undefined) return undefined
    const { answer, headers } = this.#answered
    const { status, wire, delivery } = answer
    return {
      requestId: this.#options.call.id,
      answer: { status, wire, delivery, headers: answer.headers },
      headers: shownAgain(headers),
      ...recorded,
    }
  }

  free(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.unmark()
    this.#options.kept.forget(this.#options.name)
  }
}

/** What is as true of the repeat. */
const SHOWN_AGAIN = ['x-wasat-upstream', 'x-wasat-translation'] as const

function shownAgain(headers: OutgoingHttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const name of SHOWN_AGAIN) if (headers[name] !== undefined) shown[name] = String(headers[name])
  return shown
}

const NOTHING_READ = Object.freeze({
  usage: undefined,
  finishReason: undefined,
  modelVersion: undefined,
  begun: false,
})

function repeatOf({ requestId, answer, headers, chunks }: KeptAnswer): Answered {
  return {
    answer: {
      ...answer,
      source: sourceOf(chunks),
      reading: () => NOTHING_READ,
      retryable: false,
      firstByteMs: 0,
    },
    headers: { ...headers, 'x-wasat-repeat-of': requestId },
    isRepeat: true,
  }
}

function digestOf({ wire, verb, model, apiVersion, delivery, forwardQuery, isStrict, body }: Call): string {
  return sha256(JSON.stringify([wire, verb, model, apiVersion, delivery, forwardQuery, isStrict]), body)
}

function sha256(...pieces: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('base64url')
}

function anotherRequest(): GatewayError {
  return new GatewayError(
    'invalid_argument',
    `This ${IDEMPOTENCY_KEY_HEADER} belongs to another request of the last 24 hours. Choose a new one for each request.`,
  )
}

function underWay(): GatewayError {
  return new GatewayError(
    'aborted',
    `The request with this ${IDEMPOTENCY_KEY_HEADER} is under way. Come back for its answer.`,
    {
      headers: { 'retry-after': '1' },
    },
  )
}

function notKept(): GatewayError {
  return new GatewayError(
    'aborted',
    `The request with this ${IDEMPOTENCY_KEY_HEADER} was answered, and its answer is not kept: it was a stream, did not end well, or ` +
      'was too large. Send it with a new key to have it done and billed again.',
  )
}

function elsewhere(): GatewayError {
  return new GatewayError(
    'aborted',
    `The request with this ${IDEMPOTENCY_KEY_HEADER} is under way or was answered in another process of the gateway. ` +
      'Send it with a new key to have it done and billed again.',
    { headers: { 'retry-after': '1' } },
  )
}
