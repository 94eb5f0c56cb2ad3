/** Amounts as the admin API takes and shows them: decimal USD without a double in between, and integer nano-USD. */
import { invalidField } from '../errors.ts'
import type { NanoUsd } from '../nouns/money.ts'
import { Type } from '../wire/type.ts'
import { formatUsd, parseUsd } from '../wire/usd.ts'

const LIMIT_USD_MAX = 9_000_000
const LIMIT_NANO_USD_MAX = BigInt(LIMIT_USD_MAX) * 1_000_000_000n

/** Members whose numbers are read from the text of the body. */
export const MONEY_FIELDS: ReadonlySet<string> = new Set(['limitUsd'])

/** A decimal string or a JSON number. Once a body is read, always the text. */
export const LimitUsd = Type.Unsafe<string>({
  anyOf: [{ type: 'string' }, { type: 'number' }],
  description: `US dollars, such as "5" or 0.25: more than 0, at most ${LIMIT_USD_MAX}, at most 9 decimals.`,
})

/** Throws `invalid_argument`. */
export function limitOf(text: string, field: string): NanoUsd {
  const nanoUsd = parseUsd(text)
  if (nanoUsd !== undefined && nanoUsd > 0n && nanoUsd <= LIMIT_NANO_USD_MAX) return Number(nanoUsd)
  const rule = `a plain decimal with at most 9 decimals, more than 0 and at most ${LIMIT_USD_MAX}, such as "2.50"`
  throw invalidField(field, `The field ${JSON.stringify(field)} must be US dollars: ${rule}.`)
}

export const usd = formatUsd
