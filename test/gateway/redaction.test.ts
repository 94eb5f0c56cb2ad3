/** K12, K13: secrets are planted wherever a request or an answer has room; then everything that we wrote is searched. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { ASK, dataFolder, type Gateway, type Received, SSE_HEADERS, sseEvent, startGateway } from './rig.ts'

/** Each place has a secret of its own, so that a hit names its place. They look as real ones do. */
const secret = (place: string) => `wst_canary_${place}-0123456789abcdefghijklmnopqrstuvwxyz`
const UPSTREAM_KEY = 'AIzaSyCanaryOfTheUpstream0123456789abcdef'
/** Neither looks like a key nor is known to anybody: only not writing it down helps. */
const PLAIN = 'the-plainest-of-canaries-7319'

interface Plant {
  readonly place: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether the gateway's own key comes along. */
  readonly anonymous?: boolean
  /** What must not be anywhere. Default: the secret of the place. */
  readonly hidden?: string
  /** The client may be told its own words again. */
  readonly echoes?: boolean
}

const MODEL_PATH = '/v1beta/models/gemini-2.5-flash:generateContent'
const text = (words: string) => JSON.stringify({ contents: [{ parts: [{ text: words }] }] })

const PLANTS: readonly Plant[] = [
  { place: 'x-goog-api-key', anonymous: true, headers: { 'x-goog-api-key': secret('x-goog-api-key') } },
  {
    place: 'authorization',
    anonymous: true,
    headers: { authorization: `Bearer ${secret('authorization')}` },
  },
  { place: 'basic', headers: { authorization: `Basic ${PLAIN}` }, hidden: PLAIN },
  { place: 'key', anonymous: true, path: `${MODEL_PATH}?key=${secret('key')}` },
  { place: 'access_token', anonymous: true, path: `${MODEL_PATH}?access_token=${secret('access_token')}` },
  { place: 'two-keys', headers: { authorization: `Bearer ${secret('two-keys')}` } },
  { place: 'query', path: `${MODEL_PATH}?whatever=${PLAIN}`, hidden: PLAIN },
  { place: 'alt', path: `${MODEL_PATH}?alt=${secret('alt')}`, echoes: true },
  { place: 'cookie', headers: { cookie: `session=${PLAIN}` }, hidden: PLAIN },
  { place: 'header', headers: { 'x-secret': PLAIN, referer: `http://x/${PLAIN}` }, hidden: PLAIN },
  {
    place: 'user-agent',
    headers: { 'user-agent': secret('user-agent'), 'x-goog-api-client': secret('user-agent') },
  },
  { place: 'x-request-id', headers: { 'x-request-id': secret('x-request-id') } },
  { place: 'prompt', body: text(PLAIN), hidden: PLAIN },
  { place: 'bad-json', body: `{"contents":"${PLAIN}",}`, hidden: PLAIN },
  { place: 'twice', body: `{"contents":[],"contents":"${PLAIN}"}`, hidden: PLAIN },
  {
    place: 'system',
    path: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
    body: text(PLAIN),
    hidden: PLAIN,
  },
  { place: 'path', path: `/nowhere/${secret('path')}` },
  { place: 'model', path: `/v1beta/models/${secret('model')}:generateContent`, echoes: true },
  { place: 'get-model', path: `/v1beta/models/${secret('get-model')}`, method: 'GET', echoes: true },
  { place: 'verb', path: `/v1beta/models/gemini-2.5-flash:${secret('verb')}`, echoes: true },
  {
    place: 'admin',
    path: '/admin/v1/keys',
    method: 'GET',
    headers: { 'x-wasat-admin-key': secret('admin') },
  },
  {
    place: 'admin-body',
    path: '/admin/v1/keys',
    headers: { 'x-wasat-admin-key': 'ADMIN' },
    body: `{"nome":"${PLAIN}"}`,
    hidden: PLAIN,
  },
  {
    place: 'admin-id',
    path: `/admin/v1/keys/${secret('admin-id')}`,
    method: 'GET',
    headers: { 'x-wasat-admin-key': 'ADMIN' },
    echoes: true,
  },
]

const echoing = (status: number): Script => ({
  status,
  body: Buffer.from(
    JSON.stringify({
      error: {
        code: status,
        message: `bad request to https://up/?key=${UPSTREAM_KEY}`,
        status: 'X',
        details: [{ key: UPSTREAM_KEY }],
      },
    }),
  ),
  framing: 'content-length',
})
/** What an upstream says that quotes our own key, K13. */
const TELLTALES: Readonly<Record<string, Script>> = {
  'gemini-error-400': echoing(400),
  'gemini-error-401': echoing(401),
  'gemini-error-500': echoing(500),
  'gemini-error-in-200': { ...echoing(200) },
  'gemini-error-html': {
    status: 500,
    body: Buffer.from(`<html>${UPSTREAM_KEY}</html>`),
    framing: 'content-length',
  },
  'gemini-error-in-stream': {
    headers: SSE_HEADERS,
    body: Buffer.from(
      `${sseEvent({ text: 'a', total: 5 })}data: {"error":{"code":503,"message":"no key=${UPSTREAM_KEY}","status":"UNAVAILABLE"}}\r\n\r\n`,
    ),
    framing: 'chunked',
  },
  'gemini-first-event': {
    headers: SSE_HEADERS,
    body: Buffer.from(
      `data: {"error":{"code":503,"message":"no key=${UPSTREAM_KEY}","status":"UNAVAILABLE"}}\r\n\r\n`,
    ),
    framing: 'chunked',
  },
}

let replay: Replay
let gateway: Gateway
let written: string
let files: ReadonlyMap<string, string>
const answers = new Map<string, Received>()

before(async () => {
  replay = await startReplay()
  await replay.keys([UPSTREAM_KEY])
  const folder = await dataFolder()
  gateway = await startGateway({
    dataFolder: folder.path,
    config: `
upstreams:
  replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["${UPSTREAM_KEY}"] }
  wrong: { kind: gemini, baseUrl: "${replay.url}", keys: ["${UPSTREAM_KEY}-that-is-wrong"] }
models:
  "gemini-*": { targets: [replay] }
  refused: { targets: [wrong] }
log: { level: debug }
`,
  })
  for (const plant of PLANTS) answers.set(plant.place, await sow(plant))
  for (const [model, script] of Object.entries(TELLTALES)) {
    await replay.script(model, script)
    const verb = script.headers === SSE_HEADERS ? 'streamGenerateContent?alt=sse' : 'generateContent'
    answers.set(model, await gateway.ask(`/v1beta/models/${model}:${verb}`))
  }
  answers.set('refused', await gateway.ask('/v1beta/models/refused:generateContent'))
  answers.set('models', await gateway.ask('/v1beta/models', { method: 'GET' }))
  answers.set('metrics', await gateway.ask('/metrics', { method: 'GET', anonymous: true }))
  assert.equal(await gateway.stop('SIGINT'), 0)
  written = gateway.output()
  files = await contentOf(folder.path)
  await folder.remove()
})
after(() => replay.close())

function sow(plant: Plant): Promise<Received> {
  const headers = Object.entries(plant.headers ?? {}).map(([name, value]) => [
    name,
    value === 'ADMIN' ? gateway.adminKey : value,
  ])
  return gateway.ask(plant.path ?? MODEL_PATH, {
    method: plant.method ?? 'POST',
    headers: Object.fromEntries(headers),
    anonymous: plant.anonymous === true,
    ...((plant.method ?? 'POST') === 'POST' && { body: plant.body ?? ASK }),
  })
}

async function contentOf(path: string): Promise<Map<string, string>> {
  const names = await readdir(path, { recursive: true, withFileTypes: true })
  const plain = names.filter((entry) => entry.isFile())
  return new Map(
    await Promise.all(
      plain.map(
        async (entry) => [entry.name, await readFile(join(entry.parentPath, entry.name), 'latin1')] as const,
      ),
    ),
  )
}

for (const plant of PLANTS) {
  const hidden = plant.hidden ?? secret(plant.place)
  test(`[REDACT-01] K12 a secret in ${plant.place} is in no log line and no file`, () => {
    assert.ok(!written.includes(hidden), linesWith(hidden))
    for (const [name, content] of files) assert.ok(!content.includes(hidden), `${name} holds it`)
  })
  if (plant.echoes) continue
  test(`[REDACT-01] K12 a secret in ${plant.place} is in no answer`, () => {
    const { status, text, headers } = answers.get(plant.place) as Received
    assert.ok(!text.includes(hidden) && !JSON.stringify(headers).includes(hidden), `${status}: ${text}`)
  })
}

for (const place of [...Object.keys(TELLTALES), 'refused', 'models', 'metrics']) {
  test(`[REDACT-01] K13 the upstream’s key is not told to the client: ${place}`, () => {
    const { text, headers } = answers.get(place) as Received
    assert.ok(!text.includes(UPSTREAM_KEY) && !JSON.stringify(headers).includes(UPSTREAM_KEY), text)
  })
}

test('[REDACT-01] K13 the upstream’s key is in no log line and no file', () => {
  assert.ok(!written.includes(UPSTREAM_KEY), linesWith(UPSTREAM_KEY))
  for (const [name, content] of files) assert.ok(!content.includes(UPSTREAM_KEY), `${name} holds it`)
})

test('[REDACT-01] neither the client key nor the admin key is written anywhere', () => {
  for (const key of [gateway.key, gateway.adminKey]) {
    assert.ok(!written.includes(key), linesWith(key))
    for (const [name, content] of files) assert.ok(!content.includes(key), `${name} holds it`)
  }
})

test('[LOG-01] K03 what was written is one JSON object a line, and there is one for each request', () => {
  const lines = written.split('\n').filter((line) => line.startsWith('{'))
  const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  assert.ok(requests.length >= 20, `${requests.length} lines`)
  assert.ok(files.size > 0 && [...files.values()].some((content) => content.includes('gemini-2.5-flash')))
})

function linesWith(hidden: string): string {
  const lines = written.split('\n').filter((line) => line.includes(hidden))
  return `written ${lines.length} times, first: ${lines[0]}`
}
