/** Breaks a request somewhere, as a client with a mistake or with bad intentions does. */
import fc from 'fast-check'
import type { JsonObject } from '../../src/upstreams/sandbox/schema/arbitrary.fixture.ts'
import { requests, type Sample } from './requests.ts'

/** A value of the request, by what holds it. */
interface Spot {
  readonly holder: JsonObject | unknown[]
  readonly key: string
}

/** More spots than this are not told apart. */
const SPOTS_MAX = 2_000
const NEST_DEPTH = 120
const LIST_LENGTH = 3_000

function nested(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'x'
  for (let depth = 0; depth < NEST_DEPTH; depth++) value = wrap(value)
  return value
}

const NUMBERS = [
  0,
  -1,
  1.5,
  -0.0001,
  1e21,
  -1e300,
  2 ** 31,
  2 ** 53 + 2,
  9.007e15,
  '1e400',
  'NaN',
  'Infinity',
]
const TEXTS = [
  ...[
    '',
    ' ',
    'NOPE',
    'text',
    'BLOCK_NONE',
    'MODE_UNSPECIFIED',
    'application/xml',
    'image/png',
    '\u0000',
    '\ud800',
  ],
  ...['{', '#/$defs/x', '(a+)+$', '[', '__proto__', 'constructor', '../../etc', 'sandbox:block=SAFETY'],
  ...[
    'sandbox:finish=TOO_MANY_TOOL_CALLS',
    'https://youtu.be/x',
    'gs://bucket/file',
    '2026-13-45',
    '-3s',
    'é😀',
  ],
  ...[
    'a'.repeat(5_000),
    '<i>&"',
    'AAAA',
    'files/nobody',
    'cachedContents/nobody',
    '%00',
    'fileSearchStores/x',
  ],
]
const JUNK: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    ...NUMBERS,
    ...TEXTS,
    [],
    {},
    [[]],
    [null],
    [{}],
    { '': {} },
    [1, 'a', null],
    { text: 'x' },
  ],
  ...[nested((items) => [items]), nested((a) => ({ a })), nested((items) => ({ type: 'ARRAY', items }))],
  ...[nested((a) => ({ type: 'OBJECT', properties: { a } })), nested((inner) => ({ anyOf: [inner] }))],
  ...[Array.from({ length: LIST_LENGTH }, () => ({})), Array.from({ length: LIST_LENGTH }, () => 'a')],
]
const KEYS = [
  ...[
    'text',
    'role',
    'parts',
    'contents',
    'inlineData',
    'inline_data',
    'fileData',
    'functionCall',
    'thought',
  ],
  ...['functionResponse', 'thoughtSignature', 'executableCode', 'toolCall', 'toolResponse', 'videoMetadata'],
  ...[
    'tools',
    'toolConfig',
    'googleSearch',
    'googleSearchRetrieval',
    'computerUse',
    'mcpServers',
    'retrieval',
  ],
  ...[
    'codeExecution',
    'fileSearch',
    'urlContext',
    'googleMaps',
    'functionDeclarations',
    'parameters',
    'response',
  ],
  ...[
    'generationConfig',
    'responseSchema',
    'responseJsonSchema',
    'responseModalities',
    'speechConfig',
    'logprobs',
  ],
  ...['imageConfig', 'maxOutputTokens', 'candidateCount', 'stopSequences', 'thinkingConfig', 'cachedContent'],
  ...['continuationToken', 'safetySettings', 'systemInstruction', 'labels', 'serviceTier', 'store', 'model'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
    '',
    '0',
    '$ref',
    '$defs',
    'items',
    'anyOf',
  ],
  ...[
    'type',
    'enum',
    'const',
    'pattern',
    'minItems',
    'minLength',
    'maximum',
    'required',
    'properties',
    'not',
  ],
  ...['😀', 'ключ', 'a\u0000b', '\u202etxet', 'İ', 'TEXT', 'con tents', 'unheard_of'],
]

function spotsOf(root: JsonObject): Spot[] {
  const spots: Spot[] = []
  const holders: (JsonObject | unknown[])[] = [root]
  for (const holder of holders) {
    for (const [key, value] of Object.entries(holder)) {
      if (spots.length >= SPOTS_MAX) return spots
      spots.push({ holder, key })
      if (typeof value === 'object' && value !== null) holders.push(value as JsonObject | unknown[])
    }
  }
  return spots
}

function valueAt({ holder, key }: Spot): unknown {
  return (holder as JsonObject)[key]
}

/** Also for `__proto__`, as a parser of JSON does it. A list has no other members than its items. */
function put({ holder, key }: Spot, value: unknown): void {
  if (Array.isArray(holder) && !(key in holder && /^\d/.test(key))) {
    holder.push(value)
    return
  }
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

function remove({ holder, key }: Spot): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const copy = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)))
const pick = <T>(list: readonly T[], draw: number): T => list[draw % list.length]!

type Change = (spot: Spot, spots: readonly Spot[], draw: number) => void

const CHANGES: readonly Change[] = [
  remove,
  (spot, _, draw) => put(spot, copy(pick(JUNK, draw))),
  (spot, _, draw) => put(spot, copy(pick(JUNK, draw))),
  (spot, _, draw) => rename(spot, pick(KEYS, draw)),
  (spot) => rename(spot, snake(spot.key)),
  (spot, _, draw) => put({ holder: spot.holder, key: pick(KEYS, draw) }, copy(valueAt(spot))),
  (spot, _, draw) => put({ holder: spot.holder, key: pick(KEYS, draw) }, copy(pick(JUNK, draw >>> 8))),
  (spot) => put({ holder: spot.holder, key: snake(spot.key) }, copy(valueAt(spot))),
  (spot, spots, draw) => put(spot, copy(valueAt(pick(spots, draw)))),
  (spot) => put(spot, [valueAt(spot)]),
  (spot, _, draw) => put(spot, { [pick(KEYS, draw)]: valueAt(spot) }),
  (spot) => put(spot, JSON.stringify(valueAt(spot))),
  double,
]

function rename(spot: Spot, key: string): void {
  const value = valueAt(spot)
  remove(spot)
  if (Array.isArray(spot.holder)) spot.holder.push(value)
  else put({ holder: spot.holder, key }, value)
}

/** What stands in a list stands there twice. */
function double({ holder, key }: Spot): void {
  if (Array.isArray(holder)) holder.push(copy(holder[Number(key)]))
}

function change(body: JsonObject, [where, how, what]: readonly [number, number, number]): void {
  const spots = spotsOf(body)
  if (spots.length === 0) return
  pick(CHANGES, how)(pick(spots, where), spots, what)
}

const draws = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 })

/** Requests that were good until one to four things in them were changed. */
export function brokenRequests(): fc.Arbitrary<Sample> {
  return fc.tuple(requests(), draws).map(([{ model, body }, changes]) => {
    const broken = copy(body) as JsonObject
    for (const draw of changes) change(broken, draw)
    // As it would come over the wire.
    return { model, body: copy(broken) as JsonObject }
  })
}
