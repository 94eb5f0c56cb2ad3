import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { RelayAnswer, RelayRequest, ResourceHost } from '../../nouns/relay.ts'
import { fails } from '../../nouns.fixture.ts'
import { tagOf } from './resources.ts'
import { createGeminiUpstream } from './upstream.ts'

const KEYS = ['first-secret-key', 'second-secret-key']
const TIMEOUTS = { connect: 1_000, firstByte: 300, streamFirstByte: 300, streamIdle: 300, streamTotal: 5_000 }

interface Served {
  readonly host: ResourceHost
  readonly origin: string
  readonly asked: readonly IncomingMessage[]
}

async function serve(t: TestContext, path: string, listener: RequestListener): Promise<Served> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const upstream = createGeminiUpstream({
    ...{ name: 'up', baseUrl: origin + path, keys: KEYS, credential: 'header' },
    ...{ timeouts: TIMEOUTS, connectionsMax: 4 },
  })
  t.after(async () => {
    await upstream.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { host: upstream.resources as ResourceHost, origin, asked }
}

const request = (rest: Partial<RelayRequest> = {}): RelayRequest => ({
  credential: 1,
  method: 'GET',
  to: { apiVersion: 'v1beta', isUpload: false, path: 'files/abc', query: 'a=b' },
  headers: {},
  body: undefined,
  ...rest,
})
const START = { apiVersion: 'v1', isUpload: true, path: 'files', query: '' }

async function textOf({ body }: RelayAnswer): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString()
}

test('[RELAY-15] an exchange has the path, the query and the credential of one account', async (t) => {
  const { host, origin, asked } = await serve(t, '/below', (_, response) => {
    response.writeHead(200, {
      'content-type': 'text/plain',
      'set-cookie': 'a=b',
      'x-guploader-uploadid': 'secret',
    })
    response.end('hello')
  })
  const answer = await host.relay(request())
  assert.equal(await textOf(answer), 'hello')
  assert.deepEqual(Object.keys(answer.headers), ['content-type'])
  const [heard] = asked
  assert.deepEqual([heard?.url, heard?.headers['x-goog-api-key']], ['/below/v1beta/files/abc?a=b', KEYS[1]])
  assert.equal(host.addressOf('files/abc'), `${origin}/below/v1beta/files/abc`)
})

test('[RELAY-15] an account’s tag is short, stable, its own, and tells nothing of the key', () => {
  assert.match(tagOf('up', 'key'), /^[a-z2-7]{6}$/)
  assert.equal(tagOf('up', 'key'), tagOf('up', 'key'))
  assert.equal(new Set([tagOf('up', 'key'), tagOf('up', 'yek'), tagOf('down', 'key')]).size, 3)
})

test('[RELAY-15] [NEV-41] whatever host an upload’s address names, it goes on at the upstream', async (t) => {
  let address = ''
  const { host, origin, asked } = await serve(t, '/below', (_, response) => {
    response.writeHead(200, { 'X-Goog-Upload-URL': address }).end()
  })
  for (const [given, path] of [
    [`${origin}/below/upload/v1/files?upload_id=1`, '/below/upload/v1/files?upload_id=1'],
    [`${origin}/upload/v1/files?upload_id=2`, '/upload/v1/files?upload_id=2'],
    ['https://google.example/upload/v1/files?upload_id=3', '/below/upload/v1/files?upload_id=3'],
  ] as const) {
    address = given
    const { continueAt = '' } = await host.relay(request({ method: 'POST', to: START }))
    assert.equal(continueAt, path)
    await host.relay(request({ method: 'POST', to: { continueAt } }))
    assert.equal(asked.at(-1)?.url, path)
  }
  address = 'data:text/plain,upload'
  assert.equal((await host.relay(request({ method: 'POST', to: START }))).continueAt, undefined)
})

test('[RELAY-09] [NEV-41] a redirect is followed within the host, and never to another one', async (t) => {
  const { host, asked } = await serve(t, '', ({ url = '' }, response) => {
    const location = {
      '/v1beta/files/abc?a=b': '/v1beta/other',
      '/v1beta/files/far?a=b': 'http://attacker.example/',
      '/v1beta/files/loop?a=b': '/v1beta/files/loop?a=b',
    }[url]
    response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location })
    response.end(location === undefined ? 'bytes' : '')
  })
  assert.equal(await textOf(await host.relay(request())), 'bytes')
  const to = (path: string) => ({ apiVersion: 'v1beta', isUpload: false, path, query: 'a=b' })
  for (const path of ['files/far', 'files/loop']) {
    const before = asked.length
    await assert.rejects(host.relay(request({ to: to(path) })), fails('upstream_unavailable', /elsewhere/))
    assert.ok(asked.length - before <= 4)
  }
})

test('[RELAY-15] a refused credential is the operator’s matter, and no answer shows it', async (t) => {
  let status = 400
  let reason = 'API_KEY_INVALID'
  const { host } = await serve(t, '', (_, response) => {
    const error = { code: status, message: `No: ${KEYS[1]}`, details: [{ reason }] }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
  })
  await assert.rejects(
    host.relay(request()),
    fails('upstream_refused_credential', /^The upstream up refused/),
  )
  ;[status, reason] = [404, 'OTHER']
  const answer = await host.relay(request())
  assert.equal(answer.status, 404)
  assert.equal(JSON.parse(await textOf(answer)).error.message, 'No: REDACTED')
})

test('an upstream that says nothing is given up, and one that breaks off is told apart', async (t) => {
  const { host } = await serve(t, '', ({ url }, response) => {
    if (url?.includes('silent')) return
    response.writeHead(200, { 'content-length': 10 })
    response.write('half', () => setImmediate(() => response.destroy()))
  })
  const to = (path: string) => ({ apiVersion: 'v1beta', isUpload: false, path, query: '' })
  await assert.rejects(host.relay(request({ to: to('silent') })), fails('upstream_timeout'))
  const answer = await host.relay(request({ to: to('broken') }))
  await assert.rejects(textOf(answer), fails('upstream_broken'))
})

test('a body is sent as it comes; a refusal in its middle is an answer', async (t) => {
  const { host } = await serve(t, '', async (message, response) => {
    if (message.url?.includes('refused')) {
      response.writeHead(400, { 'content-type': 'application/json', connection: 'close' })
      return response.end('{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}')
    }
    let bytes = 0
    for await (const piece of message) bytes += (piece as Buffer).length
    return response.end(String(bytes))
  })
  async function* pieces() {
    for (let at = 0; at < 100; at++) yield Buffer.alloc(64 * 1024)
  }
  const at = (continueAt: string) => request({ method: 'POST', to: { continueAt }, body: pieces() })
  assert.equal(await textOf(await host.relay(at('/upload'))), String(100 * 64 * 1024))
  const refused = await host.relay(at('/refused')).catch((error) => error)
  assert.ok(refused.status === 400 || refused.code === 'upstream_unavailable', String(refused))
})

test('time runs out for an upstream that takes nothing, and not for a client that is slow to give', async (t) => {
  const { host } = await serve(t, '', async (message, response) => {
    if (message.url === '/deaf') return
    let bytes = 0
    for await (const piece of message) bytes += (piece as Buffer).length
    response.end(String(bytes))
  })
  async function* slow() {
    for (let at = 0; at < 3; at++) {
      yield Buffer.alloc(10)
      await new Promise((resolve) => setTimeout(resolve, TIMEOUTS.firstByte / 2))
    }
  }
  async function* endless() {
    for (;;) yield Buffer.alloc(64 * 1024)
  }
  const answer = await host.relay(request({ method: 'POST', to: { continueAt: '/slow' }, body: slow() }))
  assert.equal(await textOf(answer), '30')
  const deaf = host.relay(request({ method: 'POST', to: { continueAt: '/deaf' }, body: endless() }))
  await assert.rejects(deaf, fails('upstream_timeout'))
})
