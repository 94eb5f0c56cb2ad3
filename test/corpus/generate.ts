/** Bad input by the thousand: good requests that were damaged, each by its seed and number alone. */

/** The same seed gives the same numbers below 2^32 (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Random = ReturnType<typeof randomFrom>

export interface Sample {
  readonly verb: 'generateContent' | 'countTokens' | 'embedContent' | 'batchEmbedContents'
  readonly body: Buffer
  /** A request target, damaged as well in one of ten. */
  readonly target: string
}

const TALK = {
  contents: [
    {
      role: 'user',
      parts: [
        { text: 'h\u00e9llo \u{1f600}' },
        { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
      ],
    },
    {
      role: 'model',
      parts: [
        { functionCall: { id: 'c1', name: 'find', args: { where: [1, 2.5e3, null], deep: { a: true } } } },
      ],
    },
    {
      role: 'user',
      parts: [{ functionResponse: { id: 'c1', name: 'find', response: { found: '\u2028' } } }],
    },
  ],
  systemInstruction: { parts: [{ text: 'be brief' }] },
  tools: [
    {
      functionDeclarations: [
        {
          name: 'find',
          description: 'finds',
          parameters: { type: 'OBJECT', properties: { where: { type: 'ARRAY', items: { type: 'NUMBER' } } } },
        },
      ],
    },
  ],
  toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['find'] } },
}
const SHAPED = {
  contents: [{ parts: [{ text: 'make one' }] }],
  generationConfig: {
    temperature: 0.5,
    topP: 0.9,
    topK: 40,
    maxOutputTokens: 100,
    candidateCount: 2,
    stopSequences: ['END'],
    seed: 7,
    responseMimeType: 'application/json',
    responseSchema: {
      type: 'OBJECT',
      properties: { a: { type: 'STRING', enum: ['x', 'y'] } },
      required: ['a'],
    },
    thinkingConfig: { thinkingBudget: 128, includeThoughts: true },
  },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
  labels: { team: 'search' },
}
const SNAKE =
  '{ "system_instruction" : {"parts":[{"text":"b"}]}, "contents":[ {"parts":[{"file_data":{"file_uri":"https://example.com/a.png","mime_type":"image/png"}}]} ],\n"generation_config":{"max_output_tokens":"5"}}'
const EMBED = { content: { parts: [{ text: 'a' }] }, taskType: 'RETRIEVAL_QUERY', outputDimensionality: 8 }

const GOOD: readonly (readonly [Sample['verb'], string])[] = [
  ['generateContent', JSON.stringify(TALK)],
  ['generateContent', JSON.stringify(SHAPED)],
  ['generateContent', SNAKE],
  ['countTokens', JSON.stringify({ generateContentRequest: { model: 'models/gemini-2.5-flash', ...TALK } })],
  ['embedContent', JSON.stringify(EMBED)],
  [
    'batchEmbedContents',
    JSON.stringify({ requests: [{ model: 'models/gemini-embedding-001', ...EMBED }, EMBED] }),
  ],
]

/** What is put in somewhere; a text's characters are bytes. */
const NUMBERS = [
  '1e400',
  '-0',
  '1E309',
  '9'.repeat(401),
  `0.${'0'.repeat(399)}1`,
  '18446744073709551616',
  '2147483648',
  '-1',
  '1.5',
  '01',
  '.5',
  'NaN',
]
const VALUES = [
  'null',
  '""',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  'true',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  `"${'x'.repeat(9_000)}"`,
]
const BYTES = [
  '\xff',
  '\xc0\xaf',
  '\xed\xa0\x80',
  '\xf0\x9f',
  '\xef\xbb\xbf',
  '\xe2\x80\xae',
  '\0',
  '\x1b[31m',
  '\u00a0',
  '\\',
  '"',
  '{',
  ']',
  ',',
  ':',
  '\r\n',
]
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'contents',
  'parts',
  'text',
  'generationConfig',
  'max_output_tokens',
  'then',
  '',
  '\\u0063ontents',
]
const DEPTHS = [40, 101, 400, 20_000]

type Change = (text: string, random: Random) => string

const pick = <Item>(items: readonly Item[], random: Random): Item => items[random(items.length)] as Item
const replaced = (text: string, from: number, to: number, by: string) =>
  text.slice(0, from) + by + text.slice(to)

/** Where a value that holds no other begins and ends. */
function valueAt(text: string, random: Random): readonly [number, number] {
  const from = random(text.length)
  const found = PLAIN_VALUE.exec(text.slice(from)) ?? PLAIN_VALUE.exec(text)
  if (found === null) return [from, from]
  const start = (PLAIN_VALUE.test(text.slice(from)) ? from : 0) + found.index + 1
  return [start, start + found[0].length - 1]
}
const PLAIN_VALUE = /:(?:"[^"]*"|[^"{[,}\]]+)/

/** They break the text itself. */
const WILD: readonly Change[] = [
  // A byte flipped, a piece cut off, a piece cut out, a piece twice.
  (text, random) => {
    const at = random(text.length)
    return replaced(text, at, at + 1, String.fromCharCode(text.charCodeAt(at) ^ (1 + random(255))))
  },
  (text, random) => text.slice(0, random(text.length)),
  (text, random) => {
    const at = random(text.length)
    return replaced(text, at, at + 1 + random(30), '')
  },
  (text, random) => {
    const at = random(text.length)
    return replaced(text, at, at, text.slice(at, at + 1 + random(40)))
  },
  (text, random) => {
    const at = random(text.length)
    return replaced(text, at, at, pick(BYTES, random))
  },
  // Members that stand one after another change places.
  (text, random) => {
    const [from, to] = valueAt(text, random)
    return text.slice(0, from) + text.slice(to) + text.slice(from, to)
  },
]

/** What comes out is mostly JSON. */
const TAME: readonly Change[] = [
  (text, random) => replaced(text, ...valueAt(text, random), pick(NUMBERS, random)),
  (text, random) => replaced(text, ...valueAt(text, random), pick(VALUES, random)),
  // A member more, which may be there already.
  (text, random) => {
    const at = text.indexOf('{', random(text.length))
    return at < 0 ? text : replaced(text, at + 1, at + 1, `"${pick(NAMES, random)}":${pick(VALUES, random)},`)
  },
  (text, random) => {
    const depth = pick(DEPTHS, random)
    const [open, close] = random(2) === 0 ? ['[', ']'] : ['{"a":', '}']
    return replaced(text, ...valueAt(text, random), `${open.repeat(depth)}1${close.repeat(depth)}`)
  },
  (text, random) => {
    const [from, to] = valueAt(text, random)
    return replaced(text, from, to, text.slice(...valueAt(text, random)))
  },
]

const KINDS: readonly (readonly Change[])[] = [TAME, TAME, [...TAME, ...WILD], WILD]
const CHANGES_MAX = 3
const TARGET_BYTES = [
  '%00',
  '%2e%2e/',
  '..',
  '%',
  '%zz',
  '//',
  ':',
  '?',
  '&key=x',
  '#',
  '\\',
  '%0d%0a',
  ' ',
  '@',
  '\xff',
  'models/',
  ';',
]

function damaged(good: string, random: Random): Buffer {
  let text = Buffer.from(good).toString('latin1')
  const changes = pick(KINDS, random)
  for (let left = 1 + random(CHANGES_MAX); left > 0; left--) text = pick(changes, random)(text, random) || ' '
  return Buffer.from(text, 'latin1')
}

const randomOf = (seed: number, number: number): Random =>
  randomFrom(Math.imul(seed ^ number, 0x9e3779b1) ^ number)

/** One of these texts, damaged; nothing but the seed and the number decides how. */
export function damagedOf(goods: readonly string[], seed: number, number: number): Buffer {
  const random = randomOf(seed, number)
  return damaged(pick(goods, random), random)
}

/** Sample `number` of a seed: nothing but these two decides it. */
export function sampleOf(seed: number, number: number): Sample {
  const random = randomOf(seed, number)
  const [verb, good] = pick(GOOD, random)
  const body = damaged(good, random)
  let target = `/v1beta/models/gemini-2.5-flash:${verb}?alt=json`
  if (random(10) === 0)
    target = replaced(target, random(target.length), random(target.length), pick(TARGET_BYTES, random))
  return { verb, body, target }
}

/** `WASAT_SEED` when it is set, else another one each time. */
export function seedOfRun(): number {
  return Number(process.env.WASAT_SEED ?? Math.floor(Math.random() * 2 ** 31))
}
