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
    const reason = soft[name]
    if (reason === undefined) throw unspeakable(members.pathOf(name), UNKNOWN)
    report.dropped(members.pathOf(name), reason)
  }
}

const UNKNOWN = 'Unrecognized request argument: the model behind this name has nothing like it'
