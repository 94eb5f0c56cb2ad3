/** The line. Reading `handle` is knowing the product. */
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from './errors.ts'
import { collect, type Performed } from './metering/collect.ts'
import type { Drains } from './metering/drain.ts'
import { type Flight, type Flights, NO_SEAT } from './metering/flights.ts'
import { meter } from './metering/meter.ts'
import type { Held } from './nouns/held.ts'
import type { Resources } from './nouns/resources.ts'
import { type Loss, shortReport } from './nouns/translation.ts'
import type {
  Answer,
  Call,
  Caller,
  Dialect,
  HttpRequest,
  HttpResponse,
  Opening,
  Permit,
  Settlement,
  Target,
} from './nouns.ts'
import type { Observe, ObservedRequest } from './observe/observe.ts'
import type { Admit } from './policies/admit.ts'
import { type Answered, ONLY_TURN, type Recall, type Turn } from './repeats/recall.ts'
import type { Catalog } from './upstreams/catalog.ts'
import { type Dispatch, type Dispatched, failedDispatch } from './upstreams/dispatch.ts'
import { formatUsd } from './wire/usd.ts'

/** Everything that a request needs; swapped as a whole when the configuration changes. */
export interface Parts {
  readonly dialects: readonly Dialect[]
  readonly authenticate: (credential: string | undefined, remoteAddress: string) => Promise<Caller> | Caller
  readonly recall: Recall
  readonly route: (call: Call, caller: Caller) => readonly Target[]
  readonly admit: Admit
  readonly dispatch: Dispatch
  readonly catalog: Catalog
  readonly resources: Resources
  readonly drains: Drains
  readonly flights: Flights
  /** Bytes of answers that wait here. */
  readonly held: Held
  readonly observe: Observe
}

/** One request, door to door. False when no dialect speaks its path. */
export async function handle(request: HttpRequest, response: HttpResponse, parts: Parts): Promise<boolean> {
  const dialect = parts.dialects.find((candidate) => candidate.speaks(request))
  if (dialect === undefined) return false
  let opening: Opening | undefined
  let caller: Caller | undefined
  try {
    opening = dialect.open(request)
    // Before the body is read: a stranger uploads nothing here.
    if (!isCapability(opening, request, parts))
      caller = await parts.authenticate(opening.credential, request.remoteAddress)
    if (opening.verb === 'resource' || caller === undefined) {
      const status = await parts.resources.answer(request, response, opening, caller)
      parts.observe({ request, opening, caller, status, ...NOTHING_SPENT })
      return true
    }
    if (opening.verb === 'listModels' || opening.verb === 'getModel') {
      dialect.encodeModels(opening, await parts.catalog.list(caller), request, response)
      parts.observe({ request, opening, caller, status: 200, ...NOTHING_SPENT })
      return true
    }
    const call = await dialect.decode(request, opening, caller)
    const errand = { request, call, caller, receiver: response, parts }
    const { answer, headers, isRepeat } = await parts.recall(call, caller, (turn) =>
      answerTo({ ...errand, turn }),
    )
    if (isRepeat) parts.observe({ ...NOTHING_SPENT, request, opening: call, caller, status: answer.status })
    try {
      await dialect.encode(call, answer, response, headers)
    } catch (error) {
      // Nobody writes it any more: it is read on and settled as if its client had left.
      answer.source.cancel()
      throw error
    }
  } catch (error) {
    refuse({ request, opening, caller, error, dialect, response, parts })
  }
  return true
}

/** What there is to say of a request that asks no model. */
const NOTHING_SPENT = {
  settlement: undefined,
  billedNanoUsd: undefined,
  error: undefined,
  ownMs: undefined,
  losses: undefined,
}

/** route → admit → dispatch → meter, for whoever receives the answer. */
async function answerTo(errand: Errand): Promise<Answered> {
  const { caller, parts, turn } = errand
  const route = parts.route(errand.call, caller)
  const { call, targets } = await parts.resources.place(errand.call, caller, route)
  const permit = turn.hold(await parts.admit(call, caller, targets))
  const started = { ...errand, call, permit }
  return dispatchOrSettle(started, targets, (dispatched) => meterFor({ ...started, dispatched }))
}

/**
 * The same line for a call that no client waits for, such as one of a batch: routed, admitted, metered and on the
 * ledger like any other. Throws what a client would be told; an error answer of the upstream is an answer.
 * Aborting the signal is what a client does that leaves.
 */
export async function perform(
  call: Call,
  caller: Caller,
  parts: Parts,
  signal: AbortSignal,
): Promise<Performed> {
  const { id, receivedAtMs } = call
  const request = { id, receivedAtMs, clientRequestId: undefined, method: 'POST', remoteAddress: 'batch' }
  const receiver = { bodyBytes: 0 }
  let metered: Answered
  try {
    metered = await answerTo({ request, call, caller, receiver, parts, turn: ONLY_TURN })
  } catch (thrown) {
    const error = GatewayError.from(thrown)
    const settlement = SETTLED.get(error)
    const status = error.http
    parts.observe({ ...NOTHING_SPENT, request, opening: call, caller, status, settlement, error })
    throw error
  }
  const taken = (bytes: number) => {
    receiver.bodyBytes += bytes
  }
  return collect(metered.answer, signal, taken, parts.held)
}

/** An upload's address is a key of its own; a key that is shown beside it counts all the same. */
function isCapability(opening: Opening, request: HttpRequest, { resources }: Parts): boolean {
  return (
    opening.verb === 'resource' &&
    opening.credential === undefined &&
    resources.isCapability(opening, request)
  )
}

/** The permit's owner is this line until an answer has begun; a dispatch that failed settles it here. */
function dispatchOrSettle(
  {
    call,
    caller,
    permit,
    parts: { dispatch, flights },
  }: Pick<MeterInput, 'call' | 'caller' | 'permit' | 'parts'>,
  targets: readonly Target[],
  begin: (dispatched: Dispatched) => Answered,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const fail = (thrown: unknown) => {
      if (isOver) return
      isOver = true
      flights.delete(flight)
      const error = GatewayError.from(thrown)
      const settlement = failedSettlement(call, error)
      SETTLED.set(error, settlement)
      permit.settle(settlement).recorded.then(() => reject(error), reject)
    }
    // A server that has to go ends it before the upstream has said a word.
    const flight: Flight = { isStream: call.delivery !== 'unary', seat: NO_SEAT, interrupt: fail }
    flights.add(flight)
    const start = (dispatched: Dispatched): void => {
      if (isOver) return dispatched.answer.source.cancel()
      try {
        // In this order: a server that waits for the last answer must not see a moment without one.
        const metered = begin(dispatched)
        flights.delete(flight)
        resolve(metered)
      } catch (error) {
        dispatched.answer.source.cancel()
        fail(error)
      }
    }
    Promise.try(dispatch, call, targets, caller).then(start, fail)
  })
}

/** What a failed dispatch was settled with, for the log. */
const SETTLED = new WeakMap<GatewayError, Settlement>()

function failedSettlement(call: Call, error: GatewayError): Settlement {
  const failed = failedDispatch(error)
  return {
    outcome: call.clientLeft() ? 'client_gone' : 'upstream_error',
    status: error.http,
    target: failed?.target,
    attempts: failed?.attempts ?? 0,
    failedAttempts: failed?.failedAttempts ?? [],
    usage: undefined,
    usageSource: 'none',
    modelVersion: undefined,
    searchQueries: 0,
    isGrounded: false,
    finishReason: undefined,
    deliveredBytes: 0,
    firstByteMs: undefined,
    durationMs: performance.now() - call.receivedAtMs,
  }
}

/** A call on its way to whoever asked for it. */
interface Errand {
  readonly request: ObservedRequest
  readonly call: Call
  readonly caller: Caller
  readonly receiver: Pick<HttpResponse, 'bodyBytes'>
  readonly parts: Parts
  readonly turn: Turn
}

interface MeterInput extends Errand {
  readonly permit: Permit
  readonly dispatched: Dispatched
}

function meterFor({
  request,
  call,
  caller,
  permit,
  dispatched,
  receiver,
  parts,
  turn,
}: MeterInput): Answered {
  const answer = turn.watch(dispatched.answer)
  const ownMs = ownTimeMs(call, answer)
  const headers = answerHeaders(call, dispatched, permit)
  const metered = meter({
    call,
    answer,
    permit,
    tried: dispatched,
    drains: parts.drains,
    flights: parts.flights,
    held: parts.held,
    deliveredBytes: () => receiver.bodyBytes,
    onSettled: (settlement, { billedNanoUsd }) => {
      // A whole answer is still held; of a stream the head went out long ago.
      if (billedNanoUsd !== undefined) headers['x-wasat-cost-usd'] = formatUsd(billedNanoUsd)
      const losses = answer.translation?.losses()
      tellLosses(headers, losses)
      const { status } = answer
      parts.observe({
        request,
        opening: call,
        caller,
        status,
        settlement,
        billedNanoUsd,
        error: undefined,
        ownMs,
        losses,
      })
    },
  })
  return { answer: metered, headers }
}

/** Our own share of the time until the answer began. */
function ownTimeMs(call: Call, answer: Answer): number {
  return Math.max(0, performance.now() - call.receivedAtMs - answer.firstByteMs)
}

function answerHeaders(
  call: Call,
  { answer, target, attempts }: Dispatched,
  permit: Permit,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ...permit.headers,
    'x-wasat-upstream': `${target.upstream.name}/${target.model}`,
    'x-wasat-attempts': attempts,
    'server-timing': `wasat;dur=${ownTimeMs(call, answer).toFixed(2)}, upstream;dur=${answer.firstByteMs.toFixed(1)}`,
  }
  // An error answer is nobody's turn: the next one is asked where the last good one was.
  if (answer.status < 400 && target.conversation?.answered(target) === 'moved')
    headers['x-wasat-affinity'] = 'moved'
  tellLosses(headers, answer.translation?.losses())
  return headers
}

/** What is known so far; of a stream, that is what the request lost. */
function tellLosses(headers: OutgoingHttpHeaders, losses: readonly Loss[] | undefined): void {
  const report = losses && shortReport(losses)
  if (report !== undefined) headers['x-wasat-translation'] = report
}

interface Refusal {
  readonly request: HttpRequest
  readonly opening: Opening | undefined
  readonly caller: Caller | undefined
  readonly error: unknown
  readonly dialect: Dialect
  readonly response: HttpResponse
  readonly parts: Parts
}

function refuse({ request, opening, caller, error, dialect, response, parts }: Refusal): void {
  const failure = GatewayError.from(error)
  const settlement = SETTLED.get(failure)
  const status = failure.http
  parts.observe({ ...NOTHING_SPENT, request, opening, caller, status, settlement, error: failure })
  if (response.headSent) response.destroy()
  else dialect.encodeError(failure, opening, response, {})
}
