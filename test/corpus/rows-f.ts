/** Table F: encoding and Unicode. The answer that is cut in the middle of a character (F13) is in `corpus.test.ts`. */
import {
  type Case,
  contentsOf,
  type Door,
  doorOf,
  type Expectation,
  FORWARDED,
  GEMINI_DOOR,
  GENERATE,
  REFUSED,
  REFUSED_CLOSE,
  request,
  row,
  SANDBOX,
} from './case.ts'

const json = (body: string | Buffer) => request({ body })
const forwarded = (body: string | Buffer): Expectation => ({ ...FORWARDED, arrives: Buffer.from(body) })
/** Each of these texts (JSON, with quotes) must arrive as it was written. */
const passing = (id: string, texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).flatMap(([title, text]) =>
    row(id, forwarded(contentsOf(text)), { [title]: json(contentsOf(text)) }),
  )

/** Bytes that are no text of UTF-8. */
export function encodingsAt(door: Door): Case[] {
  const { body } = door
  const { json, told } = doorOf(door)
  const [before = '', after = ''] = body.split('hi')
  const hex = (digits: string) =>
    json(Buffer.concat([Buffer.from(before), Buffer.from(digits, 'hex'), Buffer.from(after)]))
  const utf16 = Buffer.from(body, 'utf16le')
  const utf16Swapped = Buffer.from(utf16).swap16()
  const utf32 = Buffer.concat([...body].map((character) => Buffer.from([character.charCodeAt(0), 0, 0, 0])))
  const utf32Swapped = Buffer.from(utf32).swap32()
  const marked = (mark: string, body: Buffer) => Buffer.concat([Buffer.from(mark, 'hex'), body])

  return [
    ...row('F01', told(REFUSED), {
      'a byte ff': hex('ff'),
      'a byte ff in a name': json(Buffer.from(`{"\xff":1,${body.slice(1)}`, 'latin1')),
      'a continuation byte alone': hex('80'),
    }),
    ...row('F02', told(REFUSED), {
      'an overlong slash': hex('c0af'),
      'a form of five bytes': hex('f888808080'),
    }),
    ...row('F03', told(REFUSED), { 'a surrogate as UTF-8': hex('eda080') }),
    ...row('F06', told(REFUSED), {
      'a character cut at the end': json(Buffer.concat([Buffer.from(body), Buffer.from('f09f98', 'hex')])),
      'a character cut at the end of a string': hex('f09f98'),
    }),
    ...row('F07', told(REFUSED), {
      'UTF-16LE': json(utf16),
      'UTF-16BE': json(utf16Swapped),
      'UTF-16LE with a mark': json(marked('fffe', utf16)),
      'UTF-16BE with a mark': json(marked('feff', utf16Swapped)),
      'UTF-32LE': json(utf32),
      'UTF-32BE': json(utf32Swapped),
      'UTF-32LE with a mark': json(marked('fffe0000', utf32)),
      'UTF-32BE with a mark': json(marked('0000feff', utf32Swapped)),
    }),
  ]
}

const BODY = contentsOf('"hi"')

const escaped: Case[] = [
  ...passing('F04', {
    'a lone surrogate, escaped': '"\\ud800"',
    'a lone low surrogate, escaped': '"a\\udc00b"',
  }),
  ...passing('F05', { 'a reversed pair, escaped': '"\\udc00\\ud800"' }),
]

const ANSI = '"\\u001b[31mred\\u001b]0;x\\u0007"'
const composed = `{"\u00e9":1,${BODY.slice(1)}`
const decomposed = `{"e\u0301":1,${BODY.slice(1)}`
const NOT_OBS_TEXT: Expectation = {
  status: [200, 400],
  dispatched: 'any',
  // Neither as it came nor written again as UTF-8.
  arrivesHead: { not: /\xff|\xc3\xbf/ },
}

const text: Case[] = [
  ...passing('F08', {
    'U+0000': '"\\u0000"',
    'U+FFFF': '"\\uffff\uffff"',
    'U+10FFFF': '"\\udbff\\udfff\u{10ffff}"',
    'U+2028 and U+2029': '"\\u2028\\u2029\u2028\u2029"',
  }),
  // An unknown name is the upstream's to judge.
  ...row('F09', forwarded(composed), { 'a composed name, natively': json(composed) }),
  ...row('F09', forwarded(decomposed), { 'a decomposed name, natively': json(decomposed) }),
  ...row(
    'F09',
    { status: 400, message: /Unknown name/ },
    {
      'a composed name': request({ target: SANDBOX, body: composed }),
      'a decomposed name': request({ target: SANDBOX, body: decomposed }),
    },
  ),
  ...passing('F10', {
    'a right-to-left override': '"a\u202eb"',
    'zero-width characters': '"a\u200b\u200c\u200d\ufeffb"',
    '10 000 combining marks': `"a${'\u0301'.repeat(10_000)}"`,
  }),
  ...passing('F11', { 'terminal escapes in a text': ANSI }),
  ...row('F11', REFUSED, {
    'a terminal escape in a model': request({ target: GENERATE.replace('flash', '%1b%5b31m') }),
  }),
  ...row('F11', REFUSED_CLOSE, {
    'a terminal escape in a header': request({ headers: ['User-Agent: \x1b[31mred'] }),
  }),
  ...row('F12', NOT_OBS_TEXT, {
    'a byte ff in x-goog-api-client': request({ headers: ['X-Goog-Api-Client: gl-node/\xff'] }),
    'a byte ff in user-agent': request({ headers: ['User-Agent: \xff'] }),
    'a byte ff in x-request-id': request({ headers: ['X-Request-Id: \xff'] }),
  }),
]

const EMOJI = contentsOf('"😀 und 🌌"')

/** Each byte in a segment of its own. */
function* bytewise(whole: Buffer): Iterable<Buffer> {
  for (let at = 0; at < whole.length; at++) yield whole.subarray(at, at + 1)
}

const inline = (data: string) =>
  `{"contents":[{"parts":[{"inlineData":{"mimeType":"text/plain","data":"${data}"}},{"text":"a"}]}]}`

const BASE64: Readonly<Record<string, readonly [data: string, expect: Expectation]>> = {
  'no base64 at all': ['!!!', REFUSED],
  'a length of 4n+1': ['QUJDR', REFUSED],
  'padding alone': ['====', REFUSED],
  'url-safe': ['-_-_', { status: 200 }],
  'without padding': ['QUI', { status: 200 }],
}

const base64: Case[] = [
  ...row('F13', forwarded(EMOJI), { 'an emoji cut between segments': () => bytewise(json(EMOJI)) }),
  ...Object.entries({ ...BASE64, whitespace: ['QU JD', REFUSED] as const }).flatMap(([title, [data]]) =>
    row('F14', forwarded(inline(data)), { [`${title}, natively`]: json(inline(data)) }),
  ),
  ...Object.entries(BASE64).flatMap(([title, [data, expect]]) =>
    row('F14', expect, { [title]: request({ target: SANDBOX, body: inline(data) }) }),
  ),
  ...passing('F15', { 'a million spaces': `"${' '.repeat(1_000_000)}"`, 'an empty text': '""' }),
]

export const rowsF: readonly Case[] = [...encodingsAt(GEMINI_DOOR), ...escaped, ...text, ...base64]
