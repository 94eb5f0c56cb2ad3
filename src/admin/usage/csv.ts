/** Cells of CSV as RFC 4180 has them, that no spreadsheet takes for orders. */

export type CsvValue = string | number | null | object

/** What a spreadsheet would run as a formula, its full-width twins included. */
const ORDER = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
const NEEDS_QUOTES = /[",\r\n]/

/** A number stays one, also below zero: only text can be an order. */
export function csvCell(cell: CsvValue): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell)
  const harmless = ORDER.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
