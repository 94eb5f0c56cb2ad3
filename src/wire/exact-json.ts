/** JSON whose integers may be larger than a double holds: a `bigint` is a number on the wire, digit for digit. */

/** Part of ECMAScript 2026, and of Node 24; not yet of TypeScript's own types. */
interface ExactJson {
  rawJSON(text: string): object
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown
}

const exact = JSON as unknown as ExactJson
const INTEGER = /^-?\d+$/

export function printExactJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? exact.rawJSON(String(member)) : member,
  )
}

/** Integers that a double does not hold become a `bigint`. Throws `SyntaxError`. */
export function parseExactJson(text: string): unknown {
  return exact.parse(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && INTEGER.test(source)
      ? BigInt(source)
      : value,
  )
}

/** The numbers under these names become their own text, so that no digit is lost. Throws `SyntaxError`. */
export function parseJsonWithTexts(text: string, names: ReadonlySet<string>): unknown {
  return exact.parse(text, (key, value, { source }) =>
    typeof value === 'number' && names.has(key) ? source : value,
  )
}
