/** Table D: JSON syntax. Refused with 400 unless a row says otherwise. D30 is a loop of its own in `corpus.test.ts`. */
import { BODY, type Case, type Expectation, FORWARDED, REFUSED, request, row, SANDBOX } from './case.ts'

const SYNTAX: Expectation = { status: 400, message: /^Invalid JSON payload received\./ }
const UNKNOWN_NAME: Expectation = { status: 400, message: /^Invalid JSON payload received\. Unknown name / }

const json = (body: string | Buffer) => request({ body })
const named = (bodies: readonly string[]) => Object.fromEntries(bodies.map((body) => [body, json(body)]))
/** A whole request with something more at its front: `{MORE,"contents":…}`. */
const withMember = (member: string) => `{${member},${BODY.slice(1)}`
const valued = (value: string) => json(withMember(`"x":${value}`))
const values = (list: readonly string[]) => Object.fromEntries(list.map((value) => [value, valued(value)]))

const documents: Case[] = [
  ...row('D01', REFUSED, {
    'no body and no length': request({ body: '' }),
    'a length of 0': request({ body: '', headers: ['Content-Length: 0', 'Content-Type: application/json'] }),
  }),
  ...row('D02', REFUSED, named(['null'])),
  ...row('D03', REFUSED, named(['[]', `[${BODY}]`])),
  ...row('D04', REFUSED, named(['"x"'])),
  ...row('D05', REFUSED, named(['1', 'true'])),
  ...row('D06', SYNTAX, named(['{'])),
  ...row('D07', SYNTAX, { ...named(['{}x']), 'a good body and x': json(`${BODY}x`) }),
  ...row('D08', SYNTAX, {
    ...named(['{"a":1,}']),
    'a good body with a comma': json(BODY.replace(/\}$/, ',}')),
  }),
  ...row('D09', SYNTAX, named(["{'a':1}"])),
  ...row('D10', SYNTAX, named(['{a:1}'])),
]

const tokens: Case[] = [
  ...row('D11', SYNTAX, values(['NaN', 'Infinity', '-Infinity', 'undefined'])),
  ...row('D12', SYNTAX, {
    'a line comment': json(`// x\n${BODY}`),
    'a comment inside': valued('/* x */ 1'),
  }),
  ...row('D13', SYNTAX, { 'a raw line end in a string': valued('"a\nb"'), 'a raw tab': valued('"a\tb"') }),
  ...row('D14', SYNTAX, values(['"\\x41"'])),
  ...row('D15', SYNTAX, values(['"\\u12"', '"\\u12', '"\\u00zz"'])),
  ...row('D16', SYNTAX, {
    'a no-break space before': json(`\u00a0${BODY}`),
    'a no-break space inside': valued('\u00a01'),
  }),
  ...row('D17', SYNTAX, values(['01', '.5', '1.', '+1', '0x1', '-', '1e', '-01'])),
  ...row('D18', SYNTAX, { ...named(['[1,2']), 'an array inside': valued('[1,2') }),
  ...row('D19', SYNTAX, named(['{"a"}'])),
  ...row('D20', SYNTAX, {
    'NUL in a string': valued('"a\x00b"'),
    'NUL behind the object': json(`${BODY}\x00`),
  }),
  ...row('D21', FORWARDED, { 'a byte order mark': json(`\ufeff${BODY}`) }),
  ...row('D21', SYNTAX, { 'two byte order marks': json(`\ufeff\ufeff${BODY}`) }),
  ...row('D22', SYNTAX, {
    'two documents': json(BODY + BODY),
    'two lines of documents': json(`${BODY}\n${BODY}\n`),
  }),
]

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
  ...Array.from({ length: BODY.length - 1 }, (_, index) => index + 1).flatMap((length) =>
    row('D29', SYNTAX, { [`cut after ${length} bytes`]: json(BODY.slice(0, length)) }),
  ),
  // `contents` is missing, which is the upstream's to judge, so both a local and a forwarded 400 are right.
  ...row(
    'D31',
    { status: 400, message: /contents is not specified/, dispatched: 'any', withinMs: 1000 },
    { 'a megabyte of space before {}': json(`${' '.repeat(1_048_576)}{}`) },
  ),
]

const typed = (type: string, body: string | Buffer = BODY) =>
  request({ body, headers: [`Content-Type: ${type}`], without: ['type'] })
const BOUNDARY = '-'.repeat(100_000)

const contentTypes: Case[] = [
  // Google ignores the content type and its older SDK sends text/plain; forms alone are refused, because a web page
  // can send them without asking.
  ...row('D32', FORWARDED, {
    'no content type': request({ without: ['type'] }),
    'text/plain': typed('text/plain;charset=UTF-8'),
    'application/json': typed('application/json'),
    'application/json with utf-8': typed('application/json; charset=utf-8'),
  }),
  ...row('D32', REFUSED, {
    'a form': typed('application/x-www-form-urlencoded'),
    'a multipart form': typed('multipart/form-data; boundary=x'),
  }),
  ...row('D33', REFUSED, {
    'a tab in the type': typed('application/json\ta'),
    'utf-16': typed('application/json; charset=utf-16'),
    'a kilobyte of parameters': typed(`application/json; x=${'y'.repeat(1024)}`),
    'two types': typed('application/json, text/plain'),
  }),
  ...row('D34', REFUSED, {
    'a boundary of 100 KB': typed(
      'multipart/form-data; boundary=-',
      `${BOUNDARY}\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n${BOUNDARY}--\r\n`,
    ),
  }),
]

export const rowsD: readonly Case[] = [...documents, ...tokens, ...duplicates, ...oddNames, ...contentTypes]
