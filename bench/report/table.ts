/** Tables as text: how numbers are written, and how columns stand. */
import type { Spread } from '../results.ts'

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const EMPTY = '–'

export function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** The median, with the lowest and the highest. */
export function formatSpread(found: Spread | undefined): string {
  if (found === undefined) return EMPTY
  if (found.lowest === found.highest) return formatNumber(found.median)
  return `${formatNumber(found.median)} (${formatNumber(found.lowest)}–${formatNumber(found.highest)})`
}

/** Whether anything of this row was measured. */
export function hasFigures(row: readonly string[]): boolean {
  return row.slice(1).some((cell) => cell !== EMPTY)
}

export function alignText({ head, rows }: Table): string {
  if (rows.length === 0) return ''
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}
