/** What is right or wrong about one request by itself: L1, L6, L9, L13, L15, L16, L18, L21. */
import type { ReservationRow, Tags } from '../../nouns/ledger.ts'
import type { Quantities, QuantityDetail } from '../../nouns/money.ts'
import { exact, isAmount } from './amounts.ts'
import { isUnbilled } from './cost.ts'
import type { Findings } from './invariants.ts'
import type { BookRow, Entry } from './join.ts'

/** Over targets and credentials together; the gateway makes no more. */
const ATTEMPTS_MAX = 3
const COUNTS = [
  'promptTokens',
  'cachedTokens',
  'candidatesTokens',
  'thoughtsTokens',
  'toolUsePromptTokens',
  'totalTokens',
  'deliveredBytes',
  'attempts',
  'status',
  'admittedAt',
  'settledAt',
  'reservedNanoUsd',
  'billedNanoUsd',
  'upstreamCostNanoUsd',
] as const

/** One request, with all that the books have of it. `flagged` hears of a total that is not the sum of its parts. */
export function checkRequest(entry: Entry, findings: Findings, flagged: () => void): void {
  checkBalance(entry, findings)
  checkValues(entry, findings)
  checkOutcome(entry.row, findings)
  checkAttempts(entry, findings)
  if (entry.reservation !== undefined) checkScopes(entry.row, entry.reservation, findings)
  checkTokens(entry.row, findings)
  if (!isWhole(entry.row)) flagged()
}

/**
 * Double entry: reserving moves an amount from what is free to what is reserved; settling moves the same amount back,
 * and what was billed from what is free to what is spent; an adjustment moves more of it, or back. So the accounts of a
 * settled request are even when its row gives back what its reservation took, and its adjustments are its sum.
 */
function checkBalance({ row, reservation, adjustments }: Entry, findings: Findings): void {
  const id = row.requestId
  if (reservation !== undefined) {
    const isEven = reservation.reservedNanoUsd === row.reservedNanoUsd
    findings.check('L1', isEven, id, 'a row gives back another amount than was reserved')
  }
  const adjusted = adjustments.reduce((sum, { billedNanoUsd }) => sum + exact(billedNanoUsd), 0n)
  const isSummed = adjusted === exact(row.adjustedNanoUsd)
  findings.check('L1', isSummed, id, 'what a row says of its adjustments is not their sum')
}

function checkValues({ row, reservation, attempts, adjustments }: Entry, findings: Findings): void {
  const id = row.requestId
  const details = Object.values(row.details ?? {})
  const isRight =
    COUNTS.every((name) => isAmount(row[name])) &&
    details.every(isAmount) &&
    attempts.every(({ exposureNanoUsd }) => isAmount(exposureNanoUsd)) &&
    adjustments.every(({ billedNanoUsd }) => Number.isSafeInteger(billedNanoUsd)) &&
    (reservation === undefined || isAmount(reservation.reservedNanoUsd))
  findings.check('L6', isRight, id, 'an amount or a count is negative, broken or too large')
  const total = exact(row.billedNanoUsd) + exact(row.adjustedNanoUsd)
  findings.check('L6', total >= 0n, id, 'more was taken back than was billed')
}

function checkOutcome(row: BookRow, findings: Findings): void {
  const { requestId: id, outcome, status, usageSource, billedNanoUsd, deliveredBytes } = row
  if (usageSource === 'none') findings.check('L13', billedNanoUsd === 0, id, 'a row without use is billed')
  // A client that left may have been spared nothing: its answer was read to the end, and is paid for.
  const isEmpty = status >= 400 && deliveredBytes === 0 && outcome !== 'client_gone'
  if (isEmpty || isUnbilled(row)) findings.check('L15', billedNanoUsd === 0, id, 'a failed request is billed')
}

function checkAttempts({ row, attempts, adjustments }: Entry, findings: Findings): void {
  const id = row.requestId
  const numbers = new Set(attempts.map(({ number }) => number))
  findings.check('L9', numbers.size === attempts.length, id, 'an attempt is on the books twice')
  const isCounted = adjustments.every(({ number }, index) => number === index + 1)
  findings.check('L9', isCounted, id, 'adjustments are missing or twice on the books')
  findings.check('L16', row.attempts <= ATTEMPTS_MAX, id, 'a request was attempted too often')
  // Rows of the first release have no rows of attempts.
  if (!row.hasReservation) return
  const delivered = row.attempts - attempts.length
  const isOne = delivered === 1 || (delivered === 0 && row.outcome !== 'complete')
  findings.check(
    'L16',
    isOne,
    id,
    'the attempts of a request are not one that delivered and others that did not',
  )
  const isNumbered = attempts.every(({ number }) => number >= 1 && number <= row.attempts)
  findings.check('L16', isNumbered, id, 'an attempt has a number that was not made')
}

function checkScopes(row: BookRow, reservation: ReservationRow, findings: Findings): void {
  const isSame =
    row.keyId === reservation.keyId &&
    row.projectId === reservation.projectId &&
    row.model === reservation.model &&
    tagsText(row.tags) === tagsText(reservation.tags)
  findings.check('L18', isSame, row.requestId, 'a request was settled for another key, project, model or tag')
}

/** JSON with the names sorted, as the sums by hour have it; empty without tags. */
export function tagsText(tags: Tags | undefined): string {
  const entries = Object.entries(tags ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? '' : JSON.stringify(Object.fromEntries(entries))
}

const WHOLES = {
  prompt: 'promptTokens',
  cached: 'cachedTokens',
  candidates: 'candidatesTokens',
  toolUse: 'toolUsePromptTokens',
} as const

function checkTokens(row: BookRow, findings: Findings): void {
  const { requestId: id, cachedTokens, promptTokens, details } = row
  // The first release wrote down whatever an upstream said.
  if (!row.hasReservation) return
  findings.check('L21', cachedTokens <= promptTokens, id, 'more tokens came from a cache than the prompt has')
  if (details === undefined) return
  for (const [name, whole] of Object.entries(WHOLES)) {
    let sum = 0
    for (const modality of ['AUDIO', 'IMAGE', 'VIDEO', 'DOCUMENT'])
      sum += details[`${name}.${modality}` as QuantityDetail] ?? 0
    findings.check('L21', sum <= row[whole], id, 'the parts of a count are more than the count')
  }
}

/** Upstreams say totals of their own; one that is not the sum is theirs, and only flagged. */
function isWhole(quantities: Quantities): boolean {
  const { promptTokens, candidatesTokens, thoughtsTokens, toolUsePromptTokens, totalTokens } = quantities
  return promptTokens + candidatesTokens + thoughtsTokens + toolUsePromptTokens === totalTokens
}
