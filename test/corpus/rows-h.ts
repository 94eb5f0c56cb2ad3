/**
 * Table H: what Gemini's fields mean. The sandbox and a target of another wire judge them; natively they are the
 * upstream's own to judge, and one row shows that they arrive. Courses of events (H27 to H33) are in `meaning-dynamic.ts`.
 */
import {
  BODY,
  type Case,
  type Expectation,
  FORWARDED,
  GENERATE,
  MODEL_NOT_FOUND,
  REFUSED,
  request,
  row,
  SANDBOX,
  TRANSLATED,
} from './case.ts'

type Bodies = Readonly<Record<string, string>>

const withMember = (member: string) => `{${member},${BODY.slice(1)}`
const config = (members: string) => withMember(`"generationConfig":{${members}}`)
const parts = (list: string) => `{"contents":[{"role":"user","parts":[${list}]}]}`
const each = (texts: readonly string[], bodyOf: (text: string) => string): Bodies =>
  Object.fromEntries(texts.map((text) => [text, bodyOf(text)]))
const at = (target: string, bodies: Bodies, title = '') =>
  Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name + title, request({ target, body })]))

/** Refused by both that read it. */
const refused = (id: string, bodies: Bodies, message?: RegExp): Case[] => {
  const expect = message === undefined ? REFUSED : { ...REFUSED, message }
  return [...row(id, expect, at(SANDBOX, bodies)), ...row(id, expect, at(TRANSLATED, bodies, ', translated'))]
}
/** Carried by both; `told` is what is said of it, or that nothing is. */
const carried = (id: string, bodies: Bodies, told: RegExp | 'absent' = 'absent'): Case[] => [
  ...row(id, { status: 200 }, at(SANDBOX, bodies)),
  ...row(
    id,
    { ...FORWARDED, headers: { 'x-wasat-translation': told } },
    at(TRANSLATED, bodies, ', translated'),
  ),
]
const only = (id: string, target: string, expect: Expectation, bodies: Bodies): Case[] =>
  row(id, expect, at(target, bodies, target === TRANSLATED ? ', translated' : ''))

const contents: Case[] = [
  ...refused('H01', { 'an empty object': '{}' }, /contents is not specified/),
  ...refused(
    'H02',
    each(['null', '"x"', '1', '[null]', '[[]]'], (value) => `{"contents":${value}}`),
  ),
  // In protojson a list may be written as its only element.
  ...carried('H02', { 'an object for a list': '{"contents":{"parts":[{"text":"a"}]}}' }),
  ...refused('H03', { 'no contents': '{"contents":[]}' }, /contents is not specified/),
  ...refused(
    'H04',
    each(
      ['{}', '{"parts":[]}', '{"parts":[{}]}', '{"parts":null}'],
      (content) => `{"contents":[${content}]}`,
    ),
  ),
  ...refused(
    'H05',
    { 'text and inlineData': parts('{"text":"a","inlineData":{"mimeType":"image/png","data":"AAAA"}}') },
    /oneof/,
  ),
  ...refused(
    'H06',
    each(['"system"', '"assistant"', '""', '7'], (role) => BODY.replace('"user"', role)),
  ),
]

const FOREIGN = [
  'foo',
  'messages',
  'stream',
  'api_base',
  'base_url',
  'apiKey',
  'headers',
  'extra_body',
  'user',
]
const foreign: Case[] = [
  ...refused(
    'H07',
    each([...FOREIGN, 'metadata'], (name) => withMember(`"${name}":"x"`)),
    /Unknown name/,
  ),
  // A field of the message, which the path has already decided.
  ...carried('H07', { model: withMember('"model":"models/another"') }),
  ...only(
    'H07',
    TRANSLATED,
    { ...FORWARDED, arrivesBody: { is: /"model":"gpt-4\.1"/, not: /another/ } },
    {
      'model decides nothing': withMember('"model":"models/another"'),
    },
  ),
]

const INT32 = /TYPE_INT32/
const numbers: Case[] = [
  ...refused(
    'H08',
    each(['-1', '3', '1e308'], (value) => config(`"temperature":${value}`)),
  ),
  ...carried(
    'H08',
    each(['"0.5"', 'null'], (value) => config(`"temperature":${value}`)),
  ),
  ...refused(
    'H09',
    each(['0', '-1'], (value) => config(`"maxOutputTokens":${value}`)),
    /supported range/,
  ),
  ...refused(
    'H09',
    each(['1.5', '2147483648'], (value) => config(`"maxOutputTokens":${value}`)),
    INT32,
  ),
  ...carried('H09', { 'a number as a text': config('"maxOutputTokens":"8192"') }),
  // How much a model can say is the model's to know: the sandbox's says no, another's is asked.
  ...only(
    'H09',
    SANDBOX,
    { ...REFUSED, message: /maxOutputTokens/ },
    { '1e9': config('"maxOutputTokens":1e9') },
  ),
  ...only(
    'H09',
    TRANSLATED,
    { ...FORWARDED, arrivesBody: { is: /1000000000/ } },
    {
      '1e9': config('"maxOutputTokens":1e9'),
    },
  ),
  ...refused(
    'H10',
    each(['0', '9', '1e6'], (value) => config(`"candidateCount":${value}`)),
    /candidate_count/,
  ),
  ...refused('H11', each(['"topK":0', '"topK":-1', '"topP":2', '"topP":-0.1'], config)),
  ...refused('H11', { 'seed of 2^63': config('"seed":9223372036854775808') }, INT32),
  ...only(
    'H12',
    SANDBOX,
    { status: 200 },
    each(['-1', '0'], (value) => thinking(value)),
  ),
  ...only('H12', SANDBOX, { ...REFUSED, message: /thinking budget/ }, { '1e9': thinking('1e9') }),
  // A target that does not think says so, unless nothing was asked for.
  ...only(
    'H12',
    TRANSLATED,
    { ...FORWARDED, headers: { 'x-wasat-translation': /thinkingBudget/ } },
    {
      '-1': thinking('-1'),
      '1e9': thinking('1e9'),
    },
  ),
  ...only('H12', TRANSLATED, FORWARDED, { '0': thinking('0') }),
]
function thinking(budget: string): string {
  return config(`"thinkingConfig":{"thinkingBudget":${budget}}`)
}

const SVG = parts('{"inlineData":{"mimeType":"image/svg+xml","data":"AAAA"}}')
const inline = (data: string) => parts(`{"inlineData":{"mimeType":"image/png","data":${data}}}`)
const formats: Case[] = [
  ...refused(
    'H13',
    {
      'six stop sequences': config('"stopSequences":["a","b","c","d","e","f"]'),
      'an empty stop sequence': config('"stopSequences":[""]'),
      'a stop sequence of 10 KB': config(`"stopSequences":["${'a'.repeat(10_240)}"]`),
    },
    /stop.sequence/,
  ),
  ...refused('H14', {
    'a path for a type': config('"responseMimeType":"../../x"'),
    'two schemas': config(
      '"responseMimeType":"application/json","responseSchema":{"type":"STRING"},"responseJsonSchema":{"type":"string"}',
    ),
  }),
  ...refused('H15', {
    'no type': parts('{"inlineData":{"data":"AAAA"}}'),
    'a header in the type': parts(
      '{"inlineData":{"mimeType":"text/html; charset=x\\r\\nX: 1","data":"AAAA"}}',
    ),
    'a header in an image’s type': parts('{"inlineData":{"mimeType":"image/png;a=b\\nX: 1","data":"AAAA"}}'),
    SVG,
  }),
  ...refused('H16', {
    'a number for data': inline('7'),
    'no data': inline('""'),
    'no base64': inline('"!!!"'),
  }),
  ...row(
    'H17',
    { status: [400, 403] },
    {
      'an address on this machine': request({ target: SANDBOX, body: file('http://127.0.0.1/x.png') }),
      'a file of this machine': request({ target: SANDBOX, body: file('file:///etc/passwd') }),
      'an address on this machine, translated': request({
        target: TRANSLATED,
        body: file('http://127.0.0.1/x.png'),
      }),
      'a file of this machine, translated': request({ target: TRANSLATED, body: file('file:///etc/passwd') }),
    },
  ),
]
function file(uri: string): string {
  return parts(`{"fileData":{"fileUri":"${uri}","mimeType":"image/png"}}`)
}

const declared = (...names: string[]) =>
  withMember(
    `"tools":[{"functionDeclarations":[${names.map((name) => `{"name":"${name}","description":"d"}`).join(',')}]}]`,
  )
const many = (count: number) => declared(...Array.from({ length: count }, (_, index) => `f${index}`))
const functions: Case[] = [
  ...refused('H18', {
    'arguments as a text': parts('{"functionCall":{"name":"f","args":"x"}}'),
    'a result without a call': parts('{"functionResponse":{"name":"f","response":{}}}'),
    'a name of 129 characters': declared('f'.repeat(129)),
    'a name of dots': declared('..'),
    'a name that is a path': declared('../x'),
    'no name': declared(''),
  }),
  // Gemini takes names of 128 characters and colons since; another target is told another name, and the client that.
  ...carried(
    'H18',
    { 'a name of 65 characters': declared('f'.repeat(65)), 'a name with a colon': declared('a:b') },
    /functionDeclarations\[0\]\.name/,
  ).filter(({ title }) => title.endsWith('translated')),
  ...only(
    'H18',
    SANDBOX,
    { status: 200 },
    {
      'a name of 65 characters': declared('f'.repeat(65)),
      'a name with a colon': declared('a:b'),
    },
  ),
  ...refused('H19', { 'two of one name': declared('f', 'f') }, /Duplicate function declaration/),
  // 512 are allowed by now.
  ...refused('H19', { '513 declarations': many(513) }, /At most 512/),
]

const safety = (...settings: string[]) => withMember(`"safetySettings":[${settings.join(',')}]`)
const HARASSMENT = '{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}'
const labels = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":"v"`).join(',')
const rest: Case[] = [
  ...refused('H20', { 'a path for a cache': withMember('"cachedContent":"cachedContents/../x"') }),
  ...row(
    'H20',
    { status: [403, 404], message: /permission denied/ },
    {
      'a cache of somebody else': request({
        target: SANDBOX,
        body: withMember('"cachedContent":"cachedContents/abc"'),
      }),
      'a cache of somebody else, translated': request({
        target: TRANSLATED,
        body: withMember('"cachedContent":"cachedContents/abc"'),
      }),
    },
  ),
  ...refused('H21', {
    'a category twice': safety(HARASSMENT, HARASSMENT),
    'an unknown category': safety('{"category":"HARM_CATEGORY_NOPE","threshold":"BLOCK_NONE"}'),
    'an unknown number': safety('{"category":7,"threshold":99}'),
  }),
  ...carried('H21', { 'enums as numbers': safety('{"category":7,"threshold":4}') }),
  ...refused('H22', { 'an instruction as a text': withMember('"systemInstruction":"be brief"') }),
  ...carried('H23', {
    'snake_case everywhere':
      '{"contents":[{"parts":[{"text":"a"}]}],"system_instruction":{"parts":[{"text":"b"}]},"generation_config":{"max_output_tokens":5,"stop_sequences":["x"]}}',
  }),
  ...refused('H24', {
    '100 labels': withMember(`"labels":{${labels(100)}}`),
    'a label of 10 KB': withMember(`"labels":{"k":"${'v'.repeat(10_240)}"}`),
  }),
  ...only(
    'H25',
    TRANSLATED,
    { ...REFUSED, message: /googleSearch/ },
    {
      googleSearch: withMember('"tools":[{"googleSearch":{}}]'),
    },
  ),
  ...only(
    'H26',
    TRANSLATED,
    { ...REFUSED, message: /text only/ },
    {
      'an answer in sound': config('"responseModalities":["AUDIO"]'),
    },
  ),
  ...only(
    'H26',
    TRANSLATED,
    { ...FORWARDED, headers: { 'x-wasat-translation': /dropped=.*topK/ } },
    {
      topK: config('"topK":5'),
    },
  ),
]

/** What comes natively goes on as it is, also when it makes no sense. */
const native: Case[] = [
  ['H05', parts('{"text":"a","inlineData":{"mimeType":"image/png","data":"AAAA"}}')] as const,
  ['H08', config('"temperature":-1')] as const,
  ['H10', config('"candidateCount":9')] as const,
  ['H15', SVG] as const,
  ['H21', safety(HARASSMENT, HARASSMENT)] as const,
].flatMap(([id, body]) =>
  row(id, { ...FORWARDED, arrives: Buffer.from(body) }, { 'arrives as it is, natively': request({ body }) }),
)

const EMBED = '{"content":{"parts":[{"text":"a"}]}}'
const verb = (target: string, name: string) => target.replace('generateContent', name)
const batch = (count: number) =>
  `{"requests":[${Array(count)
    .fill('{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]}}')
    .join(',')}]}`
const EMBEDDER = GENERATE.replace('gemini-2.5-flash:generateContent', 'embedder:batchEmbedContents')
const verbs: Case[] = [
  ...only('H28', verb(SANDBOX, 'countTokens'), REFUSED, {
    'fields of another verb': withMember('"safetySettings":[]'),
  }),
  ...only('H28', verb(TRANSLATED, 'countTokens'), REFUSED, {
    'fields of another verb': withMember('"safetySettings":[]'),
  }),
  ...only(
    'H29',
    verb(SANDBOX, 'embedContent'),
    { ...MODEL_NOT_FOUND, message: /embedContent/ },
    {
      'a model that talks': EMBED,
    },
  ),
  ...only('H30', EMBEDDER, { ...REFUSED, message: /at most 100/ }, { '10 000 texts': batch(10_000) }),
]

export const rowsH: readonly Case[] = [
  ...contents,
  ...foreign,
  ...numbers,
  ...formats,
  ...functions,
  ...rest,
  ...native,
  ...verbs,
]
