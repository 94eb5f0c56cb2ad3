/** Where the gateway connects to, and with which credential: the real process, and a canary on every address of this machine. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Canary, openCanary } from '../corpus/canary.ts'
import { closedPort } from '../servers/fault-places.ts'
import { dataFolder, type Gateway, startGateway, until } from './rig.ts'

/** Where nothing may be connected to; `PORT` is the canary's. */
const REFUSED: Readonly<Record<string, string>> = {
  zero: 'http://0.0.0.0:PORT',
  nobody: 'http://[::]:PORT',
  metadata: 'http://169.254.169.254:PORT',
  mapped: 'http://[::ffff:169.254.169.254]:PORT',
  nat64: 'http://[64:ff9b::]:PORT',
  many: 'http://224.0.0.1:PORT',
  named: 'http://metadata.google.internal:PORT',
  loopback: 'http://loopback.example.com:PORT',
  mixed: 'http://mixed.example.com:PORT',
  linked: 'http://linked.internal:PORT',
}
/** What the names lead to, in the process of the gateway. */
const NAMES = {
  'metadata.google.internal': ['127.0.0.1'],
  'loopback.example.com': ['127.0.0.2'],
  'mixed.example.com': ['127.0.0.2', '::1'],
  'linked.internal': ['169.254.169.254'],
}
const RESOLVER = `
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
const names = ${JSON.stringify(NAMES)}
const real = dns.lookup
dns.lookup = (host, options, callback) => names[host] === undefined
  ? real(host, options, callback)
  : callback(null, names[host].map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
syncBuiltinESMExports()`

const WIRES = ['gemini', 'openai', 'anthropic', 'vertex'] as const
const SECRET = 'canary-secret-key'

let canary: Canary
let mover: Server
let gateway: Gateway
let folder: Awaited<ReturnType<typeof dataFolder>>
let file: string
let settings: object
const heard: IncomingMessage[] = []

/** Sends everybody to the canary, in every way that it knows. */
function move(request: IncomingMessage, elsewhere: string): [number, Record<string, string>, string] {
  heard.push(request)
  const { url = '' } = request
  const page = { nextPageToken: elsewhere, next: elsewhere, has_more: true, last_id: elsewhere }
  if (/\/models\b[^:]*$/.test(url) && !/(?:pageToken|after_id)=/.test(url))
    return [
      200,
      { 'content-type': 'application/json', link: `<${elsewhere}>; rel="next"` },
      JSON.stringify({ ...page, models: [], data: [] }),
    ]
  return [307, { location: elsewhere, 'x-goog-upload-url': elsewhere }, '']
}

before(async () => {
  canary = await openCanary()
  const elsewhere = `http://127.0.0.1:${canary.port}/stolen`
  mover = createServer((request, response) => {
    request.resume().on('end', () => {
      const [status, headers, body] = move(request, elsewhere)
      response.writeHead(status, headers).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(mover, 'listening')
  const home = `http://127.0.0.1:${(mover.address() as AddressInfo).port}`
  const upstreams: Record<string, object> = {
    sandbox: { kind: 'sandbox' },
    closed: { kind: 'gemini', baseUrl: `http://127.0.0.1:${await closedPort()}`, keys: [SECRET] },
  }
  for (const [name, place] of Object.entries(REFUSED))
    upstreams[name] = { kind: 'gemini', baseUrl: place.replace('PORT', String(canary.port)), keys: [SECRET] }
  for (const kind of WIRES)
    upstreams[kind] = { kind, baseUrl: `${home}/${kind}`, keys: [`${SECRET}-${kind}`] }
  const models = Object.keys(upstreams).flatMap((name) => [
    [`${name}.alone`, { targets: [{ upstream: name, model: 'gemini-2.5-flash' }] }],
    [
      `${name}.second`,
      { targets: [name, 'sandbox'].map((upstream) => ({ upstream, model: 'gemini-2.5-flash' })) },
    ],
  ])
  settings = {
    upstreams,
    models: Object.fromEntries(models),
    retries: { backoffMin: '1ms', backoffMax: '2ms' },
    // Nobody is left alone here.
    health: { failures: 1_000 },
  }
  folder = await dataFolder()
  file = join(folder.path, 'wasat.yaml')
  await writeFile(file, JSON.stringify(settings))
  gateway = await startGateway({
    ...{ dataFolder: join(folder.path, 'data'), args: ['--config', file] },
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(RESOLVER)}` },
  })
})
after(async () => {
  await gateway?.stop('SIGINT')
  mover.closeAllConnections()
  mover.close()
  await canary.close()
  await folder.remove()
})

const ask = (model: string, verb = 'generateContent') => gateway.ask(`/v1beta/models/${model}:${verb}`)

test('[NEV-40] J02 J05 J06 J07 J08 J09 no forbidden address is connected to; the next target answers', async () => {
  await Promise.all(
    Object.keys(REFUSED).map(async (name) => {
      const { status, headers, text } = await ask(`${name}.second`)
      assert.deepEqual(
        [status, headers['x-wasat-upstream']],
        [200, 'sandbox/gemini-2.5-flash'],
        `${name}: ${text}`,
      )
    }),
  )
  assert.equal(canary.connections(), 0)
})

test('[NEV-40] J20 a refused address looks like a closed port to the client; the operator is told which setting', async () => {
  const plain = async (name: string) => {
    const answer = await ask(`${name}.alone`)
    const { 'x-request-id': id, 'x-wasat-attempts': attempts } = answer.headers
    return { status: answer.status, attempts, id: String(id), text: answer.text.replaceAll(name, 'NAME') }
  }
  const closed = await plain('closed')
  assert.deepEqual([closed.status, JSON.parse(closed.text).error.status], [503, 'UNAVAILABLE'])
  await Promise.all(
    Object.keys(REFUSED).map(async (name) => {
      const { id, ...told } = await plain(name)
      assert.deepEqual(told, { status: closed.status, attempts: closed.attempts, text: closed.text }, name)
      assert.match(JSON.stringify(await gateway.logged(id)), new RegExp(`${name}: .*egress\\.allow`))
    }),
  )
  assert.equal(canary.connections(), 0)
})

test('[NEV-41] U15 J11 wherever an upstream sends us, its credential stays with it', async () => {
  const admin = { authorization: `Bearer ${gateway.adminKey}` }
  for (const kind of WIRES) {
    for (const verb of ['generateContent', 'streamGenerateContent?alt=sse', 'countTokens', 'embedContent']) {
      const { status, text } = await ask(`${kind}.alone`, verb)
      assert.ok(!text.includes(SECRET) && !text.includes('/stolen'), `${kind} ${verb}: ${status} ${text}`)
    }
  }
  await gateway.ask('/v1beta/models', { method: 'GET' })
  for (const kind of WIRES)
    await gateway.ask(`/admin/v1/upstreams/${kind}/test`, { headers: admin, anonymous: true, body: '' })
  assert.equal(canary.connections(), 0)
  for (const { url = '', headers } of heard) {
    const kind = url.split('/')[1]
    const keys = JSON.stringify(headers).match(/canary-secret-key-[a-z]+/g)
    assert.deepEqual(keys, [`${SECRET}-${kind}`], url)
  }
  const asked = new Set(heard.map(({ url = '' }) => url.split('/')[1]))
  assert.deepEqual([...asked].sort(), [...WIRES].sort())
  // A page's token is one, whatever it looks like.
  assert.ok(heard.some(({ url = '' }) => url.includes('pageToken=http%3A')))
})

// Last, because from here on the canary hears us; that it can is shown by this, too.
test('[NEV-40] what the operator lists is reached from the next reload on', async () => {
  await writeFile(`${file}.new`, JSON.stringify({ ...settings, egress: { allow: ['loopback.example.com'] } }))
  await rename(`${file}.new`, file)
  await until('a connection', async () => {
    await ask('loopback.second')
    return canary.connections() > 0
  })
})
