/** Whether what was seen is what the catalogue says. */
import assert from 'node:assert/strict'
import type { AttemptRow, SettledRow } from '../../src/nouns/ledger.ts'
import { errorOf, type Received } from '../gateway/rig.ts'
import type { Case } from './rig.ts'
import { ATTEMPTS_MAX, type Sees } from './row.ts'

const TEXT_MAX = 20_000

export interface Played {
  readonly received: Received
  readonly tookMs: number
  /** Requests that the upstream saw. */
  readonly requests: number
}

export interface Booked {
  readonly rows: readonly SettledRow[]
  readonly attempts: readonly AttemptRow[]
}

/** The second target answered, as the row says that it must. */
function isServed({ row, cell, targets }: Case): boolean {
  return targets !== 'alone' && row.sees(cell).second === 'served'
}

export function judgeClient(one: Case, { received, tookMs }: Played): void {
  const sees = one.row.sees(one.cell)
  const { status, headers, text, complete } = received
  const attempts = headers['x-wasat-attempts']
  if (attempts !== undefined) assert.ok(Number(attempts) <= ATTEMPTS_MAX, `${attempts} attempts`)
  if (isServed(one)) {
    assert.equal(status, 200, text.slice(0, 500))
    assert.ok(complete, 'the second target’s answer is whole')
    assert.match(String(headers['x-wasat-upstream']), /^sandbox\//)
    return
  }
  assert.ok(sees.status.includes(status), `status ${status}, not ${sees.status}: ${text.slice(0, 500)}`)
  if (sees.text !== undefined) assert.match(endsOf(text), sees.text)
  for (const [name, wanted] of Object.entries(sees.headers ?? {})) assert.match(String(headers[name]), wanted)
  if (sees.tookMs !== undefined) {
    const [min, max] = sees.tookMs
    assert.ok(tookMs >= min && tookMs <= max, `${tookMs.toFixed(0)} ms, not ${min} to ${max}`)
  }
  judgeShape(sees, one, received)
}

/** Of a long answer, what stands at its two ends. */
function endsOf(text: string): string {
  return text.length < TEXT_MAX ? text : `${text.slice(0, TEXT_MAX / 2)}…${text.slice(-TEXT_MAX / 2)}`
}

function judgeShape(sees: Sees, { cell }: Case, received: Received): void {
  const { status, text, complete } = received
  if (sees.kind === 'refused') {
    const error = errorOf(received)
    assert.equal(error.code, status)
    if (sees.rpc !== undefined) assert.ok(sees.rpc.includes(error.status), `${error.status}, not ${sees.rpc}`)
    return
  }
  const isWhole = sees.kind === 'whole'
  assert.equal(complete, isWhole, `${isWhole ? 'a whole answer' : 'no clean end'}: ${text.slice(-500)}`)
  if (cell.mode === 'unary') return
  // After half of an event that was too long to hold, it does not stand on a line of its own.
  const hasError = /data: \{"error":/.test(text)
  assert.equal(hasError, !isWhole, text.slice(-500))
  if (isWhole) assert.deepEqual(strangeLines(text), [], 'only what every client reads')
}

/** Lines of a whole stream that one of the official clients would stumble over. */
function strangeLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('data: {'))
}

export function judgeUpstream({ row, cell, lane }: Case, { requests }: Played): void {
  const { requestsMax } = row.sees(cell)
  // Which model it was stands in a body that was not read.
  if (row.place === 'early') return
  assert.ok(requests <= requestsMax, `${requests} requests reached ${lane}, at most ${requestsMax} may`)
  if (requestsMax > 0) assert.ok(requests > 0, `no request reached ${lane}`)
}

const OUTCOMES = { refused: 'upstream_error', broken: 'upstream_broken', whole: 'complete' } as const

export function judgeLedger(one: Case, { rows, attempts }: Booked): void {
  const sees = one.row.sees(one.cell)
  assert.equal(rows.length, 1, 'one row')
  const [row] = rows as [SettledRow]
  const served = isServed(one)
  assert.equal(row.outcome, served ? 'complete' : OUTCOMES[sees.kind])
  const sources = served ? ['final'] : sees.usage.split(' or ')
  assert.ok(sources.includes(row.usageSource), `use is ${row.usageSource}, not ${sources}`)
  // The sandbox costs nothing, and no attempt that failed is billed.
  assert.equal(row.billedNanoUsd > 0, !served && sees.isBilled, `billed ${row.billedNanoUsd}`)
  assert.ok(row.attempts >= 1 && row.attempts <= ATTEMPTS_MAX, `${row.attempts} attempts`)
  if (served) assert.equal(row.upstream, 'sandbox')
  if (served) assert.ok(attempts.length > 0, 'the attempt that failed has its row')
  if (sees.isExposed === undefined) return
  for (const { exposureNanoUsd } of attempts)
    assert.equal(exposureNanoUsd > 0, sees.isExposed, `exposure ${exposureNanoUsd}`)
}
