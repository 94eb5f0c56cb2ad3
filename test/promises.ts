/** How a promise is written down. */

export interface Requirement {
  readonly id: string
  readonly promise: string
  /** Whose rule it is: a part of Google's API, an RFC, or our own design. */
  readonly source: string
  /** Rows of the fault and input catalogue that prove it as well, such as `A01` or `C-03`. */
  readonly rows: readonly string[]
  /** The command that measures it, where a test of a second or two could not. */
  readonly measuredBy?: string
}

/** A promise, or a promise and the catalogue rows that prove it. */
type Entry = string | readonly [promise: string, rows: string]

export function promises(source: string, entries: Readonly<Record<string, Entry>>): Requirement[] {
  return Object.entries(entries).map(([id, entry]) => {
    const [promise, rows = ''] = typeof entry === 'string' ? [entry] : entry
    return { id, promise, source, rows: rows.split(' ').filter(Boolean) }
  })
}

export function measured(
  source: string,
  measuredBy: string,
  entries: Readonly<Record<string, string>>,
): Requirement[] {
  return promises(source, entries).map((requirement) => ({ ...requirement, measuredBy }))
}
