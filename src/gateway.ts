/** The line. Reading `handle` is knowing the product. */
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from './errors.ts'
import type { Drains } from './metering/drain.ts'
import { type Flight, type Flights, NO_SEAT } from './metering/flights.ts'
import { meter } from './metering/meter.ts'
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
import type { Observe } from './observe/observe.ts'
import type { Admit } from './policies/admit.ts'
import type { Catalog } from './upstreams/catalog.ts'
import { type Dispatched, dispatch, failedDispatch } from './upstreams/dispatch.ts'

/** Everything that a request needs; swapped as a whole when the configuration changes. */
export interface Parts {
  readonly dialects: readonly Dialect[]
  readonly authenticate: (credential: string | undefined, remoteAddress: string) => Promise<Caller> | Caller
  readonly route: (opening: Opening) => readonly Target[]
  readonly admit: Admit
  readonly catalog: Catalog
  readonly drains: Drains
  readonly flights: Flights
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
    caller = await parts.authenticate(opening.credential, request.remoteAddress)
    if (opening.verb === 'listModels' || opening.verb === 'getModel') {
      dialect.encodeModels(opening, await parts.catalog.list(caller), request, response)
      parts.observe({
        request,
        opening,
        caller,
        status: 200,
        settlement: undefined,
        error: undefined,
        ownMs: undefined,
      })
      return true
    }
    const call = await dialect.decode(request, opening)
    const targets = parts.route(call)
    const permit = await parts.admit(call, caller, targets)
    const started = { request, call, caller, permit, response, parts }
    const metered = await dispatchOrSettle(call, targets, permit, parts.flights, (dispatched) =>
      meterFor({ ...started, dispatched }),
    )
    await dialect.encode(call, metered.answer, response, metered.headers)
  } catch (error) {
    refuse({ request, opening, caller, error, dialect, response, parts })
  }
  return true
}

/** The permit's owner is this line until an answer has begun; a dispatch that failed settles it here. */
function dispatchOrSettle(
  call: Call,
  targets: readonly Target[],
  permit: Permit,
  flights: Flights,
  begin: (dispatched: Dispatched) => Metered,
): Promise<Metered> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const fail = (thrown: unknown) => {
      if (isOver) return
      isOver = true
      flights.delete(flight)
      const error = GatewayError.from(thrown)
      const settlement = failedSettlement(call, error)
      SETTLED.set(error, settlement)
      permit.settle(settlement).then(() => reject(error), reject)
    }
    // A server that has to go ends it before the upstream has said a word.
    const flight: Flight = { isStream: call.delivery !== 'unary', seat: NO_SEAT, interrupt: fail }
    flights.add(flight)
    dispatch(call, targets).then((dispatched) => {
      if (isOver) return dispatched.answer.source.cancel()
      // In this order: a server that waits for the last answer must not see a moment without one.
      const metered = begin(dispatched)
      flights.delete(flight)
      resolve(metered)
    }, fail)
  })
}

/** What a failed dispatch was settled with, for the log. */
const SETTLED = new WeakMap<GatewayError, Settlement>()

function failedSettlement(call: Call, error: GatewayError): Settlement {
  const failed = failedDispatch(error)
  return {
    outcome: call.clientLeft() ? 'client_gone' : 'upstream_error',
    status: error.http,
    upstream: failed?.target.upstream.name,
    upstreamModel: failed?.target.model,
    attempts: failed?.attempts ?? 0,
    usage: undefined,
    usageSource: 'none',
    modelVersion: undefined,
    finishReason: undefined,
    deliveredBytes: 0,
    firstByteMs: undefined,
    durationMs: performance.now() - call.receivedAtMs,
  }
}

interface MeterInput {
  readonly request: HttpRequest
  readonly call: Call
  readonly caller: Caller
  readonly permit: Permit
  readonly dispatched: Dispatched
  readonly response: HttpResponse
  readonly parts: Parts
}

interface Metered {
  readonly answer: Answer
  readonly headers: OutgoingHttpHeaders
}

function meterFor({ request, call, caller, permit, dispatched, response, parts }: MeterInput): Metered {
  const { answer, target, attempts } = dispatched
  const ownMs = ownTimeMs(call, answer)
  const metered = meter({
    call,
    answer,
    permit,
    attempts,
    upstream: target.upstream.name,
    upstreamModel: target.model,
    drains: parts.drains,
    flights: parts.flights,
    deliveredBytes: () => response.bodyBytes,
    onSettled: (settlement) =>
      parts.observe({
        request,
        opening: call,
        caller,
        status: answer.status,
        settlement,
        error: undefined,
        ownMs,
      }),
  })
  return { answer: metered, headers: answerHeaders(call, dispatched) }
}

/** Our own share of the time until the answer began. */
function ownTimeMs(call: Call, answer: Answer): number {
  return Math.max(0, performance.now() - call.receivedAtMs - answer.firstByteMs)
}

function answerHeaders(call: Call, { answer, target, attempts }: Dispatched): OutgoingHttpHeaders {
  return {
    'x-wasat-upstream': `${target.upstream.name}/${target.model}`,
    'x-wasat-attempts': attempts,
    'server-timing': `wasat;dur=${ownTimeMs(call, answer).toFixed(2)}, upstream;dur=${answer.firstByteMs.toFixed(1)}`,
  }
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
  parts.observe({
    request,
    opening,
    caller,
    status: failure.http,
    settlement: SETTLED.get(failure),
    error: failure,
    ownMs: undefined,
  })
  if (response.headSent) response.destroy()
  else dialect.encodeError(failure, opening, response, {})
}
