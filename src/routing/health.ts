/** How each upstream, model and credential fared lately; what failed or is limited is left alone for a while. */
import type { AttemptResult, Health, HealthEvent, TargetHealth, TargetState } from '../nouns/health.ts'
import type { RetryHint } from '../nouns/retry.ts'
import type { Target } from '../nouns.ts'
import { Breaker, type BreakerSettings, FIRST_PASS, type Pass } from './breaker.ts'
import { Parking, untilPacificMidnight } from './parking.ts'
import { Recent } from './recent.ts'
import { createSpots, type Spot } from './spots.ts'

/** The section `health` of the configuration; times in milliseconds. */
export interface HealthSettings extends BreakerSettings {
  /** After a limit that does not say for how long; twice that after the next one, and so on. */
  readonly parkedFor: number
  readonly parkedForMax: number
  /** After a credential was refused; twice that the second time, and so on. */
  readonly credentialParkedFor: number
}

export interface HealthOptions {
  readonly settings: HealthSettings
  readonly onEvent?: (event: HealthEvent) => void
  /** Milliseconds since the epoch that never go back. */
  readonly now?: () => number
  /** From 0 to below 1. */
  readonly random?: () => number
}

export interface ManagedHealth extends Health {
  /** Everything that is known of an upstream: it was configured anew. */
  forget(upstream: string): void
}

/** Targets, credentials and speeds that are remembered, each. */
export const REMEMBERED_MAX = 10_000
const CREDENTIAL_PARKED_MS_MAX = 15 * 60_000
/** A day that rolls gives something back all the time, and money may be added at any moment. */
const DAY_PARKED_MS_MIN = 15 * 60_000
/** The share of the newest time in the average: about the last ten count. */
const NEWEST_SHARE = 0.2

/** What is known of one spot. */
interface Place extends Spot {
  readonly breaker: Breaker
  readonly limited: Parking
}

/** One credential of an upstream, for all models. */
interface Account {
  readonly limited: Parking
  readonly refused: Parking
}

/** What an attempt began under. */
interface Began {
  readonly pass: Pass
  readonly limitedRound: number
  readonly accountRound: number
  readonly refusedRound: number
}

export function createHealth(options: HealthOptions): ManagedHealth {
  const { settings, onEvent, now = monotonicNow, random = Math.random } = options
  const spotOf = createSpots()
  const places = new Recent<Place>({ max: REMEMBERED_MAX, isIdle: (place) => isIdle(place, now()) })
  const accounts = new Recent<Account>({ max: REMEMBERED_MAX, isIdle: (account) => isFree(account, now()) })
  const speeds = new Recent<Speed>({ max: REMEMBERED_MAX })

  function stateOf(target: Target): TargetState {
    return stateOfSpot(spotOf(target))
  }

  function stateOfSpot(spot: Spot): TargetState {
    return stateAt(now(), places.peek(spot.key), accounts.peek(spot.accountKey))
  }

  function begin(target: Target, isLast: boolean): ReturnType<Health['begin']> {
    const at = now()
    const spot = spotOf(target)
    const place = places.peek(spot.key)
    const account = accounts.peek(spot.accountKey)
    if (!isLast && parkedAt(at, place, account) !== undefined) return undefined
    const pass = place === undefined ? FIRST_PASS : place.breaker.begin(at, isLast)
    if (pass === undefined) return undefined
    const began: Began = {
      pass,
      limitedRound: place?.limited.round ?? 0,
      accountRound: account?.limited.round ?? 0,
      refusedRound: account?.refused.round ?? 0,
    }
    let isOver = false
    return {
      ended(result) {
        if (isOver) return
        isOver = true
        learn(spot, began, result)
      },
    }
  }

  function learn(spot: Spot, began: Began, result: AttemptResult): void {
    // Whatever name a client makes up ends here, and leaves nothing behind.
    if (result.kind === 'nothing') return places.peek(spot.key)?.breaker.passed(began.pass)
    const place = usePlace(spot)
    switch (result.kind) {
      case 'answered':
        return answered(place, began, result.firstByteMs)
      case 'failed':
        if (place.breaker.failed(began.pass, now())) tell('opened', place)
        return
      case 'limited':
        place.breaker.passed(began.pass)
        return limited(place, began, result.hint)
      case 'credential':
        place.breaker.passed(began.pass)
        return refused(place, began)
    }
  }

  function answered(place: Place, began: Began, firstByteMs: number): void {
    place.limited.lift(began.limitedRound)
    const account = accounts.peek(place.accountKey)
    account?.limited.lift(began.accountRound)
    account?.refused.lift(began.refusedRound)
    speeds.use(place.speedKey, newSpeed).add(firstByteMs)
    if (place.breaker.succeeded(began.pass)) tell('closed', place)
  }

  function limited(place: Place, began: Began, hint: RetryHint): void {
    const at = now()
    const msOf = (times: number) => limitMs(hint, times, at, settings)
    const isWhole = hint.scope === 'credential'
    const isNew = isWhole
      ? useAccount(place).limited.park(began.accountRound, at, msOf)
      : place.limited.park(began.limitedRound, at, msOf)
    if (isNew) tell('parked', place, isWhole)
  }

  function refused(place: Place, began: Began): void {
    const msOf = (times: number) => Math.min(settings.credentialParkedFor * times, CREDENTIAL_PARKED_MS_MAX)
    if (useAccount(place).refused.park(began.refusedRound, now(), msOf)) tell('refused', place, true)
  }

  function usePlace(spot: Spot): Place {
    return places.use(spot.key, () => ({
      ...spot,
      breaker: new Breaker(settings, random),
      limited: new Parking(),
    }))
  }

  function useAccount(spot: Spot): Account {
    return accounts.use(spot.accountKey, () => ({ limited: new Parking(), refused: new Parking() }))
  }

  function tell(kind: HealthEvent['kind'], place: Place, isWhole = false): void {
    const { upstream, credential } = place
    const state = stateOfSpot(place)
    const until = 'until' in state ? state.until : undefined
    onEvent?.({ kind, upstream, model: isWhole ? undefined : place.model, credential, until })
  }

  function list(): readonly TargetHealth[] {
    return Array.from(places.entries(), ([, place]) => ({
      ...{ upstream: place.upstream, model: place.model, credential: place.credential },
      state: stateOfSpot(place),
      consecutiveFailures: place.breaker.failures,
      firstByteMs: speeds.peek(place.speedKey)?.ms,
    }))
  }

  function firstByteMs(target: Target): number | undefined {
    return speeds.peek(spotOf(target).speedKey)?.ms
  }

  function forget(upstream: string): void {
    for (const all of [places, accounts, speeds]) all.deleteAll((key) => key.startsWith(`${upstream}\n`))
  }

  return { stateOf, begin, firstByteMs, list, forget }
}

/** Whatever blocks it for longest; when nothing does, what the breaker thinks. */
function stateAt(at: number, place: Place | undefined, account: Account | undefined): TargetState {
  const parked = parkedAt(at, place, account)
  const breaker = place?.breaker.stateAt(at)
  if (breaker?.kind === 'open' && (parked === undefined || breaker.until > parked.until)) return breaker
  return parked ?? (breaker?.kind === 'half-open' ? HALF_OPEN : OK)
}

const OK: TargetState = Object.freeze({ kind: 'ok' })
const HALF_OPEN: TargetState = Object.freeze({ kind: 'half-open' })

type ParkedState = Extract<TargetState, { kind: 'parked' }>

function parkedAt(
  at: number,
  place: Place | undefined,
  account: Account | undefined,
): ParkedState | undefined {
  const refusedUntil = account?.refused.untilAt(at) ?? 0
  const limitedUntil = Math.max(place?.limited.untilAt(at) ?? 0, account?.limited.untilAt(at) ?? 0)
  if (refusedUntil === 0 && limitedUntil === 0) return undefined
  return refusedUntil >= limitedUntil
    ? { kind: 'parked', until: refusedUntil, reason: 'credential' }
    : { kind: 'parked', until: limitedUntil, reason: 'limited' }
}

function isIdle({ breaker, limited }: Place, at: number): boolean {
  return breaker.stateAt(at).kind === 'closed' && limited.untilAt(at) === undefined
}

function isFree({ limited, refused }: Account, at: number): boolean {
  return limited.untilAt(at) === undefined && refused.untilAt(at) === undefined
}

function limitMs(hint: RetryHint, times: number, at: number, settings: HealthSettings): number {
  const { afterMs } = hint
  const isSaid = afterMs !== undefined && Number.isFinite(afterMs) && afterMs >= 0
  // With a day's share, the delay beside it is the one of every refusal, seconds long.
  if (hint.isDaily) {
    const leastMs = hint.dayEnds === undefined ? DAY_PARKED_MS_MIN : untilPacificMidnight(at)
    return Math.max(leastMs, isSaid ? afterMs : 0)
  }
  return isSaid ? afterMs : Math.min(settings.parkedFor * 2 ** (times - 1), settings.parkedForMax)
}

class Speed {
  ms: number | undefined

  add(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) return
    this.ms = this.ms === undefined ? ms : this.ms + (ms - this.ms) * NEWEST_SHARE
  }
}

function newSpeed(): Speed {
  return new Speed()
}

/** Not the wall clock: a clock that is set back by an hour must not park anything for an hour more. */
function monotonicNow(): number {
  return performance.timeOrigin + performance.now()
}
