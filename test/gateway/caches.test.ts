/** Cached contents on the real process, in front of the sandbox. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dataFolder, type Gateway, MODEL, startGateway } from './rig.ts'
import { type Heard, uploading } from './upload-client.ts'

const CACHES = '/v1beta/cachedContents'
const TEXT = 'The lighthouse keeper counts the waves. '.repeat(300)

let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
before(async () => {
  folder = await dataFolder()
  gateway = await startGateway({ dataFolder: folder.path })
})
after(async () => {
  await gateway.stop('SIGINT')
  await folder.remove()
})

const send = (path: string, body?: object, method = 'POST'): Promise<Heard> =>
  uploading(gateway).send(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const cache = (rest: object = {}) =>
  send(CACHES, { model: `models/${MODEL}`, contents: { parts: { text: TEXT } }, ...rest })
const ask = (cachedContent: string, rest: object = {}, model = MODEL) =>
  send(`/v1beta/models/${model}:generateContent`, {
    contents: { parts: { text: 'How many?' } },
    cachedContent,
    ...rest,
  })

test('[CACHES-07] what was cached counts for the call that names it, also after a restart', async () => {
  const { name, usageMetadata } = (await cache()).json
  const total = usageMetadata.totalTokenCount
  assert.ok(total >= 1_024, String(total))
  const usage = (await ask(name)).json.usageMetadata
  assert.equal(usage.cachedContentTokenCount, total)
  assert.ok(usage.promptTokenCount > total)
  await gateway.kill()
  gateway = await startGateway({ dataFolder: folder.path })
  assert.equal((await ask(name)).json.usageMetadata.cachedContentTokenCount, total)
})

test('[CACHES-09] what may not be combined with a cache is refused in Google’s words', async () => {
  const { name } = (await cache()).json
  for (const rest of [
    { systemInstruction: { parts: [{ text: 'Be kind.' }] } },
    { tools: [{ functionDeclarations: [{ name: 'f', description: 'd' }] }] },
    { toolConfig: { functionCallingConfig: { mode: 'AUTO' } } },
  ]) {
    const refused = await ask(name, rest)
    assert.equal(refused.status, 400)
    assert.match(
      refused.json.error.message,
      /^CachedContent can not be used with GenerateContent request setting/,
    )
  }
  const other = await ask(name, {}, 'gemini-2.5-pro')
  assert.deepEqual(
    [other.status, other.json.error.message],
    [400, 'Cached content model does not match the model in the request.'],
  )
  const missing = await ask('cachedContents/never')
  assert.deepEqual(
    [missing.status, missing.json.error.message],
    [403, 'CachedContent not found (or permission denied)'],
  )
})

test('[CACHES-03] too little is refused with both numbers, an unknown model with its name', async () => {
  const small = await cache({ contents: [{ parts: [{ text: 'hi' }] }] })
  assert.equal(small.status, 400)
  assert.match(
    small.json.error.message,
    /^Cached content is too small\. total_token_count=\d+, min_total_token_count=1024$/,
  )
  for (const model of ['models/nobody', 'models/gemini-embedding-001'])
    assert.equal((await cache({ model })).status, 404, model)
})

test('[CACHES-01] list, patch and delete', async () => {
  const { name } = (await cache({ displayName: 'waves', ttl: '60s' })).json
  const { cachedContents } = (await send(`${CACHES}?pageSize=1`, undefined, 'GET')).json
  assert.deepEqual([cachedContents.length, cachedContents[0].name], [1, name])
  assert.equal(cachedContents[0].contents, undefined)
  const patched = await send(`/v1beta/${name}`, { ttl: '3600s' }, 'PATCH')
  assert.ok(Date.parse(patched.json.expireTime) > Date.parse(cachedContents[0].expireTime))
  assert.deepEqual((await send(`/v1beta/${name}`, {}, 'DELETE')).json, {})
  assert.equal((await send(`/v1beta/${name}`, undefined, 'GET')).status, 403)
})
