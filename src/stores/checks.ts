/**
 * Whether a row may go to the books, looked at before it joins a commit: one that the database refuses
 * would take the others of its commit back with it.
 */
import { GatewayError } from '../errors.ts'
import type { AttemptRow, Outcome, Reservation, UsageRow, UsageSource } from '../nouns/ledger.ts'
import type { Tier } from '../nouns/money.ts'

/** The last instant that `Date` knows; later ones belong to no window. */
const INSTANT_MAX = 8.64e15

const OUTCOMES: Readonly<Record<Outcome, true>> = {
  complete: true,
  refused: true,
  upstream_error: true,
  upstream_broken: true,
  client_gone: true,
  crash_recovered: true,
}
const SOURCES: Readonly<Record<UsageSource, true>> = {
  final: true,
  partial: true,
  estimated: true,
  none: true,
}
const TIERS: Readonly<Record<Tier, true>> = { standard: true, batch: true, flex: true, priority: true }

/** Throws `internal`. */
export function checkReservation(reservation: Reservation): void {
  const bad = badReservation(reservation)
  if (bad !== undefined) throw notValid(`The reservation of request ${reservation.requestId}`, bad)
}

/** Throws `internal`. */
export function checkRow(row: UsageRow): void {
  const bad = badText(row) ?? badNumber(row) ?? badPart(row)
  if (bad !== undefined) throw notValid(`The usage row of request ${row.requestId}`, bad)
}

function badReservation(reservation: Reservation): string | undefined {
  if (typeof reservation.requestId !== 'string') return 'requestId'
  if (typeof reservation.keyId !== 'string') return 'keyId'
  if (!isOptionalText(reservation.projectId)) return 'projectId'
  if (typeof reservation.verb !== 'string') return 'verb'
  if (typeof reservation.model !== 'string') return 'model'
  if (!isAmount(reservation.reservedNanoUsd)) return 'reservedNanoUsd'
  if (!isAmount(reservation.leaseMs) || reservation.leaseMs > INSTANT_MAX) return 'leaseMs'
  return badTags(reservation.tags)
}

function badText(row: UsageRow): string | undefined {
  if (typeof row.requestId !== 'string') return 'requestId'
  if (typeof row.keyId !== 'string') return 'keyId'
  if (!isOptionalText(row.projectId)) return 'projectId'
  if (typeof row.verb !== 'string') return 'verb'
  if (typeof row.model !== 'string') return 'model'
  if (!isOptionalText(row.upstream)) return 'upstream'
  if (!isOptionalText(row.upstreamModel)) return 'upstreamModel'
  if (!isOptionalText(row.modelVersion)) return 'modelVersion'
  if (!isOptionalText(row.finishReason)) return 'finishReason'
  if (!Object.hasOwn(OUTCOMES, row.outcome)) return 'outcome'
  if (!Object.hasOwn(SOURCES, row.usageSource)) return 'usageSource'
  if (!Object.hasOwn(TIERS, row.tier)) return 'tier'
  return undefined
}

function badNumber(row: UsageRow): string | undefined {
  if (!isInstant(row.admittedAt)) return 'admittedAt'
  if (!isInstant(row.settledAt)) return 'settledAt'
  if (!isAmount(row.status)) return 'status'
  if (!isAmount(row.attempts)) return 'attempts'
  if (!isAmount(row.promptTokens)) return 'promptTokens'
  if (!isAmount(row.cachedTokens)) return 'cachedTokens'
  if (!isAmount(row.candidatesTokens)) return 'candidatesTokens'
  if (!isAmount(row.thoughtsTokens)) return 'thoughtsTokens'
  if (!isAmount(row.toolUsePromptTokens)) return 'toolUsePromptTokens'
  if (!isAmount(row.totalTokens)) return 'totalTokens'
  if (!isAmount(row.reservedNanoUsd)) return 'reservedNanoUsd'
  if (!isAmount(row.billedNanoUsd)) return 'billedNanoUsd'
  if (!isAmount(row.upstreamCostNanoUsd)) return 'upstreamCostNanoUsd'
  if (!isAmount(row.deliveredBytes)) return 'deliveredBytes'
  if (row.firstByteMs !== undefined && !isDuration(row.firstByteMs)) return 'firstByteMs'
  if (!isDuration(row.durationMs)) return 'durationMs'
  return undefined
}

function badPart(row: UsageRow): string | undefined {
  const { price, details } = row
  if (price !== undefined && (typeof price.version !== 'string' || typeof price.document !== 'string'))
    return 'price'
  if (details !== undefined && !Object.values(details).every(isAmount)) return 'details'
  if (row.otherAttempts.length > 0 && badAttempts(row.otherAttempts)) return 'otherAttempts'
  return badTags(row.tags)
}

function badAttempts(attempts: readonly AttemptRow[]): boolean {
  const numbers = new Set(attempts.map(({ number }) => number))
  return numbers.size < attempts.length || attempts.some(isBadAttempt)
}

const isBadAttempt = (attempt: AttemptRow): boolean =>
  !isAmount(attempt.number) ||
  attempt.number === 0 ||
  typeof attempt.upstream !== 'string' ||
  typeof attempt.upstreamModel !== 'string' ||
  typeof attempt.reason !== 'string' ||
  (attempt.status !== undefined && !isAmount(attempt.status)) ||
  !isAmount(attempt.exposureNanoUsd) ||
  !isDuration(attempt.durationMs)

function badTags(tags: UsageRow['tags']): string | undefined {
  if (tags === undefined) return undefined
  const isRight = Object.values(tags).every((value) => typeof value === 'string')
  return isRight ? undefined : 'tags'
}

const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isInstant = (value: number): boolean => isAmount(value) && value <= INSTANT_MAX
const isDuration = (value: number): boolean => Number.isFinite(value) && value >= 0
const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string'

function notValid(what: string, bad: string): GatewayError {
  return new GatewayError('internal', 'Internal error encountered.', {
    hint: `${what} is not valid: ${bad}.`,
  })
}
