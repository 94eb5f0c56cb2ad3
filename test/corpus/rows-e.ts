/**
 * Table E: JSON bombs and shape. Refused with 400 before `JSON.parse` unless a row says otherwise.
 * Bodies are made when they are sent: all of them at once would be gigabytes. E19 is in `corpus.test.ts`.
 */
import {
  BODY,
  type Case,
  chunkedRequest,
  contentsOf,
  type Door,
  doorOf,
  type Expectation,
  FORWARDED,
  GEMINI_DOOR,
  REFUSED,
  request,
  row,
  SANDBOX,
} from './case.ts'

const MIB = 1024 * 1024
const LIMIT = 20 * MIB
const TOO_DEEP: Expectation = { status: 400, message: /deep|depth|nest/i }
const TOO_MANY: Expectation = { status: 400, message: /too many/i }
const TOO_LARGE: Expectation = {
  status: 400,
  close: true,
  message: new RegExp(`^Request payload size exceeds the limit: ${LIMIT} bytes\\.`),
}
const measured = { measured: true } as const

const json = (body: string | Buffer) => () => request({ body })
/** `count` times `text` between two brackets or braces, joined by commas. */
const list = (count: number, text: string, [open, close] = ['[', ']']) =>
  `${open}${`${text},`.repeat(count - 1)}${text}${close}`
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
/** The one that was made last is kept: a measured case sends it three times in a row. */
let lastMade: { readonly by: () => string | Buffer; readonly bytes: Buffer } | undefined
function lazily(make: () => string | Buffer): () => Buffer {
  return () => {
    if (lastMade?.by !== make) lastMade = { by: make, bytes: request({ body: make() }) }
    return lastMade.bytes
  }
}
const withMember = (member: string) => `{${member},${BODY.slice(1)}`

/** Small enough to be sent to each door. */
export function depthsAt(door: Door): Case[] {
  const { json, withMember, told } = doorOf(door)
  return row('E02', told(TOO_DEEP), {
    'depth 101': json(nested(101)),
    'depth 101 inside a request': json(withMember(`"x":${nested(100)}`)),
    'depth 5 000': json(nested(5000)),
    'depth 100 000': json(nested(100_000)),
  })
}

export function numbersAt(door: Door): Case[] {
  const { json, withMember, told } = doorOf(door)
  return row('E12', told(REFUSED), {
    'a number of a million digits': () => json(withMember(`"x":${'1'.repeat(1_000_000)}`)),
    'a number of 401 characters': json(withMember(`"x":${'1'.repeat(401)}`)),
    '1e400': json(withMember('"x":1e400')),
    '-1e400': json(withMember('"x":-1e400')),
  })
}

const bombs: Case[] = [
  ...row('E01', TOO_DEEP, { '20 MiB of brackets': lazily(() => nested(LIMIT / 2 - 8)) }, measured),
  ...depthsAt(GEMINI_DOOR),
  ...row('E02', { ...FORWARDED }, { 'depth 100 inside a request': json(withMember(`"x":${nested(99)}`)) }),
  ...row('E03', TOO_DEEP, { '20 MiB of objects': lazily(() => '{"a":'.repeat(LIMIT / 5 - 8)) }, measured),
  ...row('E04', TOO_MANY, { '20 MiB of empty objects': lazily(() => list(LIMIT / 3 - 8, '{}')) }, measured),
  ...row('E05', TOO_MANY, { '20 MiB of empty arrays': lazily(() => list(LIMIT / 3 - 8, '[]')) }, measured),
  ...row(
    'E06',
    TOO_MANY,
    {
      '2 million keys': lazily(() => {
        const keys = Array.from({ length: 2_000_000 }, (_, index) => `"${index.toString(36)}":1`)
        return `{${keys.join(',')}}`
      }),
    },
    measured,
  ),
  ...row('E07', TOO_MANY, { '10 million numbers': lazily(() => list(10_000_000, '1')) }, measured),
  ...row(
    'E08',
    TOO_MANY,
    { '800 000 contents': lazily(() => `{"contents":${list(800_000, '{"parts":[{"text":"a"}]}')}}`) },
    measured,
  ),
  ...row(
    'E11',
    TOO_MANY,
    {
      '100 000 keys like integers': lazily(() => {
        const keys = Array.from({ length: 100_000 }, (_, index) => `"${index * 1_048_576}":1`)
        return `{${keys.join(',')}}`
      }),
    },
    measured,
  ),
  ...row(
    'E13',
    REFUSED,
    { 'a key of 10 MB': lazily(() => withMember(`"${'k'.repeat(10_000_000)}":1`)) },
    measured,
  ),
]

/** Exactly `bytes` long and nearly all of it one string of base64: what an inline image looks like. */
export function inlineImage(bytes: number): Buffer {
  const start = '{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"'
  const end = '"}}]}]}'
  const room = bytes - start.length - end.length
  const data = Buffer.alloc(room - (room % 4), 'QUJD')
  return Buffer.concat([Buffer.from(start), data, Buffer.from(end), Buffer.alloc(room % 4, ' ')])
}

const FULL = inlineImage(LIMIT)
const ESCAPES = Buffer.from(contentsOf(`"${'\\u0041'.repeat(3_400_000)}"`))

const large: Case[] = [
  ...row('E09', { ...FORWARDED, arrives: FULL }, { 'one string of 20 MiB': json(FULL) }, measured),
  ...row('E10', { ...FORWARDED, arrives: ESCAPES }, { '3.4 million escapes': json(ESCAPES) }, measured),
  ...row('E14', { ...FORWARDED, arrives: FULL }, { 'exactly the limit': json(FULL) }),
  ...row('E14', TOO_LARGE, {
    'one byte more': () => request({ body: Buffer.concat([FULL, Buffer.from(' ')]) }),
    'a length of 10 GB, not sent': request({
      body: '{"contents":[',
      headers: ['Content-Length: 10737418240'],
      without: ['length'],
    }),
  }),
  ...row('E15', TOO_LARGE, { 'chunks beyond the limit': () => overlongChunks() }),
]

function* overlongChunks(): Iterable<Buffer> {
  yield chunkedRequest('')
  const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, ' '), Buffer.from('\r\n')])
  for (let count = 0; count < LIMIT / 65_536 + 16; count++) yield piece
  yield Buffer.from('0\r\n\r\n')
}

const numbers: Case[] = [
  ...numbersAt(GEMINI_DOOR),
  ...['1e-400', '-0', '9007199254740993', '18446744073709551615'].flatMap((number) => {
    const body = withMember(`"x":${number}`)
    return row('E12', { ...FORWARDED, arrives: Buffer.from(body) }, { [number]: json(body) })
  }),
  ...row(
    'E12',
    { status: 400, message: /^Invalid value at 'generation_config\.seed' \(TYPE_INT32\)/ },
    {
      'an int32 too large': request({
        target: SANDBOX,
        body: withMember('"generationConfig":{"seed":4294967296}'),
      }),
    },
  ),
]

function tool(parameters: string): string {
  return withMember(
    `"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":${parameters}}]}]`,
  )
}

/** A schema with `depth` objects inside each other, two levels of JSON each. */
function deepSchema(depth: number): string {
  return `${'{"type":"OBJECT","properties":{"a":'.repeat(depth)}{"type":"STRING"}${'}}'.repeat(depth)}`
}

const WIDE_SCHEMA = `{"type":"OBJECT","properties":{${Array.from(
  { length: 10_000 },
  (_, index) => `"p${index}":{"type":"STRING"}`,
).join(',')}}}`
const RECURSIVE = tool('{"type":"OBJECT","properties":{"a":{"$ref":"#"}}}').replace(
  '"parameters"',
  '"parametersJsonSchema"',
)
const REGEX = tool('{"type":"OBJECT","properties":{"a":{"type":"STRING","pattern":"(a+)+$"}}}')
const forwarded = (body: string): Expectation => ({ ...FORWARDED, arrives: Buffer.from(body) })

const schemas: Case[] = [
  // What a schema may be is the upstream's to judge; the sandbox judges it as Google does.
  ...row('E16', forwarded(tool(deepSchema(40))), {
    'a schema of depth 40, natively': json(tool(deepSchema(40))),
  }),
  ...row(
    'E16',
    { status: 400, message: /nesting depth/ },
    { 'a schema of depth 40': request({ target: SANDBOX, body: tool(deepSchema(40)) }) },
  ),
  ...row('E16', REFUSED, { '10 000 properties': request({ target: SANDBOX, body: tool(WIDE_SCHEMA) }) }),
  ...row('E16', forwarded(RECURSIVE), { 'a recursive $ref, natively': json(RECURSIVE) }),
  ...row('E16', REFUSED, { 'a recursive $ref': request({ target: SANDBOX, body: RECURSIVE }) }),
  ...row('E17', forwarded(REGEX), { 'a regular expression that explodes': json(REGEX) }, measured),
  ...row('E18', REFUSED, {
    '10 000 tools': json(withMember(`"tools":${list(10_000, '{}')}`)),
    '100 000 safetySettings': json(withMember(`"safetySettings":${list(100_000, '{}')}`)),
    '100 000 safety_settings': json(withMember(`"safety_settings":${list(100_000, '{}')}`)),
    '100 000 stopSequences': json(withMember(`"generationConfig":{"stopSequences":${list(100_000, '"a"')}}`)),
  }),
]

export const rowsE: readonly Case[] = [...bombs, ...large, ...numbers, ...schemas]
