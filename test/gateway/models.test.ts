/** The list of models: what the upstreams offer and what the configuration names, in pages, whoever of them is down. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { type Asking, errorOf, type Gateway, startGateway, until } from './rig.ts'

interface Page {
  readonly models: readonly {
    readonly name: string
    readonly displayName?: string
    readonly inputTokenLimit?: number
  }[]
  readonly nextPageToken?: string
}

let replay: Replay
let gateway: Gateway
before(async () => {
  replay = await startReplay()
  gateway = await startGateway({
    config: `
upstreams:
  replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] }
  down: { kind: gemini, baseUrl: "http://127.0.0.1:1", keys: ["upstream-key"] }
  sandbox: { kind: sandbox }
models:
  "gemini-*": { targets: [replay, sandbox] }
  "imagined-*": { targets: [down] }
  fast: { targets: [{ upstream: replay, model: gemini-2.5-flash }] }
  lost: { targets: [{ upstream: down, model: some-model }] }
`,
  })
})
after(async () => {
  await gateway.stop('SIGINT')
  await replay.close()
})

const get = (path: string, asking: Asking = {}) => gateway.ask(path, { method: 'GET', ...asking })

async function page(path: string, asking: Asking = {}): Promise<Page> {
  const { status, text } = await get(path, asking)
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

test('[MODELS-01] upstream, sandbox and aliases in one list, each name once, though an upstream is down', async () => {
  const { models } = await page('/v1beta/models?pageSize=1000')
  const names = models.map(({ name }) => name)
  assert.deepEqual(names, [...new Set(names)])
  assert.deepEqual(names, [...names].sort())
  for (const name of ['models/gemini-2.5-flash', 'models/fast', 'models/lost', 'models/gemini-2.0-flash'])
    assert.ok(names.includes(name), `${name} is missing`)
  // Both the replay and the sandbox have it; the replay is asked first and so describes it.
  const shared = models.find(({ name }) => name === 'models/gemini-2.5-flash')
  assert.equal((shared as { version?: string }).version, '001')
  for (const name of names)
    assert.ok(name.startsWith('models/gemini-') || ['models/fast', 'models/lost'].includes(name), name)
})

test('[MODELS-01] the failure of an upstream is in the log, and it is asked again only after a while', async () => {
  await page('/v1beta/models')
  await page('/v1beta/models')
  const told = () => gateway.output().split('models could not be listed').length - 1
  await until('it is told', () => told() > 0)
  assert.equal(told(), 1)
})

const CARRIERS: readonly [string, (key: string) => { query?: string; asking: Asking }][] = [
  ['x-goog-api-key', () => ({ asking: {} })],
  [
    'Authorization: Bearer',
    (key) => ({ asking: { anonymous: true, headers: { authorization: `Bearer ${key}` } } }),
  ],
  ['?key=', (key) => ({ query: `&key=${key}`, asking: { anonymous: true } })],
]

for (const [name, carry] of CARRIERS) {
  for (const [size, token] of [
    ['pageSize', 'pageToken'],
    ['page_size', 'page_token'],
  ] as const) {
    test(`[MODELS-02] page by page with ${size} and the key by ${name}`, async () => {
      const { query = '', asking } = carry(gateway.key)
      const whole = await page(`/v1beta/models?pageSize=1000${query}`, asking)
      const names: string[] = []
      let next: string | undefined = ''
      while (next !== undefined) {
        const part: Page = await page(`/v1beta/models?${size}=2&${token}=${next}${query}`, asking)
        assert.ok(part.models.length === 2 || part.nextPageToken === undefined)
        names.push(...part.models.map((model) => model.name))
        assert.ok(names.length <= whole.models.length, 'the pages never end')
        next = part.nextPageToken
      }
      assert.deepEqual(
        names,
        whole.models.map((model) => model.name),
      )
      assert.equal(whole.nextPageToken, undefined)
    })
  }
}

for (const query of ['pageSize=-1', 'pageSize=ten', 'pageSize=1.5', 'pageToken=!!!', 'pageToken=Zm9v']) {
  test(`[MODELS-02] ${query} is refused`, async () => {
    const refused = await get(`/v1beta/models?${query}`)
    assert.deepEqual([refused.status, errorOf(refused).status], [400, 'INVALID_ARGUMENT'])
  })
}

test('[MODELS-02] a size of nothing is the usual one, an enormous one is bounded', async () => {
  for (const size of ['', '0', '50', '1000000'])
    assert.ok((await page(`/v1beta/models?pageSize=${size}`)).models.length > 2, size)
})

test('[MODELS-03] one model under its own name and under its alias, in every version', async () => {
  for (const version of ['v1beta', 'v1', 'v1alpha', 'v1beta1']) {
    const model = JSON.parse((await get(`/${version}/models/gemini-2.5-flash`)).text)
    assert.deepEqual([model.name, model.inputTokenLimit], ['models/gemini-2.5-flash', 1_048_576])
  }
  const alias = JSON.parse((await get('/v1beta/models/fast')).text)
  assert.deepEqual([alias.name, alias.inputTokenLimit], ['models/fast', 1_048_576])
  assert.equal(JSON.parse((await get('/v1beta/models/lost')).text).name, 'models/lost')
})

test('[MODELS-03] an unknown model is 404, as is one that no route leads to', async () => {
  for (const name of ['gemini-nobody', 'imagined-1', 'some-model']) {
    const refused = await get(`/v1beta/models/${name}`)
    assert.deepEqual([refused.status, errorOf(refused).status], [404, 'NOT_FOUND'], name)
  }
})

test('[MODELS-01] when every upstream is down the list is a 503, and the gateway lives on', async () => {
  const alone = await startGateway({
    config: `
upstreams:
  one: { kind: gemini, baseUrl: "http://127.0.0.1:1", keys: ["upstream-key-one"] }
  two: { kind: gemini, baseUrl: "http://127.0.0.1:1/path", keys: ["upstream-key-two"] }
models: { "gemini-*": { targets: [one, two] } }
`,
  })
  try {
    for (const path of ['/v1beta/models', '/v1beta/models/gemini-2.5-flash']) {
      const refused = await alone.ask(path, { method: 'GET' })
      assert.deepEqual([refused.status, errorOf(refused).status], [503, 'UNAVAILABLE'], refused.text)
    }
    assert.equal((await alone.ask('/livez', { method: 'GET' })).status, 200)
  } finally {
    await alone.stop('SIGINT')
  }
})
