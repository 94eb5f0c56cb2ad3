/** What the tests of counters stand on. */
import assert from 'node:assert/strict'
import type { Claim, CounterKind, Counters, Taken } from '../../src/nouns/counters.ts'

/** Counters whose time stands still until the test moves it. */
export interface CountersSubject {
  readonly counters: Counters
  /** How long a request counts as under way that is never given back. */
  readonly holderMaxMs: number
  /** Negative: somebody set the clock back. */
  advance(ms: number): Promise<void> | void
  /** Resolves when everything that was given back is counted. */
  settled(): Promise<void>
  dispose(): Promise<void>
}

export type OpenCounters = () => Promise<CountersSubject>
export type Body = (subject: CountersSubject) => Promise<void>

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const KINDS: readonly CounterKind[] = [
  'requestsPerMinute',
  'tokensPerMinute',
  'requestsPerDay',
  'tokensPerDay',
  'concurrentRequests',
]
let serial = 0
/** A name that no other test uses. */
export const freshId = () => `${process.pid}-${++serial}`

export function claimOf(changes: Partial<Claim> = {}): Claim {
  return { scope: 'key:k', kind: 'requestsPerMinute', max: 10, amount: 1, ...changes }
}

export type Register = (title: string, body: Body) => void

/** Takes the same claim again and again, at once; how many were granted. */
export async function grants(
  { counters }: CountersSubject,
  claims: readonly Claim[],
  times: number,
): Promise<number> {
  const all = await Promise.all(Array.from({ length: times }, () => counters.take(claims, freshId())))
  return all.filter(({ granted }) => granted).length
}

export function granted(taken: Taken): Extract<Taken, { granted: true }> {
  assert.ok(taken.granted, 'was refused')
  return taken
}
