/**
 * Compares what came with what a golden case says. A string of the case that is a placeholder stands for many:
 *
 *   <any>        whatever is there             <text>     a string that is not empty
 *   <number>     a whole number, 0 or more     <id>       what a call or an answer may be called
 *   <seal>       a thoughtSignature of ours    <has:x>    a string with x in it
 *   <id:name>    the same wherever it stands in the case; also with text, number and seal, and in the requests
 *   <json:{…}>   a string that holds this JSON, however it is spaced
 */
import { isDeepStrictEqual } from 'node:util'
import { SEAL_PREFIX } from '../../src/upstreams/native/signatures.ts'
import type { Json } from './case.ts'

const PLACEHOLDER = /^<(any|text|number|id|seal|has|json)(?::(.*))?>$/s

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: (value) => value !== undefined,
  text: (value) => typeof value === 'string' && value !== '',
  number: (value) => Number.isInteger(value) && Number(value) >= 0,
  id: (value) => typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value),
  seal: (value) => typeof value === 'string' && value.startsWith(SEAL_PREFIX),
}

/** What the named placeholders of one case stand for. */
export type Bindings = Map<string, unknown>

/** Where `actual` is not what `expected` says, one line each; empty when it is. */
export function differences(expected: unknown, actual: unknown, bindings: Bindings, path = ''): string[] {
  const placeholder = typeof expected === 'string' ? PLACEHOLDER.exec(expected) : null
  if (placeholder) return placeholderDifference(placeholder, actual, bindings, path)
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) return [line(path, expected, actual)]
    return expected.flatMap((item, index) => differences(item, actual[index], bindings, `${path}[${index}]`))
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
    return [...keys].flatMap((key) => differences(expected[key], actual[key], bindings, `${path}.${key}`))
  }
  return isDeepStrictEqual(expected, actual) ? [] : [line(path, expected, actual)]
}

function placeholderDifference(
  [whole, word = '', rest]: readonly (string | undefined)[],
  actual: unknown,
  bindings: Bindings,
  path: string,
): string[] {
  const wrong = [line(path, whole, actual)]
  if (word === 'has') return typeof actual === 'string' && actual.includes(rest ?? '') ? [] : wrong
  if (word === 'json') return jsonDifference(rest ?? '', actual, bindings, path)
  if (FITS[word]?.(actual) !== true) return wrong
  if (rest === undefined) return []
  const name = `${word}:${rest}`
  if (!bindings.has(name)) bindings.set(name, actual)
  return isDeepStrictEqual(bindings.get(name), actual) ? [] : [line(path, bindings.get(name), actual)]
}

function jsonDifference(text: string, actual: unknown, bindings: Bindings, path: string): string[] {
  try {
    return differences(JSON.parse(text), JSON.parse(String(actual)), bindings, `${path}(json)`)
  } catch {
    return [line(path, text, actual)]
  }
}

/** The same JSON with what earlier answers put in the place of named placeholders. */
export function filled(json: Json, bindings: Bindings): Json {
  if (typeof json === 'string') {
    const [, word, name] = PLACEHOLDER.exec(json) ?? []
    const bound = name === undefined ? undefined : bindings.get(`${word}:${name}`)
    return bound === undefined ? json : (bound as Json)
  }
  if (Array.isArray(json)) return json.map((item: Json) => filled(item, bindings))
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, filled(value as Json, bindings)]),
  )
}

function line(path: string, expected: unknown, actual: unknown): string {
  return `${path || '(root)'}: expected ${shown(expected)}, got ${shown(actual)}`
}

/** Characters of a value that a failure shows. */
const SHOWN_CHARS_MAX = 600

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN_CHARS_MAX)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
