/** Reads out of a test's name what it proves. */

const ID = /\[([A-Z]+(?:-[A-Z]+)*-\d{2})\]/g
/** An id as data, from which the names of tests are made. */
const ID_MEMBER = /\bid: '([A-Z]+(?:-[A-Z]+)*-\d{2})'/g
/** `A01`, `C-03`, `U33`; not a part of a longer word or number. */
const ROW = /(?<![\w[-])([A-HJ-LPSU]-?\d{2})(?![\w-])/g

/** The requirement ids in brackets. */
export function citedIds(text: string): string[] {
  return found(text, ID)
}

/** The same in source text, where a table of cases may hold the id. */
export function citedIdsOfSource(text: string): string[] {
  return [...new Set([...found(text, ID), ...found(text, ID_MEMBER)])]
}

/** The catalogue rows as they are written: `C-03` (a credential) is not `C03` (a client's fault). */
export function citedRows(text: string): string[] {
  return found(text, ROW)
}

function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] as string))]
}
