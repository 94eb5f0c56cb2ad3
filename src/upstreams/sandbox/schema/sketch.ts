/**
 * Schemas that people write into a prompt: `with keys a and b`, `{"name": string, "age": int}`,
 * `Recipe = {'recipe_name': str, 'ingredients': list[str]}`. Read into JSON Schemas.
 */
import { phraseOf } from './content.ts'
import { isQuantity } from './quantities.ts'

/** Objects and lists inside one another. */
const DEPTH_MAX = 8
const KEYS_MAX = 50
const KEY_CHARS_MAX = 60

type Sketch = Record<string, unknown>

/** The schema that the prompt describes, if it does. */
export function sketchOf(prompt: string): Sketch | undefined {
  return templateIn(prompt) ?? listedIn(prompt)
}

const LISTED =
  /\b(?:keys?|fields?|properties|attributes|columns|members)\b(?: (?:called|named|are|is))?:? ([^.;\n]{1,400})/i

function listedIn(prompt: string): Sketch | undefined {
  const list = LISTED.exec(prompt)?.[1]
  if (list === undefined) return undefined
  const keys = list
    .replace(/\([^()]{0,60}\)/g, '')
    .split(/,| and | & | or /)
    .map(keyOfPart)
    .filter((key) => key !== '')
  return keys.length === 0 ? undefined : objectOf(keys.slice(0, KEYS_MAX).map((key) => [key, byName(key)]))
}

/** The first word of a part, unless it only begins a phrase: `a` is a key, `a list` is none. */
function keyOfPart(part: string): string {
  const [, key = '', rest = ''] =
    /^\s*(?:and )?["'`“]?([\p{L}_$][\p{L}\p{N}_$-]{0,59})["'`”]?(.{0,20})/u.exec(part) ?? []
  return rest.trim() !== '' && NO_KEY.test(key) ? '' : key
}

const NO_KEY = /^(?:the|a|an|of|for|to|in|with|only|nothing|no|other|each|all|its|that|which|about)$/i

function objectOf(members: readonly (readonly [string, Sketch])[]): Sketch {
  return {
    type: 'object',
    properties: Object.fromEntries(members),
    required: members.map(([key]) => key),
    additionalProperties: false,
  }
}

const LISTS =
  /\b(?:tags|keywords|ingredients|steps|items|examples|options|hobbies|skills|colors|features|list)$/

/** What a property of this name is as a rule. */
function byName(key: string): Sketch {
  const phrase = phraseOf(key)
  if (/^(?:is|has|can|should|are|was)\b/.test(phrase)) return { type: 'boolean' }
  if (LISTS.test(phrase)) return { type: 'array', items: { type: 'string' } }
  if (!isQuantity(phrase)) return { type: 'string' }
  return { type: /age|year|count|number|rating|quantity|rank|moons/.test(phrase) ? 'integer' : 'number' }
}

interface Cursor {
  readonly text: string
  at: number
}

/** Tries each brace until one opens an object with keys. */
function templateIn(prompt: string): Sketch | undefined {
  for (
    let at = prompt.indexOf('{'), tries = 0;
    at !== -1 && tries < 5;
    at = prompt.indexOf('{', at + 1), tries++
  ) {
    const object = readObject({ text: prompt, at }, 1)
    if (object !== undefined) return object
  }
  return undefined
}

const KEY = /\s*(?:"([^"]{1,60})"|'([^']{1,60})'|([\p{L}_$][\p{L}\p{N}_$-]{0,59}))\??\s*:\s*/uy

function readObject(cursor: Cursor, depth: number): Sketch | undefined {
  if (depth > DEPTH_MAX) return undefined
  cursor.at++
  const members: [string, Sketch][] = []
  while (members.length < KEYS_MAX) {
    const match = matchAt(KEY, cursor)
    if (match === undefined) break
    const key = (match[1] ?? match[2] ?? match[3] ?? '').slice(0, KEY_CHARS_MAX)
    const value = readType(cursor, key, depth)
    if (value === undefined) return undefined
    members.push([key, value])
    if (matchAt(/\s*[,;]/y, cursor) === undefined) break
  }
  const isClosed = matchAt(/[\s.…]{0,20}\}/y, cursor) !== undefined
  return isClosed && members.length > 0 ? objectOf(members) : undefined
}

function matchAt(pattern: RegExp, cursor: Cursor): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at
  const match = pattern.exec(cursor.text)
  if (match === null) return undefined
  cursor.at += match[0].length
  return match
}

const WORDS = /\s*(?:"([^"]{0,200})"|'([^']{0,200})'|<([^<>]{0,200})>|([\w .|-]{1,100}?)(?=[,;}\][]))/y

function readType(cursor: Cursor, key: string, depth: number): Sketch | undefined {
  if (depth > DEPTH_MAX) return undefined
  const list = matchAt(/\s*(?:list|array)?\s*\[/iy, cursor)
  if (list !== undefined) {
    const items = matchAt(/\s*\]/y, cursor) ? undefined : readType(cursor, key, depth + 1)
    if (items !== undefined) matchAt(/[\s,.…]{0,20}\]/y, cursor)
    return { type: 'array', items: items ?? { type: 'string' } }
  }
  matchAt(/\s+/y, cursor)
  if (cursor.text[cursor.at] === '{') return readObject(cursor, depth + 1)
  const match = matchAt(WORDS, cursor)
  if (match === undefined) return undefined
  const words = (match[1] ?? match[2] ?? match[3] ?? match[4] ?? '').trim()
  return matchAt(/\[\]/y, cursor) ? { type: 'array', items: typeNamed(words, key) } : typeNamed(words, key)
}

function typeNamed(words: string, key: string): Sketch {
  if (/^-?\d+\.\d+$/.test(words)) return { type: 'number' }
  if (/^-?\d+$/.test(words)) return { type: 'integer' }
  if (words.includes('|')) {
    const choices = words.split('|').map((word) => word.trim())
    if (choices.every((choice) => choice !== '')) return { type: 'string', enum: [...new Set(choices)] }
  }
  if (/^(?:int|integer)\b/i.test(words)) return { type: 'integer' }
  if (/^(?:float|double|number|decimal)\b/i.test(words)) return { type: 'number' }
  if (/^(?:bool|boolean|true|false)\b/i.test(words)) return { type: 'boolean' }
  if (/^(?:str|string|text)\b/i.test(words)) return { type: 'string' }
  return words === '' || words === '...' ? byName(key) : { type: 'string' }
}
