/** Table B: request target, host and path. Refused with 400 unless a row says otherwise. */
import { CLIENT_KEY } from '../servers/wasat-process.ts'
import {
  BODY,
  type Case,
  type Expectation,
  FORWARDED,
  GENERATE,
  MODEL_NOT_FOUND,
  NO_KEY,
  NOT_FOUND,
  REFUSED,
  REFUSED_CLOSE,
  request,
  row,
} from './case.ts'

const FORWARDED_WHOLE: Expectation = { ...FORWARDED, arrives: Buffer.from(BODY) }
const STREAM = '/v1beta/models/gemini-2.5-flash:streamGenerateContent'

const withHost = (line: string) => request({ without: ['host'], headers: line ? [line] : [] })
const post = (target: string) => request({ target })
const get = (target: string) => request({ method: 'GET', target })
/** A generateContent call for a model as it is written in the path. */
const model = (name: string) => post(`/v1beta/models/${name}:generateContent`)

const hosts: Case[] = [
  ...row('B01', REFUSED, { 'no Host': withHost('') }),
  ...row('B02', REFUSED, {
    'two hosts': withHost('Host: gateway.test\r\nHost: evil.test'),
    'two hosts, the same': withHost('Host: gateway.test\r\nHost: gateway.test'),
  }),
  ...row('B03', REFUSED, {
    'a host with a question mark': withHost('Host: foo?'),
    'a host with a path': withHost('Host: a/livez?x='),
    'a host with a fragment': withHost('Host: a#'),
    'a host with user info': withHost('Host: a@b'),
  }),
  ...row('B04', REFUSED, { 'an empty host': withHost('Host: ') }),
]

const forms: Case[] = [
  ...row('B05', REFUSED, {
    'an absolute address': post('http://evil.test/v1beta/models/gemini-2.5-flash:generateContent'),
  }),
  ...row('B06', REFUSED, { 'GET *': get('*') }),
  ...row(
    'B06',
    { status: 204 },
    { 'OPTIONS *': request({ method: 'OPTIONS', target: '*' }) },
    { method: 'OPTIONS' },
  ),
  ...row('B07', NOT_FOUND, { 'a path that looks like an authority': get('//evil.test/x') }),
]

const tricks: Case[] = [
  ...row('B08', REFUSED, { 'dot segments': get('/v1beta/models/../../admin') }),
  ...row('B09', REFUSED, { 'encoded dot segments': model('%2e%2e/%2e%2e/admin') }),
  ...row('B10', REFUSED, {
    'half encoded dots': model('.%2e/admin'),
    'encoded dots and slash': model('%2E%2E%2Fadmin'),
    'dots and encoded slashes': model('..%2f..%2fadmin'),
    'encoded twice': model('%252e%252e%252fadmin'),
  }),
  ...row('B11', REFUSED, {
    'dots with a semicolon': get('/v1beta/models/..;/admin'),
    'dots with a parameter': get('/v1beta/..;foo=bar/admin'),
  }),
  ...row('B12', REFUSED, {
    'a backslash': post('/v1beta\\models\\gemini-2.5-flash:generateContent'),
    'an encoded backslash': model('..%5cadmin'),
    'an encoded backslash in a name': model('gemini-2.5%5cflash'),
  }),
  ...row('B13', REFUSED, {
    'NUL in a model': model('gemini-2.5-flash%00'),
    'a header smuggled into a model': model('gemini-2.5-flash%0d%0aX-Evil:1'),
    'a tab in a model': model('gemini-2.5-flash%09'),
    'DEL in a model': model('gemini-2.5-flash%7f'),
  }),
  ...row('B14', REFUSED, {
    'no hexadecimal digits': model('gemini-%zz'),
    'a percent sign alone': model('gemini-%'),
    'one digit': model('gemini-%f'),
    'a byte that is no UTF-8': model('gemini-%ff'),
    'overlong dots': model('%c0%ae%c0%ae'),
  }),
  ...row('B15', REFUSED_CLOSE, {
    'raw UTF-8': model('gemini-\xc3\xa9'),
    'a space': model('gemini flash'),
    'a tab': model('gemini\tflash'),
    NUL: model('gemini\x00flash'),
  }),
  ...row('B16', REFUSED, { 'a fragment': post(`${GENERATE}#frag`) }),
]

const grammar: Case[] = [
  ...row(
    'B17',
    { ...FORWARDED_WHOLE, arrivesHead: { is: /^POST \/v1beta\/models\/gemini-x:generateContent / } },
    { 'an encoded colon': post('/v1beta/models/gemini-x%3AgenerateContent') },
  ),
  ...row('B18', NOT_FOUND, {
    'the verb twice': post(`${GENERATE}:generateContent`),
    'an empty verb': post('/v1beta/models/gemini-2.5-flash:'),
    'an empty model': post('/v1beta/models/:generateContent'),
    'a verb in lower case': post('/v1beta/models/gemini-2.5-flash:generatecontent'),
    'two colons': post('/v1beta/models/gemini-2.5-flash::generateContent'),
  }),
  ...row('B19', NOT_FOUND, { 'a slash at the end': post(`${GENERATE}/`) }),
  // A base URL that ends in a slash makes these, so they are the same path.
  ...row('B19', FORWARDED_WHOLE, {
    'repeated slashes': post('//v1beta///models/gemini-2.5-flash:generateContent'),
  }),
  ...row('B20', FORWARDED_WHOLE, {
    v1: post('/v1/models/gemini-2.5-flash:generateContent'),
    v1alpha: post('/v1alpha/models/gemini-2.5-flash:generateContent'),
    v1beta1: post('/v1beta1/models/gemini-2.5-flash:generateContent'),
  }),
  ...row('B20', NOT_FOUND, {
    V1BETA: post('/V1BETA/models/gemini-2.5-flash:generateContent'),
    v2: post('/v2/models/gemini-2.5-flash:generateContent'),
  }),
  ...row('B21', NOT_FOUND, {
    'a name of three segments': model('a/b/c'),
    'a tuned model that is not there': post('/v1beta/tunedModels/x:generateContent'),
    'a publisher below models': model('publishers/google/models/m'),
  }),
  ...row(
    'B21',
    {
      ...FORWARDED_WHOLE,
      arrivesHead: { is: /^POST \/v1[a-z0-9]*\/models\/gemini-2\.5-flash:generateContent / },
    },
    {
      "Vertex's short path": post('/v1beta/publishers/google/models/gemini-2.5-flash:generateContent'),
      "Vertex's full path": post(
        '/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent',
      ),
    },
  ),
  ...row(
    'B22',
    { status: [400, 404] },
    {
      '257 characters': model(`gemini-${'m'.repeat(250)}`),
      '8 000 characters': model(`gemini-${'m'.repeat(7993)}`),
      'one character': model('x'),
      'no character': model(''),
    },
  ),
  ...row('B23', REFUSED, { 'a query inside the name': model('gemini-2.5-flash%3Fkey%3DEVIL%26x%3D') }),
]

const names: Case[] = [
  ...row('B24', MODEL_NOT_FOUND, {
    'the name __proto__': model('__proto__'),
    constructor: model('constructor'),
    toString: model('toString'),
    hasOwnProperty: model('hasOwnProperty'),
  }),
  ...row('B25', MODEL_NOT_FOUND, {
    'a fullwidth letter': model(encodeURIComponent('ｇemini-2.5-flash')),
    'a Cyrillic letter': model(encodeURIComponent('gеmini-2.5-flash')),
    'a right-to-left override': model(encodeURIComponent('gemini-2.5-\u202eflash')),
    'a zero-width joiner': model(encodeURIComponent('gemini-2.5-flash\u200d')),
    'an emoji': model(encodeURIComponent('gemini-😀')),
  }),
  ...row('B26', MODEL_NOT_FOUND, {
    'other case': model('GEMINI-2.5-FLASH'),
    'a space at the end': model('gemini-2.5-flash%20'),
    'a dot at the end': model('gemini-2.5-flash.'),
  }),
]

const noHeaderKey = (target: string) => request({ target, without: ['key'] })

const queries: Case[] = [
  ...row('B27', REFUSED, {
    'two different keys': noHeaderKey(`${GENERATE}?key=${CLIENT_KEY}&key=b`),
    'two different keys, the right one last': noHeaderKey(`${GENERATE}?key=b&key=${CLIENT_KEY}`),
  }),
  ...row('B27', NO_KEY, {
    'key[]': noHeaderKey(`${GENERATE}?key[]=${CLIENT_KEY}`),
    'an empty key': noHeaderKey(`${GENERATE}?key=`),
    'KEY in capitals': noHeaderKey(`${GENERATE}?KEY=${CLIENT_KEY}`),
  }),
  ...row('B28', REFUSED, {
    'alt twice': post(`${STREAM}?alt=sse&alt=json`),
    'alt=proto': post(`${GENERATE}?alt=proto`),
  }),
  ...row(
    'B28',
    { ...FORWARDED_WHOLE, headers: { 'content-type': /^application\/json/ } },
    { 'alt=sse on generateContent': post(`${GENERATE}?alt=sse`) },
  ),
  ...row(
    'B28',
    {
      ...FORWARDED_WHOLE,
      headers: { 'content-type': /^application\/json/ },
      body: { is: /^\[\{[\s\S]+\]\n$/ },
    },
    { 'no alt on streamGenerateContent': post(STREAM) },
  ),
  ...row('B29', FORWARDED_WHOLE, {
    'an empty $alt': post(`${GENERATE}?$alt=`),
    prettyPrint: post(`${GENERATE}?prettyPrint=true`),
    fields: post(`${GENERATE}?fields=candidates`),
    upload_protocol: post(`${GENERATE}?upload_protocol=raw`),
    quotaUser: post(`${GENERATE}?quotaUser=someone`),
  }),
  ...row(
    'B29',
    { ...FORWARDED_WHOLE, body: { not: /evilCallback/ } },
    { callback: post(`${GENERATE}?callback=evilCallback`) },
  ),
  ...row(
    'B30',
    { status: [400, 431] },
    {
      '10 000 parameters': post(`${GENERATE}?a${'&a'.repeat(9999)}`),
      '4 000 parameters': post(`${GENERATE}?a${'&a'.repeat(3999)}`),
      'a value of 8 KB': post(`${GENERATE}?x=${'y'.repeat(8192)}`),
    },
  ),
]

const NOT_ADMIN: Expectation = {
  status: [400, 401, 403, 404],
  errorBody: 'any',
  body: { not: /"keys"|wst_/ },
}
const disguised = (target: string) => ({
  [`${target} without a key`]: request({ method: 'GET', target, without: ['key'] }),
  [`${target} with a client's key`]: get(target),
})

const other: Case[] = [
  ...[
    '/admin%2fv1%2fkeys',
    '//admin/v1/keys',
    '/admin/./v1/keys',
    '/ADMIN/v1/keys',
    '/admin/v1/keys/%2e',
  ].flatMap((target) => row('B31', NOT_ADMIN, disguised(target))),
  ...[
    '/assets/../../etc/passwd',
    '/assets/%2e%2e%2f%2e%2e%2fetc/passwd',
    '/console/..%5c..%5cetc/passwd',
    '/.env',
    '/.git/config',
    '/console/index.js.map',
  ].flatMap((target) =>
    row('B32', { status: [400, 404], body: { not: /root:/ }, errorBody: 'any' }, { [target]: get(target) }),
  ),
  ...row('B33', { status: 200, body: { not: /admin/ } }, { 'a query behind livez': get('/livez?x=/admin') }),
  ...row('B33', { status: [400, 404] }, { 'dots behind livez': get('/livez/../admin/v1/keys') }),
  ...row('B34', FORWARDED_WHOLE, {
    'X-HTTP-Method-Override': request({ headers: ['X-HTTP-Method-Override: DELETE'] }),
    _method: post(`${GENERATE}?_method=DELETE`),
    'X-Original-URL': request({ headers: ['X-Original-URL: /admin/v1/keys'] }),
    'X-Rewrite-URL': request({ headers: ['X-Rewrite-URL: /admin/v1/keys'] }),
  }),
  ...['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'TRACE'].flatMap((method) =>
    row(
      'B35',
      { status: 405, headers: { allow: /POST/ }, body: { not: /canary-echo/ } },
      { [method]: request({ method, headers: ['X-Canary: canary-echo'] }) },
      { method },
    ),
  ),
  ...row('B36', REFUSED_CLOSE, {
    'an unknown method': request({ method: 'FOO', body: BODY }),
    'a method in lower case': request({ method: 'post', body: BODY }),
  }),
  ...row('B37', FORWARDED_WHOLE, {
    'X-Forwarded-For': request({ headers: ['X-Forwarded-For: 1.1.1.1, 127.0.0.1'] }),
    Forwarded: request({ headers: ['Forwarded: for="[::1]"'] }),
    '1 000 hops': request({ headers: [`X-Forwarded-For: ${Array(1000).fill('1.1.1.1').join(', ')}`] }),
  }),
]

const NO_CORS = {
  'access-control-allow-origin': 'absent',
  'access-control-allow-credentials': 'absent',
} as const
const preflight = (origin: string) =>
  request({ method: 'OPTIONS', headers: [`Origin: ${origin}`, 'Access-Control-Request-Method: POST'] })

const origins: Case[] = [
  ...row(
    'B38',
    { status: [200, 204, 403, 404, 405], headers: NO_CORS },
    {
      'a preflight of origin null': preflight('null'),
      'a preflight of an evil origin': preflight('https://evil.test'),
    },
    { method: 'OPTIONS' },
  ),
  ...row(
    'B38',
    { ...FORWARDED_WHOLE, headers: NO_CORS },
    { 'a call of an evil origin': request({ headers: ['Origin: https://evil.test'] }) },
  ),
]

export const rowsB: readonly Case[] = [
  ...hosts,
  ...forms,
  ...tricks,
  ...grammar,
  ...names,
  ...queries,
  ...other,
  ...origins,
]
