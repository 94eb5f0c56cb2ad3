/** What commands write: JSON for programs, aligned text for people. */

import { printExactJson } from '../wire/exact-json.ts'

/** The outside of a command; the tests put their own in its place. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  stdout(text: string): void
  stderr(text: string): void
  /** Undefined when standard output takes more at once; else resolves when it does, or when its reader is gone. */
  drained?(): Promise<void> | undefined
  /** Whether standard output shows colours. */
  readonly hasColors: boolean
  /** Whether standard error is a screen, on which a line can be written over. */
  readonly showsProgress?: boolean
}

export type Color = 'green' | 'yellow' | 'red' | 'dim'

const COLOR_CODES: Readonly<Record<Color, string>> = { green: '32', yellow: '33', red: '31', dim: '2' }

export function colored(terminal: Terminal, color: Color, text: string): string {
  return terminal.hasColors ? `\u001b[${COLOR_CODES[color]}m${text}\u001b[0m` : text
}

/** One JSON value on one line, a `bigint` as a number; or the text. */
export function print(terminal: Terminal, json: boolean, value: unknown, text: () => string): void {
  terminal.stdout(json ? `${printExactJson(value)}\n` : text())
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '))
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** One thing, a line for each of its members. */
export function details(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length))
  return rows.map(([label, value]) => `${label.padEnd(width)} ${plain(value)}\n`).join('')
}

/** A key's name may hold anything; on a terminal, control characters would be orders. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}')
}
