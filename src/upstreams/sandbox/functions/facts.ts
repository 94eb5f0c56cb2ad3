/** A JSON value as a list of facts for a sentence: `temperature` `21 °C`. */

import { clip } from '../text/edit.ts'

export interface Fact {
  /** Words, without underscores and camels; empty for a value that stands alone. */
  readonly name: string
  readonly value: string
}

const FACTS_MAX = 40
const DEPTH_MAX = 6
const VALUE_CHARS_MAX = 600
/** JSON that came as text is read up to this length. */
const JSON_CHARS_MAX = 32_768

/** At most 40 facts, from at most 6 levels. */
export function flatten(value: unknown): readonly Fact[] {
  const facts: Fact[] = []
  collect(facts, '', value, 0)
  return facts
}

function collect(facts: Fact[], name: string, value: unknown, depth: number): void {
  if (facts.length >= FACTS_MAX || value === undefined) return
  if (typeof value === 'string') collectText(facts, name, value, depth)
  else if (typeof value !== 'object' || value === null) facts.push(withUnit(name, String(value)))
  else if (depth >= DEPTH_MAX) facts.push({ name: spell(name), value: '…' })
  else if (Array.isArray(value)) {
    for (const item of value.slice(0, FACTS_MAX)) collect(facts, name, item, depth + 1)
  } else collectObject(facts, name, value as Record<string, unknown>, depth)
}

function collectObject(facts: Fact[], name: string, object: Record<string, unknown>, depth: number): void {
  const reference = object.$ref
  if (typeof reference === 'string' && Object.keys(object).length === 1) {
    facts.push({ name: spell(name), value: `${clip(reference, VALUE_CHARS_MAX)} (attached)` })
    return
  }
  const unit = unitOf(object)
  for (const [key, value] of Object.entries(object).slice(0, FACTS_MAX)) {
    if (unit !== undefined && key === unit.key) continue
    const measured = unit !== undefined && typeof value === 'number' && unit.measures.test(key)
    if (measured) facts.push({ name: spell(join(name, key)), value: `${value} ${unit.sign}` })
    else collect(facts, join(name, key), value, depth + 1)
  }
}

/** A text that is JSON is told as what it says: many clients send their results so. */
function collectText(facts: Fact[], name: string, text: string, depth: number): void {
  const trimmed = text.length <= JSON_CHARS_MAX ? text.trim() : ''
  if (/^[[{"]/.test(trimmed) && depth < DEPTH_MAX) {
    const parsed = parse(trimmed)
    if (parsed !== undefined) {
      collect(facts, name, parsed, depth + 1)
      return
    }
  }
  facts.push({ name: spell(name), value: clip(text, VALUE_CHARS_MAX) })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const UNIT_SIGNS: ReadonlyMap<string, string> = new Map([
  ['c', '°C'],
  ['celsius', '°C'],
  ['f', '°F'],
  ['fahrenheit', '°F'],
  ['percent', '%'],
])

/** A unit that stands beside its number: `{temperature: 21, unit: 'celsius'}`. */
function unitOf(
  object: Record<string, unknown>,
): { key: string; sign: string; measures: RegExp } | undefined {
  const key = ['unit', 'units', 'temperature_unit'].find((candidate) => typeof object[candidate] === 'string')
  if (key === undefined) return undefined
  const sign = UNIT_SIGNS.get(String(object[key]).toLowerCase())
  const measures = /temp|value|amount/i
  if (sign === undefined) return undefined
  return Object.entries(object).some(([name, value]) => typeof value === 'number' && measures.test(name))
    ? { key, sign, measures }
    : undefined
}

const SUFFIXES: readonly (readonly [RegExp, string])[] = [
  [/(?:_?(?:celsius|degrees_c)|(?<=[a-z])C|_c)$/, '°C'],
  [/(?:_?(?:fahrenheit|degrees_f)|(?<=[a-z])F|_f)$/, '°F'],
  [/_?(?:percent|pct|Percent)$/, '%'],
  [/(?:_?kmh|_?kph|Kmh|Kph)$/, 'km/h'],
  [/(?:_km|Km)$/, 'km'],
]

/** A unit at the end of a name: `tempC` is `temp … °C`. */
function withUnit(name: string, value: string): Fact {
  const found = /^-?\d/.test(value) ? SUFFIXES.find(([suffix]) => suffix.test(name)) : undefined
  if (found === undefined) return { name: spell(name), value }
  return { name: spell(name.replace(found[0], '')), value: `${value} ${found[1]}` }
}

function join(parent: string, key: string): string {
  return parent === '' ? key : `${parent} ${key}`
}

function spell(name: string): string {
  return clip(name, VALUE_CHARS_MAX)
    .replace(/(\p{Ll})(?=\p{Lu}\p{Ll})/gu, '$1 ')
    .replace(/[_\s]+/g, ' ')
    .trim()
}
