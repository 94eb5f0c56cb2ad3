/** The three books of a fleet, when it is over: what clients were told, what the upstream charged, what is on the ledger. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Books, type Place, readBooks } from '../money/books.ts'
import { compareBooks } from '../money/kill-books.ts'
import { statusOf, type Told } from '../money/rig.ts'
import type { Billing } from '../servers/billing-upstream.ts'
import type { Fleet } from './fleet.ts'

export interface Judged {
  readonly answers: number
  readonly rows: number
  readonly compared: number
  readonly billedNanoUsd: number
  readonly upstreamNanoUsd: number
  readonly openReservations: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly invariants: Readonly<Record<string, number>>
  readonly faults: readonly string[]
}

/** A dead replica is believed to be alive for half a minute; then its reservations are closed. */
const RECOVERY_MS_MAX = 90_000
const RECOVERY_POLL_MS = 1_000
const FAULTS_SHOWN = 20

/** Ends the fleet. Whatever a dead replica left open is closed by one that lives, which is waited for. */
export async function judgeBooks(
  { fleet, place, billing }: { fleet: Fleet; place: Place; billing: Billing },
  told: readonly Told[],
): Promise<Judged> {
  const faults: string[] = []
  await untilClosed(place)
  for (let index = 0; index < fleet.size; index++) {
    if (fleet.replica(index) === undefined) continue
    const exit = await fleet.stop(index)
    if (exit !== 0) faults.push(`replica ${index} ended with ${exit}`)
  }
  const books = await readBooks(place)
  const comparison = compareBooks(books, told, billing.bill())
  faults.push(...comparison.faults.map(({ promise, requestId, what }) => `${promise} ${requestId}: ${what}`))
  faults.push(...brokenInvariants(books))
  if (comparison.billedNanoUsd !== comparison.upstreamNanoUsd)
    faults.push(`billed ${comparison.billedNanoUsd}, the upstream charges ${comparison.upstreamNanoUsd}`)
  return {
    answers: comparison.answers,
    rows: comparison.rows,
    compared: comparison.compared,
    billedNanoUsd: comparison.billedNanoUsd,
    upstreamNanoUsd: comparison.upstreamNanoUsd,
    openReservations: comparison.open.length,
    outcomes: comparison.outcomes,
    invariants: countBy(books.report.invariants.map(({ state }) => state)),
    faults: faults.slice(0, FAULTS_SHOWN),
  }
}

async function untilClosed(place: Place): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS_MAX
  while ((await readBooks(place)).open.length > 0 && performance.now() < deadline)
    await sleep(RECOVERY_POLL_MS)
}

function brokenInvariants({ report }: Books): string[] {
  return report.invariants
    .filter(({ state }) => state === 'fail')
    .map((invariant) => `invariant ${JSON.stringify(invariant)}`)
}

export function countBy(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** What is left when nobody asks anything: gauges that are not zero, by replica. */
export async function leftOpen(fleet: Fleet): Promise<string[]> {
  const left: string[] = []
  for (const { url } of fleet.running()) {
    const text = await (await fetch(`${url}/metrics`)).text()
    for (const name of ['wasat_active_streams', 'wasat_drains', 'wasat_store_in_trouble']) {
      const value = Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1])
      if (value !== 0) left.push(`${name} is ${value}`)
    }
    if ((await statusOf({ url }, '/readyz')) !== 200) left.push('a replica is not ready')
  }
  return left
}
