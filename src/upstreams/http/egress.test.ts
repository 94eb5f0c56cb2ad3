import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { CERTIFICATE, CERTIFICATE_KEY } from '../../../test/servers/fault-certificate.ts'
import { startBlackHole } from '../../../test/servers/fault-places.ts'
import { fails } from '../../nouns.fixture.ts'
import { door, type Named, named } from './egress.fixture.ts'
import { connectionError } from './errors.ts'
import { openPool } from './pool.ts'

const TIMEOUTS = { connect: 1_000 }
const GET = { method: 'GET' as const, path: '/', headers: { authorization: 'secret' }, body: null }

/** One request on a connection of its own: the status, or why there was none. */
async function ask(origin: string, { egress }: Pick<Named, 'egress'>): Promise<number | Error> {
  const pool = openPool(origin, { timeouts: TIMEOUTS, connectionsMax: 1, egress })
  try {
    const { statusCode, body } = await pool.request(GET)
    await body.dump()
    return statusCode
  } catch (error) {
    return error as Error
  } finally {
    await pool.destroy()
  }
}

async function refused(origin: string, by: Named, words: RegExp): Promise<void> {
  const error = await ask(origin, by)
  assert.ok(error instanceof Error, `${origin}: ${error}`)
  const told = connectionError('up', error, false)
  assert.deepEqual(
    [told.code, told.message],
    ['upstream_unreachable', 'The upstream up could not be reached.'],
  )
  assert.match(told.hint ?? '', words, origin)
  assert.match(told.hint ?? '', /egress\.allow/, origin)
}

/** Addresses of this machine, all on one port. */
async function doors(t: TestContext, hosts: readonly string[]) {
  const first = await door(t, hosts[0] as string)
  const rest = await Promise.all(hosts.slice(1).map((host) => door(t, host, { port: first.port })))
  const all = [first, ...rest]
  return { port: first.port, connections: () => all.map(({ connections }) => connections()) }
}

test('[NEV-40] J01 J07 a private place that the operator named on purpose is reached', async (t) => {
  const { port, connections } = await doors(t, ['127.0.0.2'])
  const by = named({
    vllm: [['127.0.0.2']],
    'llm.internal': [['127.0.0.2']],
    'a.svc.cluster.local': [['127.0.0.2']],
  })
  for (const host of ['127.0.0.2', 'vllm', 'llm.internal', 'a.svc.cluster.local', '[::ffff:127.0.0.2]'])
    assert.equal(await ask(`http://${host}:${port}`, by), 200, host)
  assert.deepEqual(connections(), [5])
})

test('[NEV-40] J02 J07 J08 what no model server has is refused, named or not, and nobody is connected to', async (t) => {
  const open = await door(t, '0.0.0.0')
  const by = named({
    'inner.local': [['169.254.169.254']],
    'metadata.google.internal': [['127.0.0.1']],
    'zero.local': [['0.0.0.0']],
    'six.local': [['::']],
  })
  const literals =
    '0.0.0.0 [::] 169.254.169.254 100.100.100.200 192.0.0.192 [fd00:ec2::254] [fe80::1] 224.0.0.1 255.255.255.255'
  const mapped = '[::ffff:0.0.0.0] [::ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::] [64:ff9b::]'
  for (const host of `${literals} ${mapped}`.split(' '))
    await refused(
      `http://${host}:${open.port}`,
      by,
      /^up: \S+ is a link-local, metadata, multicast or reserved address/,
    )
  for (const [name, [[address]]] of [
    ['inner.local', [['169.254.169.254']]],
    ['zero.local', [['0.0.0.0']]],
    ['six.local', [['::']]],
  ] as const)
    await refused(
      `http://${name}:${open.port}`,
      by,
      new RegExp(`^up: ${name} leads to ${address}, which is a link-local`),
    )
  await refused(
    `http://metadata.google.internal:${open.port}`,
    by,
    /127\.0\.0\.1, which is the metadata service/,
  )
  assert.equal(open.connections(), 0)
})

test('[NEV-40] J09 a public name that leads to a private address is refused, whatever else it leads to', async (t) => {
  const { port, connections } = await doors(t, ['127.0.0.3', '127.0.0.4'])
  const names = {
    '127.0.0.4.nip.io': [['127.0.0.4']],
    'mixed.example.com': [['127.0.0.3', '127.0.0.4']],
    'mixed6.example.com': [['127.0.0.3', '::1']],
    'carrier.example.com': [['100.64.0.1']],
  }
  // The one that is listed stands for a public address.
  const by = named(names, ['127.0.0.3'])
  for (const host of Object.keys(names))
    await refused(`http://${host}:${port}`, by, /is a private address, though the name does not say so/)
  assert.deepEqual(connections(), [0, 0])
})

test('[NEV-40] J10 what was judged is what is dialled: a name is asked once for each connection', async (t) => {
  const { port, connections } = await doors(t, ['127.0.0.3', '127.0.0.4'])
  const by = named({ 'rebind.example.com': [['127.0.0.3'], ['127.0.0.4'], ['169.254.169.254']] }, [
    '127.0.0.3',
  ])
  const origin = `http://rebind.example.com:${port}`
  assert.equal(await ask(origin, by), 200)
  assert.equal(by.lookups.length, 1)
  await refused(origin, by, /leads to 127\.0\.0\.4, which is a private address/)
  await refused(origin, by, /leads to 169\.254\.169\.254, which is a link-local/)
  assert.deepEqual([by.lookups.length, connections()], [3, [1, 0]])
})

test('[NEV-40] what the operator lists is reached: a name among private addresses, an address, a range', async (t) => {
  const open = await door(t, '0.0.0.0')
  const names = {
    'llm.example.com': [['127.0.0.5']],
    'other.example.com': [['127.0.0.5']],
    'meta.example.com': [['169.254.169.254']],
  }
  const at = (name: string) => `http://${name}:${open.port}`
  assert.equal(await ask(at('llm.example.com'), named(names, ['LLM.example.com'])), 200)
  assert.equal(await ask(at('other.example.com'), named(names, ['127.0.0.0/8'])), 200)
  assert.equal(await ask(at('0.0.0.0'), named(names, ['0.0.0.0'])), 200)
  await refused(at('other.example.com'), named(names, ['llm.example.com']), /private/)
  // Who answers for a name that is listed must not lead us to the metadata.
  await refused(at('meta.example.com'), named(names, ['meta.example.com']), /link-local/)
  assert.equal(open.connections(), 3)
})

test('[NEV-40] U47 an address that swallows everything costs less than 300 ms', async (t) => {
  const hole = await startBlackHole()
  t.after(() => hole.close())
  await door(t, '127.0.0.2', { port: hole.port })
  const by = named({ 'two.local': [['127.0.0.1', '127.0.0.2']] })
  const from = performance.now()
  assert.equal(await ask(`http://two.local:${hole.port}`, by), 200)
  const tookMs = performance.now() - from
  assert.ok(tookMs > 200 && tookMs < 450, `${tookMs} ms`)
})

test('[NEV-40] TLS asks for the name and insists on its certificate', async (t) => {
  const asked: string[] = []
  const server = createTlsServer({
    ...{ cert: CERTIFICATE, key: CERTIFICATE_KEY },
    SNICallback: (name, answer) => {
      asked.push(name)
      answer(null)
    },
  })
  server.on('tlsClientError', () => undefined)
  const { port } = await door(t, '127.0.0.2', { server })
  const error = await ask(`https://secure.internal:${port}`, named({ 'secure.internal': [['127.0.0.2']] }))
  assert.equal((error as NodeJS.ErrnoException).code, 'DEPTH_ZERO_SELF_SIGNED_CERT')
  assert.deepEqual(asked, ['secure.internal'])
})

test('[NEV-41] a request with a credential cannot say where it goes', async (t) => {
  const { port, connections } = await doors(t, ['127.0.0.2', '127.0.0.3'])
  const pool = openPool(`http://127.0.0.2:${port}`, { timeouts: TIMEOUTS, connectionsMax: 1 })
  t.after(() => pool.destroy())
  const elsewhere = `127.0.0.3:${port}`
  for (const wrong of [
    { path: `http://${elsewhere}/` },
    { headers: { host: elsewhere } },
    { path: `${elsewhere}/` },
  ])
    assert.throws(() => pool.request({ ...GET, ...wrong }), fails('internal'))
  for (const path of [`//${elsewhere}/`, '/@127.0.0.3/', '/\\127.0.0.3'])
    await (await pool.request({ ...GET, path, ...{ origin: `http://${elsewhere}` } })).body.dump()
  assert.deepEqual(connections(), [1, 0])
})
