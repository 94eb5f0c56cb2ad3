import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { Directory, IssuedKey } from '../nouns/directory.ts'
import type { Caller } from '../nouns.ts'
import { type Authenticate, createAuthenticator } from './authenticate.ts'
import { createKeys, type Keys } from './keys.ts'
import { createMemoryDirectory, fails, type MemoryDirectory } from './memory-directory.fixture.ts'

const HERE = '203.0.113.7'

interface Setting {
  readonly directory: MemoryDirectory
  readonly keys: Keys
  readonly issued: IssuedKey
  readonly authenticate: Authenticate
  /** As the line calls it: a thrown refusal is a rejection. */
  ask(credential: string | undefined, address?: string): Promise<Caller>
  pass(milliseconds: number): void
}

async function setUp(
  changed: (directory: Directory) => Directory = (directory) => directory,
): Promise<Setting> {
  const directory = createMemoryDirectory()
  const keys = await createKeys(directory)
  const issued = await keys.create({ name: 'ci', models: ['gemini-*'] })
  let time = 1_000
  const authenticate = createAuthenticator({ directory: changed(directory), keys, now: () => time })
  return {
    directory,
    keys,
    issued,
    authenticate,
    ask: async (credential, address = HERE) => authenticate(credential, address),
    pass: (milliseconds) => {
      time += milliseconds
    },
  }
}

test('a good key says who calls and what for', async () => {
  const { ask, issued } = await setUp()
  assert.deepEqual(await ask(issued.key), {
    keyId: issued.record.id,
    name: 'ci',
    models: ['gemini-*'],
    limits: {},
    project: undefined,
    isBudgeted: false,
  })
})

test('a key seen within the last second answers at once, without the directory', async () => {
  const { authenticate, issued, directory, pass } = await setUp()
  const first = authenticate(issued.key, HERE)
  assert.ok(first instanceof Promise)
  const caller = await first
  pass(999)
  assert.equal(authenticate(issued.key, HERE), caller)
  assert.equal(directory.lookUps(), 1)
  pass(1)
  assert.ok(authenticate(issued.key, HERE) instanceof Promise)
  assert.equal(directory.lookUps(), 2)
})

for (const credential of [undefined, '', '   ', '\t']) {
  test(`C-01, C-02: no credential (${JSON.stringify(credential)}) is 403 in Google's words`, async () => {
    const { ask, directory } = await setUp()
    await assert.rejects(ask(credential), (error) => {
      const { http, status, message } = error as GatewayError
      assert.deepEqual([http, status], [403, 'PERMISSION_DENIED'])
      assert.match(
        message,
        /^Method doesn't allow unregistered callers \(callers without established identity\)\. Please/,
      )
      return true
    })
    assert.equal(directory.lookUps(), 0)
  })
}

test('C-03: a wrong key is 400 API_KEY_INVALID, as Google writes it', async () => {
  const { ask, issued } = await setUp()
  const last = issued.key.at(-1) === 'A' ? 'E' : 'A'
  await assert.rejects(ask(issued.key.slice(0, -1) + last), (error) => {
    const { http, status, message, details } = error as GatewayError
    assert.deepEqual(
      [http, status, message],
      [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'],
    )
    assert.deepEqual(details, [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
      { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message },
    ])
    return true
  })
})

const hostile: [string, string][] = [
  ['C-04', 'x'],
  ['C-04', 'x'.repeat(513)],
  ['C-04', `wst_abcdefghij_${'x'.repeat(1_000_000)}`],
  ['C-06', 'sixteen chars with \u0000'],
  ['C-06', 'sixteen chars with\n newline'],
  ['C-06', 'sixteen chars with é'],
  ['C-06', 'sixteen chars with 😀'],
]
for (const [row, credential] of hostile) {
  test(`${row}: ${JSON.stringify(credential).slice(0, 40)} (${credential.length}) is refused unhashed`, async () => {
    const directory = createMemoryDirectory()
    const unhashed = { digestOf: () => assert.fail('hashed'), onChange: () => () => true }
    const authenticate = createAuthenticator({ directory, keys: unhashed })
    assert.throws(() => authenticate(credential, HERE), fails('api_key_invalid'))
    assert.equal(directory.lookUps(), 0)
  })
}

const injected = [
  "' OR '1'='1' -- -- --",
  "x' UNION SELECT api_key FROM keys--",
  '%%%%%%%%%%%%%%%%%%%%',
  '{"$ne":null}{"$ne":null}',
  '__proto__ __proto__',
  'AIzaSyA-1234567890abcdefghijklmnopqrstu',
]
for (const credential of injected) {
  test(`C-05, C-07, C-19: ${credential} is only a wrong key`, async () => {
    const { ask } = await setUp()
    await assert.rejects(ask(credential), fails('api_key_invalid'))
  })
}

test('C-17: the stored hash of a key is no key', async () => {
  const { ask, issued } = await setUp()
  await assert.rejects(ask(issued.record.digest), fails('api_key_invalid'))
})

test('C-16: the cache knows a key by all of it', async () => {
  const { ask, issued } = await setUp()
  await ask(issued.key)
  for (let length = issued.key.length - 1; length > 16; length--) {
    await assert.rejects(
      ask(issued.key.slice(0, length).padEnd(issued.key.length, '!'), `a${length}`),
      fails('api_key_invalid'),
    )
  }
  await assert.rejects(ask(`${issued.key}x`), fails('api_key_invalid'))
  await assert.rejects(ask(` ${issued.key}`), fails('api_key_invalid'))
})

test('C-12: rotating stops the old key at once', async () => {
  const { ask, issued, keys } = await setUp()
  await ask(issued.key)
  const { key } = await keys.rotate(issued.record.id)
  await assert.rejects(ask(issued.key), fails('api_key_invalid'))
  assert.equal((await ask(key)).keyId, issued.record.id)
})

test('C-12: a disabled key is 403 at once, and good again when enabled; a deleted one is 400', async () => {
  const { ask, issued, keys } = await setUp()
  await ask(issued.key)
  await keys.setDisabled(issued.record.id, true)
  await assert.rejects(ask(issued.key), fails('permission_denied', /^API key is disabled\.$/))
  await keys.setDisabled(issued.record.id, false)
  await ask(issued.key)
  await keys.remove(issued.record.id)
  await assert.rejects(ask(issued.key), fails('api_key_invalid'))
})

test('S25: what another process changed counts within a second', async () => {
  const { ask, issued, directory, pass } = await setUp()
  const elsewhere = await createKeys(directory)
  await ask(issued.key)
  await elsewhere.setDisabled(issued.record.id, true)
  await ask(issued.key)
  pass(1_000)
  await assert.rejects(ask(issued.key), fails('permission_denied'))
  await elsewhere.setDisabled(issued.record.id, false)
  await ask(issued.key)
  await elsewhere.rotate(issued.record.id)
  pass(1_000)
  await assert.rejects(ask(issued.key), fails('api_key_invalid'))
})

test('a reading that a change overtook is not kept', async () => {
  const gate = Promise.withResolvers<void>()
  const reading = Promise.withResolvers<void>()
  const { ask, issued, keys } = await setUp((directory) => ({
    ...directory,
    findKeyByDigest: async (digest) => {
      const record = await directory.findKeyByDigest(digest)
      reading.resolve()
      await gate.promise
      return record
    },
  }))
  const early = ask(issued.key)
  await reading.promise
  await keys.setDisabled(issued.record.id, true)
  gate.resolve()
  await early
  await assert.rejects(ask(issued.key), fails('permission_denied'))
})

test('C-18: too many wrong keys of one address are 429, a good one from there still works', async () => {
  const { ask, issued, pass } = await setUp()
  const wrong = (): Promise<Caller> => ask('a wrong key, long enough')
  for (let count = 0; count < 50; count++) await assert.rejects(wrong(), fails('api_key_invalid'))
  await assert.rejects(wrong(), (error) => {
    const { http, status, details, headers } = error as GatewayError
    assert.deepEqual([http, status], [429, 'RESOURCE_EXHAUSTED'])
    assert.deepEqual(details, [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }])
    assert.equal(headers['retry-after'], '1')
    return true
  })
  await assert.rejects(ask('short'), fails('resource_exhausted'), 'a malformed key is a wrong key')
  assert.equal((await ask(issued.key)).name, 'ci')
  await assert.rejects(ask('a wrong key, long enough', '203.0.113.8'), fails('api_key_invalid'))
  pass(1_000)
  for (let count = 0; count < 10; count++) await assert.rejects(wrong(), fails('api_key_invalid'))
  await assert.rejects(wrong(), fails('resource_exhausted'))
})

test('a failing store is no wrong key, and is not remembered', async () => {
  let failing = true
  const { ask, issued } = await setUp((directory) => ({
    ...directory,
    findKeyByDigest: (digest) =>
      failing ? Promise.reject(new Error('disk')) : directory.findKeyByDigest(digest),
  }))
  for (let count = 0; count < 60; count++) await assert.rejects(ask(issued.key), /disk/)
  failing = false
  await ask(issued.key)
  await assert.rejects(ask('a wrong key, long enough'), fails('api_key_invalid'), 'the bucket is untouched')
})

test('the cache is bounded: the key read longest ago is read again', async () => {
  const { directory, keys, ask, issued } = await setUp((inner) => ({
    ...inner,
    findKeyByDigest: async (digest) => {
      const grant = await inner.findKeyByDigest(digest)
      const key = { ...(await inner.listKeys())[0]!, id: digest, digest }
      return grant ?? { key, project: undefined, isBudgeted: false }
    },
  }))
  await ask(issued.key)
  for (let count = 0; count < 10_000; count++) await ask(`any key at all ${count}`)
  const before = directory.lookUps()
  await ask('any key at all 9999')
  assert.equal(directory.lookUps(), before)
  await ask(issued.key)
  assert.equal(directory.lookUps(), before + 1)
  assert.ok(keys.digestOf(issued.key))
})

test('an expired key is refused in Google’s words, also while it is remembered', async () => {
  const directory = createMemoryDirectory()
  const keys = await createKeys(directory)
  const expiresAt = Date.now() + 60_000
  const { key } = await keys.create({ name: 'short', models: [], expiresAt })
  let clock = expiresAt - 1
  const authenticate = createAuthenticator({ directory, keys, now: () => 0, clock: () => clock })
  await authenticate(key, HERE)
  clock = expiresAt
  await assert.rejects(
    async () => authenticate(key, HERE),
    fails('api_key_invalid', /^API key expired\. Please renew the API key\.$/),
  )
  assert.equal(directory.lookUps(), 1)
})

test('a key with addresses opens from these only, each time anew', async () => {
  const { keys, ask } = await setUp()
  const addresses = ['10.0.0.0/8', '203.0.113.7', '2001:db8::/32']
  const { key } = await keys.create({ name: 'office', models: [], addresses })
  for (const address of ['10.255.0.1', '203.0.113.7', '::ffff:10.1.2.3', '2001:db8:1::1'])
    await ask(key, address)
  for (const address of ['11.0.0.1', '203.0.113.8', '::ffff:11.1.2.3', '2001:db9::1', 'batch', '']) {
    await assert.rejects(ask(key, address), fails('permission_denied', /IP address restriction/), address)
  }
})

test('the keys of a disabled project are refused', async () => {
  const { directory, keys, ask, pass } = await setUp()
  const now = Date.now()
  const project = {
    id: 'p',
    name: 'search',
    limits: {},
    routes: {},
    disabled: false,
    createdAt: now,
    updatedAt: now,
  }
  await directory.createProject(project)
  const { key } = await keys.create({ name: 'in it', models: [], projectId: 'p' })
  assert.deepEqual((await ask(key)).project, { id: 'p', name: 'search', limits: {} })
  await directory.updateProject({ ...project, disabled: true })
  pass(1_000)
  await assert.rejects(ask(key), fails('permission_denied', /project/))
})

test('S13: a key that was good a minute ago stays good while the store is away, no longer', async () => {
  let away = false
  const { ask, issued, pass } = await setUp((directory) => ({
    ...directory,
    findKeyByDigest: (digest) =>
      away
        ? Promise.reject(new GatewayError('store_unavailable', 'away'))
        : directory.findKeyByDigest(digest),
  }))
  await ask(issued.key)
  away = true
  pass(61_000)
  await ask(issued.key)
  pass(1)
  await assert.rejects(ask(issued.key), fails('store_unavailable'))
  await assert.rejects(
    ask('a wrong key, long enough'),
    fails('store_unavailable'),
    'never 400 for a fault of ours',
  )
})
