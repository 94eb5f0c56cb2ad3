/** Table G: prototype pollution and object tricks. What an admin must not set (G06) is in `meaning-dynamic.ts`. */
import {
  BODY,
  type Case,
  contentsOf,
  type Expectation,
  FORWARDED,
  request,
  row,
  SANDBOX,
  TRANSLATED,
} from './case.ts'

const UNKNOWN: Expectation = { status: 400, message: /^Invalid JSON payload received\. Unknown name / }
const withMember = (member: string) => `{${member},${BODY.slice(1)}`
/** Natively an unknown name is the upstream's to judge, and arrives as it is; where we read it, it is refused. */
const unknown = (id: string, title: string, body: string): Case[] => [
  ...row(id, { ...FORWARDED, arrives: Buffer.from(body) }, { [`${title}, natively`]: request({ body }) }),
  ...row(id, UNKNOWN, {
    [title]: request({ target: SANDBOX, body }),
    [`${title}, translated`]: request({ target: TRANSLATED, body }),
  }),
]
/** Data everywhere: it arrives as it is natively, and `told` in what a target of another wire is sent. */
const data = (id: string, title: string, body: string, told?: RegExp): Case[] => [
  ...row(id, { ...FORWARDED, arrives: Buffer.from(body) }, { [`${title}, natively`]: request({ body }) }),
  ...row(id, { status: 200 }, { [title]: request({ target: SANDBOX, body }) }),
  ...row(
    id,
    { ...FORWARDED, ...(told && { arrivesBody: { is: told } }) },
    { [`${title}, translated`]: request({ target: TRANSLATED, body }) },
  ),
]

const turns = (args: string, response: string) =>
  `{"contents":[{"role":"user","parts":[{"text":"a"}]},` +
  `{"role":"model","parts":[{"functionCall":{"name":"f","args":${args}}}]},` +
  `{"role":"user","parts":[{"functionResponse":{"name":"f","response":${response}}}]}]}`
const tool = (properties: string) =>
  withMember(
    `"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":${properties}}}]}]`,
  )
const labels = (map: string) => withMember(`"labels":${map}`)

export const rowsG: readonly Case[] = [
  ...unknown('G01', '__proto__', withMember('"__proto__":{"isAdmin":true}')),
  ...unknown('G01', '__proto__, escaped', withMember('"\\u005f_proto__":{"isAdmin":true}')),
  ...unknown('G02', 'constructor', withMember('"constructor":{"prototype":{"x":1}}')),
  ...unknown(
    'G03',
    '__proto__ in generationConfig',
    withMember('"generationConfig":{"__proto__":{"topK":1}}'),
  ),
  ...unknown('G03', '__proto__ in a part', contentsOf('"a"').replace('{"text"', '{"__proto__":{},"text"')),
  ...data('G03', '__proto__ in labels', labels('{"__proto__":"x"}')),
  ...data(
    'G03',
    '__proto__ in arguments and in a result',
    turns('{"__proto__":{"admin":1},"constructor":2}', '{"__proto__":{"admin":3}}'),
    /__proto__.*admin.*constructor.*__proto__.*admin/,
  ),
  ...data(
    'G03',
    '__proto__ in the properties of a schema',
    tool('{"__proto__":{"type":"STRING"},"constructor":{"type":"STRING"}}'),
    /"__proto__":\{"type":"string"\},"constructor"/,
  ),
  ...data(
    'G04',
    'labels named as methods are',
    labels('{"hasOwnProperty":"a","toString":"b","valueOf":"c","then":"d"}'),
  ),
  ...data(
    'G04',
    'arguments that look like a promise',
    turns('{"then":"x","toJSON":"y"}', '{"then":{"then":1},"toString":2}'),
    /then.*toJSON.*then.*toString/,
  ),
  ...data(
    'G05',
    'length and indices as keys',
    turns('{"length":-1,"0":1,"-1":2}', '{"length":9e9}'),
    /length/,
  ),
  ...data('G05', 'length and indices as labels', labels('{"length":"1","0":"a","-1":"b"}')),
]
