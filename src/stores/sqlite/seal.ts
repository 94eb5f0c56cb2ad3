/** The chain of commits: each one is sealed with a digest over the one before it and every row that it wrote. */
import { hash } from 'node:crypto'
import type { Cells } from './cells.ts'

/** One row as it goes into the digest. */
export function sealedLine(cells: Cells): string {
  const text = JSON.stringify(cells)
  // SQLite keeps half a surrogate pair as U+FFFD: what is read back must give the same line.
  if (!text.includes('\\ud')) return `${text}\n`
  return `${JSON.stringify(cells.map((cell) => (typeof cell === 'string' ? cell.toWellFormed() : cell)))}\n`
}

export interface CommitRow {
  readonly sequence: number
  readonly committedAt: number
  readonly events: string
  readonly openFrom: number
}

/** `lines` are those of the rows that `events` names, in that order. */
export function digestOf(previous: string, commit: CommitRow, lines: string): string {
  const { sequence, committedAt, events, openFrom } = commit
  return hash(
    'sha256',
    `${previous}\n${sequence} ${committedAt} ${openFrom} ${events}\n${lines}`,
    'base64url',
  )
}

export type CommitEvent =
  | { readonly kind: 'reserve' | 'settle'; readonly admission: number }
  | { readonly kind: 'adjust'; readonly admission: number; readonly number: number }
  | { readonly kind: 'budget'; readonly number: number }

const EVENT = /^(?:([rs])(\d+)|a(\d+)\.(\d+)|b(\d+))$/

/** What `commits.events` says. Throws a plain `Error` for what is no event. */
export function parseEvents(events: string): CommitEvent[] {
  return events.split(' ').map((text) => {
    const [, kind, admission, adjusted, number, budget] = EVENT.exec(text) ?? []
    if (kind !== undefined) return { kind: kind === 'r' ? 'reserve' : 'settle', admission: Number(admission) }
    if (adjusted !== undefined) return { kind: 'adjust', admission: Number(adjusted), number: Number(number) }
    if (budget !== undefined) return { kind: 'budget', number: Number(budget) }
    throw new Error(`${text} is no event`)
  })
}
