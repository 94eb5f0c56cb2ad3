/** Members that nobody took: a reason for each that may be lost, a refusal for all others. */
import type { Report } from '../../nouns/report.ts'
import { type Members, unspeakable } from './values.ts'

/** `soft`: names that nothing hangs on, with what becomes of them. */
export function dropUntaken(
  members: Members,
  report: Report,
  soft: Readonly<Record<string, string>> = {},
): void {
  for (const name of members.untaken()) {
    // A client's name may be one that every object has.
    if (!Object.hasOwn(soft, name)) throw unspeakable(members.pathOf(name), UNKNOWN)
    report.dropped(members.pathOf(name), soft[name] as string)
  }
}

/** What lies deeper is mostly a hint of one client's: it is told, and not refused. */
export function reportWithin(members: Members, report: Report): void {
  for (const inner of members.within())
    for (const name of inner.untaken()) report.dropped(inner.pathOf(name), 'the model has nothing like it')
}

const UNKNOWN = 'Unrecognized request argument: the model behind this name has nothing like it'
