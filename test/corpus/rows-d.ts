/** Table D: JSON syntax. Refused with 400 unless a row says otherwise. D30 is a loop of its own in `corpus.test.ts`. */
import {
  type Case,
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

const SYNTAX: Expectation = { status: 400, message: /^Invalid JSON payload received\./ }
const UNKNOWN_NAME: Expectation = { status: 400, message: /^Invalid JSON payload received\. Unknown name / }

/** What is no JSON, or no JSON of a request, whichever door it comes to. */
export function syntaxAt(door: Door): Case[] {
  const { target, body } = door
  const { json, withMember, told } = doorOf(door)
  const named = (bodies: readonly string[]) => Object.fromEntries(bodies.map((one) => [one, json(one)]))
  const valued = (value: string) => json(withMember(`"x":${value}`))
  const values = (list: readonly string[]) => Object.fromEntries(list.map((value) => [value, valued(value)]))
  return [
    ...row('D01', told(REFUSED), {
      'no body and no length': request({ target, body: '' }),
      'a length of 0': request({
        target,
        body: '',
        headers: ['Content-Length: 0', 'Content-Type: application/json'],
      }),
    }),
    ...row('D02', told(REFUSED), named(['null'])),
    ...row('D03', told(REFUSED), named(['[]', `[${body}]`])),
    ...row('D04', told(REFUSED), named(['"x"'])),
    ...row('D05', told(REFUSED), named(['1', 'true'])),
    ...row('D06', told(SYNTAX), named(['{'])),
    ...row('D07', told(SYNTAX), { ...named(['{}x']), 'a good body and x': json(`${body}x`) }),
    ...row('D08', told(SYNTAX), {
      ...named(['{"a":1,}']),
      'a good body with a comma': json(body.replace(/\}$/, ',}')),
    }),
    ...row('D09', told(SYNTAX), named(["{'a':1}"])),
    ...row('D10', told(SYNTAX), named(['{a:1}'])),
    ...row('D11', told(SYNTAX), values(['NaN', 'Infinity', '-Infinity', 'undefined'])),
    ...row('D12', told(SYNTAX), {
      'a line comment': json(`// x\n${body}`),
      'a comment inside': valued('/* x */ 1'),
    }),
    ...row('D13', told(SYNTAX), {
      'a raw line end in a string': valued('"a\nb"'),
      'a raw tab': valued('"a\tb"'),
    }),
    ...row('D14', told(SYNTAX), values(['"\\x41"'])),
    ...row('D15', told(SYNTAX), values(['"\\u12"', '"\\u12', '"\\u00zz"'])),
    ...row('D16', told(SYNTAX), {
      'a no-break space before': json(`\u00a0${body}`),
      'a no-break space inside': valued('\u00a01'),
    }),
    ...row('D17', told(SYNTAX), values(['01', '.5', '1.', '+1', '0x1', '-', '1e', '-01'])),
    ...row('D18', told(SYNTAX), { ...named(['[1,2']), 'an array inside': valued('[1,2') }),
    ...row('D19', told(SYNTAX), named(['{"a"}'])),
    ...row('D20', told(SYNTAX), {
      'NUL in a string': valued('"a\x00b"'),
      'NUL behind the object': json(`${body}\x00`),
    }),
    ...row('D21', FORWARDED, { 'a byte order mark': json(`\ufeff${body}`) }),
    ...row('D21', told(SYNTAX), { 'two byte order marks': json(`\ufeff\ufeff${body}`) }),
    ...row('D22', told(SYNTAX), {
      'two documents': json(body + body),
      'two lines of documents': json(`${body}\n${body}\n`),
    }),
    ...Array.from({ length: body.length - 1 }, (_, index) => index + 1).flatMap((length) =>
      row('D29', told(SYNTAX), { [`cut after ${length} bytes`]: json(body.slice(0, length)) }),
    ),
  ]
}

const { json, withMember } = doorOf(GEMINI_DOOR)
const OTHER_CONTENTS = '"contents":[{"parts":[{"text":"other"}]}]'
const config = (members: string) => json(withMember(`"generationConfig":{${members}}`))

const duplicates: Case[] = [
  ...row('D23', REFUSED, { 'contents twice': json(withMember(OTHER_CONTENTS)) }),
  ...row('D24', REFUSED, {
    'maxOutputTokens twice': config('"maxOutputTokens":1,"maxOutputTokens":65536'),
    'generationConfig twice': json(
      withMember('"generationConfig":{"maxOutputTokens":1},"generationConfig":{"maxOutputTokens":65536}'),
    ),
  }),
  ...row('D25', REFUSED, {
    'contents, escaped': json(withMember(OTHER_CONTENTS.replace('c', '\\u0063'))),
    'maxOutputTokens, escaped': config('"maxOutputTokens":1,"maxOutput\\u0054okens":65536'),
  }),
  ...row('D26', REFUSED, {
    'both names of maxOutputTokens': config('"maxOutputTokens":1,"max_output_tokens":65536'),
    'both names of generationConfig': json(
      withMember('"generationConfig":{"maxOutputTokens":1},"generation_config":{"maxOutputTokens":65536}'),
    ),
  }),
]

const ODD_NAMES: Readonly<Record<string, string>> = {
  'a space behind the name': '"generationConfig ":{}',
  'a zero-width space in the name': '"generation\u200bConfig":{}',
}
const forwardedAs = (body: string): Expectation => ({ ...FORWARDED, arrives: Buffer.from(body) })

const oddNames: Case[] = [
  ...row(
    'D27',
    { status: [200, 400], dispatched: 'any' },
    { 'NUL, escaped, natively': json(withMember('"\\u0000":1')) },
  ),
  ...row('D27', REFUSED, { 'NUL, escaped': request({ target: SANDBOX, body: withMember('"\\u0000":1') }) }),
  // An unknown name is the upstream's to judge, so the same bytes pass on the native way.
  ...Object.entries(ODD_NAMES).flatMap(([title, member]) => [
    ...row('D28', forwardedAs(withMember(member)), { [`${title}, natively`]: json(withMember(member)) }),
    ...row('D28', UNKNOWN_NAME, { [title]: request({ target: SANDBOX, body: withMember(member) }) }),
  ]),
  // `contents` is missing, which is the upstream's to judge, so both a local and a forwarded 400 are right.
  ...row(
    'D31',
    { status: 400, message: /contents is not specified/, dispatched: 'any', withinMs: 1000 },
    { 'a megabyte of space before {}': json(`${' '.repeat(1_048_576)}{}`) },
  ),
]

const BOUNDARY = '-'.repeat(100_000)

export function contentTypesAt(door: Door): Case[] {
  const { target } = door
  const { told } = doorOf(door)
  const typed = (type: string, body = door.body) =>
    request({ target, body, headers: [`Content-Type: ${type}`], without: ['type'] })
  return [
    // Google ignores the content type and its older SDK sends text/plain; forms alone are refused, because a web page
    // can send them without asking.
    ...row('D32', FORWARDED, {
      'no content type': request({ target, body: door.body, without: ['type'] }),
      'text/plain': typed('text/plain;charset=UTF-8'),
      'application/json': typed('application/json'),
      'application/json with utf-8': typed('application/json; charset=utf-8'),
    }),
    ...row('D32', told(REFUSED), {
      'a form': typed('application/x-www-form-urlencoded'),
      'a multipart form': typed('multipart/form-data; boundary=x'),
    }),
    ...row('D33', told(REFUSED), {
      'a tab in the type': typed('application/json\ta'),
      'utf-16': typed('application/json; charset=utf-16'),
      'a kilobyte of parameters': typed(`application/json; x=${'y'.repeat(1024)}`),
      'two types': typed('application/json, text/plain'),
    }),
    ...row('D34', told(REFUSED), {
      'a boundary of 100 KB': typed(
        'multipart/form-data; boundary=-',
        `${BOUNDARY}\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n${BOUNDARY}--\r\n`,
      ),
    }),
  ]
}

export const rowsD: readonly Case[] = [
  ...syntaxAt(GEMINI_DOOR),
  ...duplicates,
  ...oddNames,
  ...contentTypesAt(GEMINI_DOOR),
]
