/** Routes of a key and of its project, on the whole line: whatever asks for a model is led by them, and nobody else is. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Asking, errorOf, type Gateway, type Received, startGateway } from './rig.ts'

const ASKED = '{"contents":[{"parts":[{"text":"How many waves?"}]}]}'

let gateway: Gateway
before(async () => {
  gateway = await startGateway({
    config: `
upstreams: { here: { kind: sandbox }, there: { kind: sandbox } }
models:
  fast: { targets: [{ upstream: here, model: gemini-2.5-flash }] }
  fast-eu: { targets: [{ upstream: there, model: gemini-2.5-pro }] }
  vectors: { targets: [{ upstream: here, model: gemini-embedding-001 }] }
`,
  })
})
after(() => gateway.stop('SIGINT'))

// biome-ignore lint/suspicious/noExplicitAny: what a test looks for in a JSON answer is its own business
async function admin(method: string, path: string, body?: object): Promise<any> {
  const headers = { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const { status, text } = await gateway.ask(`/admin/v1/${path}`, {
    method,
    headers,
    anonymous: true,
    ...sent,
  })
  assert.ok(status < 300, text)
  return JSON.parse(text)
}

const withKey = (key: string, path: string, asking: Asking = {}): Promise<Received> =>
  gateway.ask(`/v1beta/${path}`, {
    anonymous: true,
    headers: { 'x-goog-api-key': key },
    body: ASKED,
    ...asking,
  })

async function placeOf(answer: Promise<Received>): Promise<unknown> {
  const { status, headers, text } = await answer
  assert.equal(status, 200, text)
  return headers['x-wasat-upstream']
}

test('[NEV-25] all that a key asks for goes where its route leads, is paid there, and is listed by its own name', async () => {
  const { project } = await admin('POST', 'projects', {
    ...{ name: 'team', routes: { vectors: 'there/gemini-embedding-001', fast: 'here/gemini-2.0-flash' } },
  })
  const { secret, key, budget } = await admin('POST', 'keys', {
    ...{ name: 'eu', models: ['fast', 'vectors'], projectId: project.id, routes: { fast: 'fast-eu' } },
    budget: { limitUsd: '5', period: 'day' },
  })
  assert.ok(budget.id)
  const eu = 'there/gemini-2.5-pro'
  const asked = [
    withKey(secret, 'models/fast:generateContent'),
    withKey(secret, 'models/fast:streamGenerateContent?alt=sse'),
    withKey(secret, 'models/fast:countTokens'),
  ]
  assert.deepEqual(await Promise.all(asked.map(placeOf)), [eu, eu, eu])
  const embed = withKey(secret, 'models/vectors:embedContent', {
    body: '{"content":{"parts":[{"text":"a"}]}}',
  })
  assert.equal(await placeOf(embed), 'there/gemini-embedding-001')
  const { models } = JSON.parse((await withKey(secret, 'models', { method: 'GET', body: '' })).text)
  assert.deepEqual(
    models.map(({ name }: { name: string }) => name),
    ['models/fast', 'models/vectors'],
  )
  // Its list of models judges the name that it said, not the one that this leads to.
  assert.equal((await withKey(secret, 'models/fast-eu:generateContent')).status, 404)
  assert.equal(await placeOf(gateway.ask('/v1beta/models/fast:generateContent')), 'here/gemini-2.5-flash')
  const rows = (await admin('GET', `usage?by=model&key=${key.id}`)).usage
  assert.deepEqual(rows.map(({ model }: { model: string }) => model).toSorted(), ['fast', 'vectors'])
})

test('[NEV-25] what is cached for a name is cached where the route leads, and read there', async () => {
  const { secret } = await admin('POST', 'keys', {
    name: 'caching',
    routes: { mine: ['there/gemini-2.5-pro'] },
  })
  const text = 'The lighthouse keeper counts the waves. '.repeat(600)
  const made = await withKey(secret, 'cachedContents', {
    body: JSON.stringify({ model: 'models/mine', contents: [{ role: 'user', parts: [{ text }] }] }),
  })
  assert.equal(made.status, 200, made.text)
  const cachedContent = JSON.parse(made.text).name
  const body = JSON.stringify({ ...JSON.parse(ASKED), cachedContent })
  assert.equal(
    await placeOf(withKey(secret, 'models/mine:generateContent', { body })),
    'there/gemini-2.5-pro',
  )
})

test('[NEV-25] a change counts at once; a route that leads nowhere is 404, and the log says which', async () => {
  const { secret, key } = await admin('POST', 'keys', { name: 'changing', routes: { '*': 'fast-eu' } })
  const ask = () => withKey(secret, 'models/anything:generateContent')
  assert.equal(await placeOf(ask()), 'there/gemini-2.5-pro')
  await admin('PATCH', `keys/${key.id}`, { routes: { '*': 'fast' } })
  assert.equal(await placeOf(ask()), 'here/gemini-2.5-flash')
  const { explanation } = await admin('GET', `models/anything:explain?key=${key.id}`)
  assert.deepEqual(
    [explanation.override, explanation.entry],
    [{ of: 'key', id: key.id, pattern: '*', to: 'fast' }, 'fast'],
  )
  await admin('PATCH', `keys/${key.id}`, { routes: { '*': 'gone/model' } })
  const refused = await ask()
  assert.deepEqual([refused.status, errorOf(refused).status], [404, 'NOT_FOUND'])
  assert.match(errorOf(refused).message, /^models\/anything is not found for API version v1beta/)
  const line = await gateway.logged(String(refused.headers['x-request-id']))
  assert.match(JSON.stringify(line), /routes \\"\*\\" to \\"gone\/model\\", which leads nowhere/)
})
