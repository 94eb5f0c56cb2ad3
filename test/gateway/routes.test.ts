/** What is not a model's route: health, metrics, methods, browsers' questions, and paths that lead nowhere. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parsePrometheus } from './prometheus.ts'
import { type Asking, errorOf, type Gateway, startGateway, UNARY } from './rig.ts'

const ALLOWED = 'https://app.example.com'

let plain: Gateway
let named: Gateway
let open: Gateway
before(async () => {
  const cors = (origins: string) => ({ config: `server: { cors: { origins: [${origins}] } }` })
  ;[plain, named, open] = await Promise.all([
    startGateway(),
    startGateway(cors(`"${ALLOWED}", "http://localhost:5173"`)),
    startGateway(cors('"*"')),
  ])
})
after(() => Promise.all([plain, named, open].map((gateway) => gateway.stop('SIGINT'))))

const get = (path: string, asking: Asking = {}) =>
  plain.ask(path, { method: 'GET', anonymous: true, ...asking })
const isCorsHeader = (name: string) => name.startsWith('access-control-')

test('[HEALTH-01] /livez and /readyz answer without a key, by GET and by HEAD', async () => {
  for (const path of ['/livez', '/readyz', '/healthz', '/health']) {
    const answer = await get(path)
    assert.deepEqual([answer.status, answer.text, answer.headers['cache-control']], [200, 'ok\n', 'no-store'])
    const head = await get(path, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '3'])
    const post = await get(path, { method: 'POST' })
    assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD'])
  }
})

test('[METRICS-01] every line of /metrics is Prometheus’ text format, and the counts are right', async () => {
  const gateway = await startGateway()
  try {
    for (let asked = 0; asked < 3; asked++) await gateway.ask(UNARY)
    await gateway.ask(UNARY, { headers: { 'x-goog-api-key': 'wrong-key-of-somebody' } })
    await gateway.ask('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
    await gateway.ask('/v1beta/models', { method: 'GET' })
    const { status, text, headers } = await gateway.ask('/metrics', { method: 'GET', anonymous: true })
    assert.equal(status, 200)
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4; charset=utf-8$/)
    const families = parsePrometheus(text)
    const requests = families.get('wasat_http_requests_total')
    assert.equal(requests?.type, 'counter')
    const count = (verb: string, code: string) =>
      requests?.samples.find(({ labels }) => labels.verb === verb && labels.status === code)?.value
    assert.deepEqual(
      [
        count('generateContent', '200'),
        count('generateContent', '400'),
        count('streamGenerateContent', '200'),
        count('listModels', '200'),
      ],
      [3, 1, 1, 1],
    )
    for (const name of [
      'wasat_http_request_duration_seconds',
      'wasat_time_to_first_token_seconds',
      'wasat_gateway_overhead_seconds',
    ])
      assert.equal(families.get(name)?.type, 'histogram', name)
    for (const name of [
      'wasat_active_streams',
      'wasat_connections',
      'wasat_drains',
      'process_resident_memory_bytes',
    ])
      assert.equal(families.get(name)?.type, 'gauge', name)
    assert.equal(families.get('wasat_active_streams')?.samples[0]?.value, 0)
    assert.equal(families.get('process_cpu_seconds_total')?.type, 'counter')
    assert.ok(!text.includes(process.execPath), 'strangers need not know where Node lies')
    const tokens = families.get('wasat_tokens_total')?.samples.map(({ labels }) => labels)
    assert.ok(tokens?.some(({ model, type }) => model === 'gemini-2.5-flash' && type === 'input'))
  } finally {
    await gateway.stop('SIGINT')
  }
})

test('[METRICS-01] K09 labels are bounded: a thousand model names do not make a thousand series', async () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `made-up-${at}`)
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(
      names.slice(at, at + 50).map((name) => plain.ask(`/v1beta/models/${name}:generateContent`)),
    )
  const { text } = await get('/metrics')
  const series = [...parsePrometheus(text).values()].flatMap(({ samples }) => samples)
  assert.ok(series.length < 1_000, `${series.length} series`)
})

test('[ERR-ROUTE-01] a path that leads nowhere is a 404 in Google’s shape', async () => {
  for (const path of [
    '/',
    '/nowhere',
    '/v2/models',
    '/v1beta/nothing',
    '/v1beta/environments',
    '/livez/more',
    '/metrics/',
  ]) {
    for (const method of ['GET', 'POST']) {
      const answer = await plain.ask(path, { method })
      assert.deepEqual(
        [answer.status, errorOf(answer).code, errorOf(answer).status],
        [404, 404, 'NOT_FOUND'],
        `${method} ${path}`,
      )
      assert.match(String(answer.headers['content-type']), /^application\/json; charset=UTF-8$/)
    }
  }
})

test('[PATH-05] a wrong method is 405 with Allow, in Google’s shape', async () => {
  for (const [path, methods, allow] of [
    [UNARY, ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'], 'POST'],
    ['/v1beta/models', ['POST', 'PUT', 'DELETE', 'OPTIONS'], 'GET'],
    ['/v1beta/models/gemini-2.5-flash', ['POST', 'DELETE'], 'GET'],
  ] as const) {
    for (const method of methods) {
      const answer = await plain.ask(path, { method })
      assert.deepEqual([answer.status, answer.headers.allow], [405, allow], `${method} ${path}`)
      if (method !== 'HEAD') assert.equal(errorOf(answer).code, 405)
    }
  }
})

test('[HEADER-01] every answer has an id of its own, whatever it is', async () => {
  const answers = [
    await get('/livez'),
    await get('/nowhere'),
    await plain.ask(UNARY),
    await plain.ask(UNARY, { method: 'GET' }),
    await get('/admin/v1/keys'),
  ]
  const ids = answers.map(({ headers }) => String(headers['x-request-id']))
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(ids).size, ids.length)
})

test('[HEADER-02] server-timing tells our own time and the upstream’s', async () => {
  const { headers } = await plain.ask(UNARY)
  assert.match(String(headers['server-timing']), /^wasat;dur=\d+\.\d\d, upstream;dur=\d+\.\d$/)
  assert.match(String(headers['x-wasat-upstream']), /^sandbox\/gemini-2\.5-flash$/)
})

const preflight = (gateway: Gateway, origin: string, path = UNARY) =>
  gateway.ask(path, {
    method: 'OPTIONS',
    anonymous: true,
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-goog-api-key',
    },
  })

test('[CORS-01] B38 off by default: no header, and a preflight is a method like any other', async () => {
  const asked = await preflight(plain, ALLOWED)
  assert.deepEqual([asked.status, Object.keys(asked.headers).filter(isCorsHeader)], [405, []])
  const answered = await plain.ask(UNARY, { headers: { origin: ALLOWED } })
  assert.deepEqual([answered.status, Object.keys(answered.headers).filter(isCorsHeader)], [200, []])
})

test('[CORS-01] B38 a browser of an allowed origin may ask and read', async () => {
  const { status, headers, text } = await preflight(named, ALLOWED)
  assert.deepEqual(
    [status, text, headers['access-control-allow-origin'], headers.vary],
    [204, '', ALLOWED, 'Origin'],
  )
  assert.match(String(headers['access-control-allow-methods']), /\bPOST\b/)
  for (const name of ['content-type', 'x-goog-api-key', 'x-goog-api-client', 'authorization'])
    assert.ok(String(headers['access-control-allow-headers']).split(', ').includes(name), name)
  assert.equal(headers['access-control-allow-credentials'], undefined)
  for (const asking of [
    {},
    { headers: { 'x-goog-api-key': 'wrong-key-of-somebody' } },
    { body: '{' },
  ] as Asking[]) {
    const answer = await named.ask(UNARY, { ...asking, headers: { ...asking.headers, origin: ALLOWED } })
    assert.equal(
      answer.headers['access-control-allow-origin'],
      ALLOWED,
      `an error without it cannot be read: ${answer.status}`,
    )
    assert.match(String(answer.headers['access-control-expose-headers']), /x-request-id/)
  }
})

for (const origin of [
  'https://evil.example.com',
  'null',
  'https://app.example.com.evil.com',
  'http://app.example.com',
  'https://APP.example.com:8443',
]) {
  test(`[CORS-01] B38 a browser at ${origin} may not`, async () => {
    const asked = await preflight(named, origin)
    const answered = await named.ask(UNARY, { headers: { origin } })
    for (const { headers } of [asked, answered]) {
      assert.deepEqual(Object.keys(headers).filter(isCorsHeader), [])
      assert.equal(headers.vary, 'Origin')
    }
  })
}

test('[CORS-01] with * every origin may, also that of a file, and none with credentials', async () => {
  for (const origin of ['https://anybody.example', 'null']) {
    const { headers } = await preflight(open, origin)
    assert.deepEqual(
      [headers['access-control-allow-origin'], headers['access-control-allow-credentials']],
      ['*', undefined],
    )
  }
})
