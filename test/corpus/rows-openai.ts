/** The tables through the door of the OpenAI API: what of each row means another thing there. */
import { gzipSync } from 'node:zlib'
import { CLIENT_KEY } from '../servers/wasat-process.ts'
import { type Case, type Door, doorOf, type Expectation, FORWARDED, REFUSED, request, row } from './case.ts'
import { CHAT, DOORS, EMBEDDINGS, GOOGLES_CHAT, IMAGES } from './openai-doors.ts'
import { contentTypesAt, syntaxAt } from './rows-d.ts'
import { depthsAt, numbersAt } from './rows-e.ts'
import { encodingsAt } from './rows-f.ts'

const { json, withMember } = doorOf(CHAT)
const openai = (rest: Partial<Expectation> = {}): Expectation => ({
  ...REFUSED,
  errorBody: 'openai',
  ...rest,
})
const UNSUPPORTED: Expectation = openai({ code: 'unsupported_parameter' })
const named = (bodies: readonly string[]) => Object.fromEntries(bodies.map((body) => [body, json(body)]))
const members = (list: readonly string[]) =>
  Object.fromEntries(list.map((member) => [member.slice(0, 60), json(withMember(member))]))

/** The same bytes at each door. */
const shared: Case[] = DOORS.flatMap((door) =>
  [
    ...syntaxAt(door),
    ...contentTypesAt(door),
    ...depthsAt(door),
    ...numbersAt(door),
    ...encodingsAt(door),
    ...keysAt(door),
  ].map((one) => ({ ...one, title: `${door.target}: ${one.title}` })),
)

function keysAt(door: Door): Case[] {
  const { target, body, errorBody } = door
  const isGoogles = errorBody === 'google-list'
  const asked = (...headers: string[]) => request({ target, body, headers, without: ['key'] })
  const unknown: Expectation = isGoogles
    ? { status: 400, errorBody, reason: 'API_KEY_INVALID' }
    : { status: 401, errorBody, code: 'invalid_api_key', param: null }
  return [
    ...row(
      'C-01',
      isGoogles ? { status: 403, errorBody } : { status: 401, errorBody, code: null, param: null },
      {
        'no key': asked(),
      },
    ),
    ...row('C-03', unknown, {
      'a wrong key': asked('Authorization: Bearer sk-wrong'),
      'a wrong key in the header of the other API': asked('X-Goog-Api-Key: wrong'),
      'a key that is SQL': asked("Authorization: Bearer '--"),
    }),
    ...row(
      'C-08',
      { ...REFUSED, errorBody },
      {
        'two keys': (context) =>
          asked(`X-Goog-Api-Key: ${context.secondKey}`, `Authorization: Bearer ${CLIENT_KEY}`),
      },
    ),
  ]
}

const notHere = (code: string): Expectation => ({ status: 404, errorBody: 'openai', code, param: null })
const at = (target: string, method = 'POST') => request({ method, target, body: CHAT.body })

const paths: Case[] = [
  ...row('B18', notHere('unknown_url'), {
    'an end that is not there': at('/v1/chat'),
    'a slash behind': at('/v1/chat/completions/'),
    'an older end': at('/v1/completions'),
    'more behind it': at('/v1/embeddings/x'),
    'a long one': at(`/v1/images/${'x'.repeat(2_000)}`),
    'one with a line end': at('/v1/chat/%C2%85completions'),
  }),
  ...row(
    'B18',
    { status: 404, errorBody: 'google-list' },
    {
      "an end that is not there at Google's": at('/v1beta/openai/chat'),
      "no end at Google's": at('/v1beta/openai'),
    },
  ),
  ...[CHAT, EMBEDDINGS, IMAGES].flatMap(({ target }) =>
    row(
      'B35',
      { status: 405, errorBody: 'openai', headers: { allow: /^POST$/ } },
      {
        [`GET ${target}`]: request({ method: 'GET', target }),
        [`DELETE ${target}`]: request({ method: 'DELETE', target }),
      },
    ),
  ),
  ...row(
    'B35',
    { status: 405, errorBody: 'google-list', headers: { allow: /^POST$/ } },
    {
      'GET at Google’s': request({ method: 'GET', target: GOOGLES_CHAT.target }),
    },
  ),
]

const model = (name: string) => json(CHAT.body.replace('gemini-2.5-flash', name))

const models: Case[] = [
  ...row('B24', notHere('model_not_found'), {
    'a model that every object has': model('__proto__'),
    constructor: model('constructor'),
    'no such model': model('gpt-4o'),
  }),
  ...row('B08', notHere('model_not_found'), {
    'a path that climbs': model('../../admin'),
    'a path that climbs, behind models/': model('models/../../admin'),
    'nothing behind models/': model('models/'),
  }),
  ...row('B22', notHere('model_not_found'), { '257 characters': model('m'.repeat(257)) }),
  ...row('B23', notHere('model_not_found'), { 'a query in it': model('gemini-2.5-flash?key=EVIL&x=') }),
  ...row('B25', notHere('model_not_found'), {
    'full width': model('ｇemini-2.5-flash'),
    'a right-to-left override': model('\u202egemini'),
    'a lone surrogate': model('\\ud800'),
  }),
  ...row(
    'F11',
    { ...notHere('model_not_found'), body: { not: /\x1b|u001b/ } },
    {
      'a terminal escape': model('\\u001b[31m'),
    },
  ),
  ...row(
    'K01',
    { ...notHere('model_not_found'), headers: { 'set-cookie': 'absent' } },
    {
      'a header behind a line end': model('m\\r\\nSet-Cookie: a=b'),
    },
  ),
  ...row('C-13', notHere('model_not_found'), {
    'a model that the key may not use': ({ limitedKey }) =>
      request({
        target: CHAT.target,
        body: CHAT.body,
        headers: [`Authorization: Bearer ${limitedKey}`],
        without: ['key'],
      }),
  }),
  ...row('H01', openai({ param: 'model', message: /^You must provide a model parameter\.$/ }), {
    ...named([
      '{}',
      '{"messages":[{"role":"user","content":"a"}]}',
      '{"model":null,"messages":[]}',
      '{"model":""}',
    ]),
  }),
  ...row(
    'H02',
    openai({ param: 'model' }),
    named(['{"model":1}', '{"model":{}}', '{"model":["gemini-2.5-flash"]}']),
  ),
]

const twice = (member: string) => json(withMember(member))

const duplicates: Case[] = [
  ...row('D23', openai({ message: /given more than once/ }), {
    'the model twice': twice('"model":"gemini-2.5-pro"'),
    'messages twice': twice('"messages":[]'),
    'tools twice': twice('"tools":[],"tools":[]'),
    'the stream twice': twice('"stream":false,"stream":true'),
  }),
  ...row('D24', openai({ message: /given more than once/ }), {
    'max_tokens twice': twice('"max_tokens":1,"max_tokens":65536'),
    'n twice': twice('"n":1,"n":8'),
  }),
  ...row('D25', openai({ message: /given more than once/ }), {
    'the model, escaped': twice('"\\u006dodel":"x"'),
    'a limit, escaped': twice('"max_tokens":1,"max\\u005ftokens":65536'),
  }),
  // This API has one spelling: in another one a limit is none, and no model is asked with it.
  ...row('D26', UNSUPPORTED, {
    'both spellings': twice('"max_tokens":1,"maxTokens":65536'),
  }),
]

const list = (count: number, text: string) => `[${`${text},`.repeat(count - 1)}${text}]`

const sizes: Case[] = [
  ...row('E18', openai(), {
    '10 000 tools': () => twice(`"tools":${list(10_000, '{}')}`),
    '100 000 ends': () => twice(`"stop":${list(100_000, '"a"')}`),
    '10 000 functions': () => twice(`"functions":${list(10_000, '{}')}`),
  }),
  ...row('H30', openai(), {
    '10 001 texts': () =>
      doorOf(EMBEDDINGS).json(`{"model":"gemini-embedding-001","input":${list(10_001, '"a"')}}`),
    '101 texts': () =>
      doorOf(EMBEDDINGS).json(`{"model":"gemini-embedding-001","input":${list(101, '"a"')}}`),
  }),
  ...row('E14', openai({ close: true, message: /^Request payload size exceeds the limit/ }), {
    'a length of 10 GB, not sent': request({
      target: CHAT.target,
      body: '{"model":',
      headers: ['Content-Length: 10737418240'],
      without: ['length'],
    }),
  }),
  ...row('E13', openai(), { 'a tag of 100 KB': () => twice(`"metadata":{"a":"${'x'.repeat(100_000)}"}`) }),
  ...row(
    'I01',
    { ...REFUSED, errorBody: 'any' },
    {
      gzip: request({ target: CHAT.target, body: gzipSync(CHAT.body), headers: ['Content-Encoding: gzip'] }),
    },
  ),
]

const objects: Case[] = [
  ...row('G01', UNSUPPORTED, members(['"__proto__":{"isAdmin":true}', '"\\u005f_proto__":{"isAdmin":true}'])),
  ...row(
    'G02',
    UNSUPPORTED,
    members(['"constructor":{"prototype":{"x":1}}', '"toString":1', '"hasOwnProperty":1']),
  ),
  ...row('G03', FORWARDED, {
    '__proto__ in metadata': twice('"metadata":{"__proto__":"x","constructor":"y"}'),
    '__proto__ in logit_bias': twice('"logit_bias":{"__proto__":{"x":1}}'),
  }),
  ...row(
    'G03',
    { ...FORWARDED, arrivesBody: { is: /"__proto__":\{"type":"string"\}/ } },
    {
      '__proto__ in a schema': twice(
        '"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"__proto__":{"type":"string"}}}}}]',
      ),
    },
  ),
  ...row('G03', openai(), { '__proto__ among Gemini’s own': twice('"google":{"__proto__":{"tools":[]}}') }),
]

const ODD_FIELDS = [
  'api_base',
  'base_url',
  'apiKey',
  'headers',
  'foo',
  'contents',
  'generationConfig',
  'maxTokens',
]

const meaning: Case[] = [
  ...row('H02', openai({ param: 'messages' }), {
    ...named(
      ['null', '"a"', '{}', '1', '[]'].map((value) => `{"model":"gemini-2.5-flash","messages":${value}}`),
    ),
  }),
  ...row('H07', UNSUPPORTED, members(ODD_FIELDS.map((name) => `"${name}":"http://evil.test"`))),
  ...row(
    'H08',
    openai({ param: 'temperature' }),
    members(['"temperature":-1', '"temperature":3', '"temperature":"0.5"', '"temperature":1e308']),
  ),
  ...row(
    'H09',
    openai({ param: 'max_tokens' }),
    members([
      '"max_tokens":0',
      '"max_tokens":-1',
      '"max_tokens":1.5',
      '"max_tokens":"8192"',
      '"max_tokens":[]',
    ]),
  ),
  ...row('H10', openai({ param: 'n' }), members(['"n":0', '"n":9', '"n":1e6', '"n":"2"'])),
  ...row('H11', openai({ param: 'seed' }), members(['"seed":9223372036854775807', '"seed":0.5'])),
  ...row('H12', openai(), members(['"reasoning_effort":"ultra"', '"google":{"thinking_config":[]}'])),
  ...row('H02', openai({ param: 'stream' }), members(['"stream":"true"', '"stream":1', '"stream":{}'])),
  ...row('H26', openai(), members(['"x":1', '"modalities":["audio"],"audio":{"format":"opus"}'])),
  ...row('J12', openai({ message: /expected a data URL or an address/ }), {
    ...Object.fromEntries(
      ['file:///etc/passwd', 'gopher://a', 'javascript:1', 'unix:/var/run/docker.sock', '//a', ''].map(
        (url) => [url, image(url)],
      ),
    ),
  }),
  // What lies at an address is the upstream's to fetch: nobody here calls it.
  ...row('J01', FORWARDED, {
    'an address of our own machine': ({ canaryPort }) => image(`http://127.0.0.1:${canaryPort}/a.png`),
  }),
  ...row(
    'F04',
    { ...FORWARDED, arrivesBody: { is: /"text":"\\ud800"/ } },
    {
      'a lone surrogate, escaped': json(CHAT.body.replace('hi', '\\ud800')),
    },
  ),
  ...row(
    'F08',
    { ...FORWARDED, arrivesBody: { is: /"text":"\\u0000\uffff\u{10ffff}\u2028"/u } },
    {
      'characters at the edges': json(CHAT.body.replace('hi', '\\u0000\uffff\u{10ffff}\\u2028')),
    },
  ),
  ...row('K03', FORWARDED, {
    'a line of a log': twice('"user":"\\n{\\"level\\":\\"info\\",\\"msg\\":\\"fake\\"}"'),
  }),
  ...row('K11', FORWARDED, { 'format strings': json(CHAT.body.replace('hi', '%s%n\\u0024{jndi:x}{{7*7}}')) }),
]

function image(url: string): Buffer {
  const part = { type: 'image_url', image_url: { url } }
  return json(JSON.stringify({ model: 'gemini-2.5-flash', messages: [{ role: 'user', content: [part] }] }))
}

export const rowsOpenAi: readonly Case[] = [
  ...shared,
  ...paths,
  ...models,
  ...duplicates,
  ...sizes,
  ...objects,
  ...meaning,
]
