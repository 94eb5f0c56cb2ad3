/**
 * Secrets planted everywhere and found nowhere: in the configuration, the environment, files and requests of one
 * gateway with PostgreSQL and Redis, whose upstreams tell all that they hear. Then everything that it wrote or answered
 * is searched. None of them looks like a secret: only knowing them helps.
 */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ENDPOINTS } from '../../src/admin/endpoints.ts'
import { run } from '../../src/cli/testing.fixture.ts'
import { type Artefact, filesIn, leaksIn, type Secrets } from '../servers/canaries.ts'
import { rowsIn } from '../servers/postgres-server.ts'
import { SERVICES_SKIP, services, startRedis } from '../servers/services.ts'
import { startWasat } from '../servers/wasat-process.ts'
import { type Gateway, startGateway } from './rig.ts'
import { entriesIn, settingsIn, startTelltale, type Telltale } from './secrets-rig.ts'

const secret = (place: string) => `canary+of/${place}.7319-mnopqrstuvw`
const CONFIGURED = ['gemini', 'openai', 'anthropic', 'express', 'environment', 'file'] as const
const PLANTED: Secrets = new Map(
  [
    ...CONFIGURED.map((place) => [`the ${place} key`, secret(place)] as const),
    ['the access token of the cloud', secret('token')],
    ['the subject token of the workload', secret('subject')],
    ['the password of PostgreSQL', 'canary-of-postgres-7319'],
    ['the password of Redis', 'canary-of-redis-7319'],
    // Nothing that is valid: it must not be told by the complaint about it, either.
    ['the private key of a service account', 'canaryOfThePrivateKey7319AAAAMIIEvQIBADANBgkqhkiG9w0'],
    ['a key in the query', secret('query')],
    ['a token in the query', secret('access-token')],
    ['a bearer token', secret('bearer')],
    ['a proxy credential', secret('proxy')],
    ['another provider’s header', secret('x-api-key')],
    ['a cookie', secret('cookie')],
    ['a user agent', secret('agent')],
    ['a referrer', secret('referrer')],
  ].map(([place, value]) => [place, value] as [string, string]),
)
const planted = (place: string) => PLANTED.get(place) as string

const WRONG_PLACES: readonly { readonly headers?: Record<string, string>; readonly query?: string }[] = [
  { query: `?key=${encodeURIComponent(planted('a key in the query'))}` },
  { query: `?access_token=${encodeURIComponent(planted('a token in the query'))}` },
  { headers: { authorization: `Bearer ${planted('a bearer token')}` } },
  { headers: { 'proxy-authorization': `Basic ${planted('a proxy credential')}` } },
  { headers: { 'x-api-key': planted('another provider’s header') } },
  { headers: { cookie: `session=${planted('a cookie')}` } },
  { headers: { referer: `http://page/?token=${planted('a referrer')}` } },
]

const UPSTREAMS = ['gemini', 'openai', 'anthropic', 'express', 'environment', 'file', 'workload', 'service']
const TELLS = ['400', '401', '403', '404', '429', '500', '503', 'html', 'stream']

function configOf(url: string, postgres: string, redis: string): string {
  const keys = (place: string) => ({ keys: [secret(place)] })
  const at = (place: string) => ({ baseUrl: `${url}/${place}` })
  return JSON.stringify({
    upstreams: {
      gemini: { kind: 'gemini', ...at('gemini'), ...keys('gemini') },
      openai: { kind: 'openai', ...at('openai'), ...keys('openai'), flags: { api: 'chat' } },
      anthropic: { kind: 'anthropic', ...at('anthropic'), ...keys('anthropic') },
      express: { kind: 'vertex', ...at('express'), ...keys('express') },
      environment: { kind: 'gemini', ...at('environment'), keys: [VARIABLE], credential: 'bearer' },
      file: { kind: 'gemini', ...at('file'), keys: [FILE] },
      workload: { kind: 'vertex', ...at('workload'), project: 'p', credentialsFile: 'workload.json' },
      service: { kind: 'vertex', ...at('service'), project: 'p', credentialsFile: 'service.json' },
      recorder: { kind: 'sandbox', record: 'record', recordings: 'recordings', recordFrom: 'gemini' },
    },
    models: Object.fromEntries([...UPSTREAMS, 'recorder'].map((name) => [`${name}.*`, { targets: [name] }])),
    retries: { attemptsMax: 1 },
    health: { failures: 1_000, credentialParkedFor: '1ms', parkedFor: '1ms' },
    stores: { ledger: postgres, counters: redis },
    log: { level: 'debug' },
    server: { shutdown: { delay: '0s' } },
  })
}
// biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of the configuration file
const [VARIABLE, FILE] = ['${CANARY_KEY}', '${file:key.txt}']

async function writeCredentials(folder: string, url: string): Promise<void> {
  await writeFile(join(folder, 'key.txt'), secret('file'))
  await writeFile(join(folder, 'subject.txt'), secret('subject'))
  const workload = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/tests',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/token`,
    credential_source: { file: join(folder, 'subject.txt'), format: { type: 'text' } },
  }
  await writeFile(join(folder, 'workload.json'), JSON.stringify(workload))
  const pem = `-----BEGIN PRIVATE KEY-----\n${planted('the private key of a service account')}\n-----END PRIVATE KEY-----\n`
  const service = { type: 'service_account', project_id: 'p', client_email: 'a@b.example', private_key: pem }
  await writeFile(join(folder, 'service.json'), JSON.stringify(service))
}

describe('planted secrets', { skip: SERVICES_SKIP }, () => {
  const artefacts: Artefact[] = []
  const add = (name: string, text: string) => void artefacts.push({ name, bytes: Buffer.from(text) })
  let secrets: Secrets = PLANTED
  let settings: ReadonlyMap<string, string>
  let home: string
  let telltale: Telltale

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'wasat-secrets-'))
    telltale = await startTelltale(planted('the access token of the cloud'))
    await writeCredentials(home, telltale.url)
    await mkdir(join(home, 'recordings'))
    const database = await services().postgres.newDatabase()
    const redis = await startRedis(['--requirepass', planted('the password of Redis')])
    const withPassword = (url: string, user: string, place: string) =>
      url.replace(/\/\/(?:wasat@)?/, `//${user}:${planted(place)}@`)
    const redisUrl = withPassword(redis.url, '', 'the password of Redis')
    const postgresUrl = withPassword(database.url, 'wasat', 'the password of PostgreSQL')
    await writeFile(join(home, 'wasat.yaml'), configOf(telltale.url, postgresUrl, redisUrl))
    const env = { CANARY_KEY: secret('environment') }
    const gateway = await startGateway({ args: ['--config', join(home, 'wasat.yaml')], env })
    try {
      const own = new Map([...PLANTED, ['the client key', gateway.key], ['the admin key', gateway.adminKey]])
      secrets = await useAll(gateway, own)
      await commands(gateway, env)
      artefacts.push(...(await entriesIn(redisUrl)))
      await gateway.stop('SIGINT')
      add('its output', gateway.output())
      artefacts.push(...(await rowsIn(database.url)), ...(await filesIn(join(home, 'recordings'))))
      settings = await settingsIn(database.url)
    } finally {
      if (gateway.alive()) await gateway.kill()
      await Promise.all([database.drop(), redis.dispose()])
    }
    await crashes(redisUrl)
  })
  after(async () => {
    await telltale.close()
    await rm(home, { recursive: true })
  })

  /** Asks for everything, and gathers what is told; the secrets that come to be on the way join the others. */
  async function useAll(gateway: Gateway, own: ReadonlyMap<string, string>): Promise<Secrets> {
    const all = new Map(own)
    const made = await admin(gateway, 'POST', '/keys', {
      name: 'canary',
      limits: { requestsPerMinute: 1_000 },
    })
    const { secret: key } = JSON.parse(made) as { secret: string }
    all.set('a key that was made', key)
    const ask = async (model: string, rest: Parameters<Gateway['ask']>[1] = {}, query = '') => {
      const verb = model.includes('stream') ? 'streamGenerateContent?alt=sse' : 'generateContent'
      const { text, headers } = await gateway.ask(`/v1beta/models/${model}:${verb}${query}`, rest)
      add(`the answer of ${model}`, text + JSON.stringify(headers))
    }
    const asKey = { headers: { 'x-goog-api-key': key }, anonymous: true }
    await Promise.all(UPSTREAMS.flatMap((name) => TELLS.map((tells) => ask(`${name}.tell-${tells}`, asKey))))
    await Promise.all(
      WRONG_PLACES.map(({ headers = {}, query }) => ask('gemini.tell-400', { headers }, query)),
    )
    // What a client calls itself travels on, and the upstream may quote it to that client; it is written nowhere.
    const headers = { 'user-agent': `client/${planted('a user agent')}` }
    await gateway.ask('/v1beta/models/gemini.tell-400:generateContent', { headers })
    // A whole answer is the upstream's own content; what is recorded of it is ours.
    await gateway.ask('/v1beta/models/recorder.tell-well:generateContent')
    for (const path of ['/metrics', '/v1beta/models', '/livez', '/readyz']) {
      const { text, headers } = await gateway.ask(path, { method: 'GET' })
      add(path, text + JSON.stringify(headers))
    }
    await administer(gateway)
    return all
  }

  /** Everything that can be read, and each upstream tested. */
  async function administer(gateway: Gateway): Promise<void> {
    const readable = ENDPOINTS.filter(({ method, path }) => method === 'GET' && !path.includes('{'))
    assert.ok(readable.length >= 8)
    const paths = readable.map(({ path }) => path.replace('/admin/v1', ''))
    for (const path of [
      ...paths,
      '/models/gemini.x:explain',
      '/keys/none',
      `/keys/${secret('bearer')}`.slice(0, 12),
    ])
      add(`/admin/v1${path}`, await admin(gateway, 'GET', path))
    await Promise.all(
      UPSTREAMS.map(async (name) =>
        add(`test of ${name}`, await admin(gateway, 'POST', `/upstreams/${name}:test`)),
      ),
    )
  }

  async function admin(gateway: Gateway, method: string, path: string, body?: object): Promise<string> {
    const { text, headers } = await gateway.ask(`/admin/v1${path}`, {
      method,
      anonymous: true,
      headers: { 'x-wasat-admin-key': gateway.adminKey },
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    })
    return path === '/keys' && method === 'POST' ? text : text + JSON.stringify(headers)
  }

  async function commands(gateway: Gateway, env: Record<string, string>): Promise<void> {
    const data = join(home, 'not-there')
    const local = { ...env, WASAT_KEY: gateway.key, WASAT_ADMIN_KEY: gateway.adminKey, WASAT_DATA: data }
    const remote = { ...local, WASAT_URL: gateway.url }
    const locally = [
      'config print',
      'config print --json',
      'config validate',
      'doctor --port 0',
      'doctor --json',
    ]
    const remotely = [
      'upstreams list',
      'upstreams test',
      'keys list --json',
      'models list',
      'usage report --json',
    ]
    for (const [words, environment] of [
      ...locally.map((words) => [words, local] as const),
      ...remotely.map((words) => [words, remote] as const),
    ]) {
      const { stdout, stderr } = await run(words, home, environment)
      assert.ok((stdout + stderr).length > 10, words)
      add(`wasat ${words}`, stdout + stderr)
    }
  }

  /** What ends before it runs says why, and no more. */
  async function crashes(redisUrl: string): Promise<void> {
    const url = `postgres://wasat:${planted('the password of PostgreSQL')}@127.0.0.1:1/none`
    const mistakes = [
      `upstreams: { a: { kind: gemini, keys: "${secret('gemini')}" } }`,
      `upstreams: { a: { kind: gemini, keys: ["${secret('gemini')} and more"] } }`,
      `upstreams: { a: "${secret('gemini')}" }`,
      `upstreams: { a: { kind: gemini, keys: ["${secret('gemini')}"], baseUrl: "http://me:${planted('the password of Redis')}@x" } }`,
      `upstreams: { a: { kind: gemini, keys: ["${secret('gemini')}" }\n`,
      `stores: { ledger: "${url} x", counters: "${redisUrl} x" }`,
      `log: { level: loud }\nstores: { ledger: "${url}" }`,
    ]
    await Promise.all(
      mistakes.map(async (config, index) => {
        const folder = join(home, `mistake-${index}`)
        await mkdir(folder)
        await writeFile(join(folder, 'wasat.yaml'), config)
        for (const words of ['config validate', 'config validate --json', 'doctor --json --port 0']) {
          const { exitCode, stdout, stderr } = await run(words, folder)
          assert.notEqual(exitCode, 0, config)
          add(`mistake ${index} by ${words}`, stdout + stderr)
        }
      }),
    )
    const unreadable = `log: { level: loud }\nupstreams: { a: { kind: gemini, keys: ["${secret('openai')}"] } }`
    await assert.rejects(startWasat({ config: unreadable }), (error: Error) => {
      add('a start that failed', error.message)
      return /ended with/.test(error.message)
    })
  }

  test('[NEV-64] nothing that was planted stands in anything that was written or answered', () => {
    assert.ok(artefacts.length > UPSTREAMS.length * TELLS.length + 40, `${artefacts.length} artefacts`)
    assert.ok(
      artefacts.some(({ name }) => name.startsWith('entry ')),
      'Redis holds something',
    )
    assert.ok(artefacts.some(({ name, bytes }) => name === 'table wasat.requests' && bytes.length > 1_000))
    assert.ok(
      artefacts.some(({ name }) => name.includes('recordings')),
      'something was recorded',
    )
    assert.deepEqual(leaksIn(artefacts, secrets), [])
  })

  test('[NEV-64] the pepper and the seal stand in the settings, and nowhere else', () => {
    assert.deepEqual([...settings.keys()].filter((name) => /pepper|seal/.test(name)).length, 2)
    const hidden = new Map([...settings].filter(([name]) => /pepper|seal/.test(name)))
    const elsewhere = artefacts.filter(({ name }) => name !== 'table wasat.settings')
    assert.deepEqual(leaksIn(elsewhere, hidden), [])
  })
})

test('[NEV-64] what the tests keep as recorded answers has no key in it', async () => {
  const folder = fileURLToPath(new URL('../servers/fixtures', import.meta.url))
  const fixtures = await filesIn(folder)
  assert.ok(fixtures.length > 5)
  for (const { name, bytes } of fixtures)
    assert.doesNotMatch(bytes.toString('latin1'), /AIza[\w-]{35}|\bsk-[\w-]{20,}|ya29\.[\w-]{20,}/, name)
})
