import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayError } from '../errors.ts'
import { createKeys } from './keys.ts'
import { createMemoryDirectory, fails } from './memory-directory.fixture.ts'

const KEY = /^wst_([a-z0-9]{10})_[A-Za-z0-9_-]{43}$/

test('[KEYS-01] a key has its id and 256 random bits, and only its keyed hash is kept', async () => {
  const directory = createMemoryDirectory()
  const keys = await createKeys(directory)
  const { record, key } = await keys.create({ name: 'ci', models: ['gemini-*'] })
  assert.equal(KEY.exec(key)?.[1], record.id)
  assert.match(record.digest, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(record.digest, keys.digestOf(key))
  assert.deepEqual(await keys.get(record.id), record)
  assert.deepEqual(await keys.list(), [record])
  const secret = key.slice(-43)
  assert.ok(
    !JSON.stringify([...directory.records, ...directory.settings]).includes(secret),
    'the secret is nowhere',
  )
})

test('two keys share neither id nor secret; two installations not even the hash of one key', async () => {
  const keys = await createKeys(createMemoryDirectory())
  const issued = await Promise.all(Array.from({ length: 100 }, () => keys.create({ name: 'n', models: [] })))
  assert.equal(new Set(issued.map(({ record }) => record.id)).size, 100)
  assert.equal(new Set(issued.map(({ key }) => key.slice(-43))).size, 100)
  const elsewhere = await createKeys(createMemoryDirectory())
  assert.notEqual(elsewhere.digestOf(issued[0]!.key), issued[0]!.record.digest)
})

test('the pepper is made once: a second instance on the same directory hashes alike', async () => {
  const directory = createMemoryDirectory()
  const [first, second] = await Promise.all([createKeys(directory), createKeys(directory)])
  assert.equal(first.digestOf('the same credential'), second.digestOf('the same credential'))
  assert.equal(Buffer.from(directory.settings.get('key_pepper')!, 'base64url').length, 32)
})

test('rotating keeps the id and everything but the secret', async () => {
  const keys = await createKeys(createMemoryDirectory())
  const first = await keys.create({ name: 'ci', models: ['a*'] })
  const second = await keys.rotate(first.record.id)
  assert.equal(KEY.exec(second.key)?.[1], first.record.id)
  assert.notEqual(second.key, first.key)
  const { digest, updatedAt } = second.record
  assert.deepEqual(second.record, { ...first.record, digest, updatedAt })
  assert.deepEqual(await keys.get(first.record.id), second.record)
})

test('disabling and rotating at once lose neither', async () => {
  const keys = await createKeys(createMemoryDirectory())
  const { id } = (await keys.create({ name: 'ci', models: [] })).record
  const [rotated] = await Promise.all([
    keys.rotate(id),
    keys.setDisabled(id, true),
    keys.rotate('none').catch(() => 0),
  ])
  const record = await keys.get(id)
  assert.equal(record.disabled, true)
  assert.equal(record.digest, keys.digestOf(rotated.key))
})

test('each change and removal is announced after it is durable', async () => {
  const directory = createMemoryDirectory()
  const keys = await createKeys(directory)
  const heard: unknown[] = []
  const stop = keys.onChange((id) => heard.push([id, directory.records.get(id)?.disabled]))
  const { id } = (await keys.create({ name: 'ci', models: [] })).record
  await keys.setDisabled(id, true)
  await keys.setDisabled(id, false)
  await keys.rotate(id)
  await keys.remove(id)
  stop()
  await keys.create({ id: 'env', name: 'x', models: [], secret: 'x'.repeat(16) })
  await keys.remove('env')
  assert.deepEqual(heard, [
    [id, true],
    [id, false],
    [id, false],
    [id, undefined],
  ])
})

test('an unknown id is not found, whatever is asked', async () => {
  const keys = await createKeys(createMemoryDirectory())
  for (const id of ['none', '', '__proto__', "' OR 1=1 --", 'x'.repeat(10_000)]) {
    await assert.rejects(keys.get(id), fails('not_found'))
    await assert.rejects(keys.setDisabled(id, true), fails('not_found'))
    await assert.rejects(keys.rotate(id), fails('not_found'))
    await assert.rejects(keys.remove(id), fails('not_found'))
  }
})

test('the operator’s key is the text itself, and follows it', async () => {
  const keys = await createKeys(createMemoryDirectory())
  const first = await keys.ensureOperatorKey('env', 'WASAT_KEY', 'an operator chose this')
  assert.equal(first.digest, keys.digestOf('an operator chose this'))
  assert.deepEqual(await keys.ensureOperatorKey('env', 'WASAT_KEY', 'an operator chose this'), first)
  await keys.setDisabled('env', true)
  const second = await keys.ensureOperatorKey('env', 'WASAT_KEY', 'and now another one')
  assert.equal(second.digest, keys.digestOf('and now another one'))
  assert.equal(second.disabled, true, 'a restart does not enable what the operator disabled')
  assert.equal((await keys.list()).length, 1)
})

const badInputs: [string, Record<string, unknown>][] = [
  ['addresses', { addresses: '10.0.0.0/8' }],
  ['addresses', { addresses: Array(101).fill('10.0.0.1') }],
  ['addresses[1]', { addresses: ['10.0.0.1', '10.0.0.0/33'] }],
  ['addresses[0]', { addresses: ['localhost'] }],
  ['addresses[0]', { addresses: ['10.0.0.0/8/8'] }],
  ['addresses[0]', { addresses: ['10.0.0.0/-1'] }],
  ['addresses[0]', { addresses: ['fe80::1%eth0'] }],
  ['addresses[0]', { addresses: [7] }],
  ['limits', { limits: [] }],
  ['limits', { limits: null }],
  ['limits.requestsPerHour', { limits: { requestsPerHour: 1 } }],
  ['limits.requestsPerMinute', { limits: { requestsPerMinute: 0 } }],
  ['limits.tokensPerDay', { limits: { tokensPerDay: -1 } }],
  ['limits.tokensPerDay', { limits: { tokensPerDay: 1.5 } }],
  ['limits.tokensPerDay', { limits: { tokensPerDay: Number.NaN } }],
  ['limits.concurrentRequests', { limits: { concurrentRequests: 1_000_000_001 } }],
  ['limits.concurrentRequests', { limits: { concurrentRequests: '5' } }],
  ['expiresAt', { expiresAt: 1 }],
  ['expiresAt', { expiresAt: 1e15 }],
  ['expiresAt', { expiresAt: Number.NaN }],
  ['name', { name: '' }],
  ['name', { name: '   ' }],
  ['name', { name: 'x'.repeat(101) }],
  ['name', { name: 'a\nb' }],
  ['name', { name: 'a\u0000' }],
  ['name', { name: 'a\u2028b' }],
  ['name', { name: '\ud800' }],
  ['name', { name: 7 }],
  ['models', { models: 'gemini-*' }],
  ['models', { models: Array(101).fill('a') }],
  ['models[1]', { models: ['ok', ''] }],
  ['models[0]', { models: ['x'.repeat(257)] }],
  ['models[0]', { models: ['a b'] }],
  ['models[0]', { models: [{ $ne: null }] }],
  ['secret', { id: 'env', secret: 'x'.repeat(15) }],
  ['secret', { id: 'env', secret: 'x'.repeat(513) }],
  ['secret', { id: 'env', secret: 'é'.repeat(16) }],
  ['secret', { id: 'env', secret: 'sixteen printable\n' }],
  ['secret', { id: 'env', secret: ' with spaces at the ends ' }],
  ['secret', { id: 'env', secret: 'wsa_0123456789abcdef' }],
  ['id', { id: 'Env', secret: 'x'.repeat(16) }],
  ['id', { id: 'a_b', secret: 'x'.repeat(16) }],
]

for (const [field, input] of badInputs) {
  test(`a bad ${field} is refused by name: ${JSON.stringify(input).slice(0, 60)}`, async () => {
    const directory = createMemoryDirectory()
    const keys = await createKeys(directory)
    const create = keys.create({ name: 'fine', models: [], ...input } as Parameters<typeof keys.create>[0])
    await assert.rejects(create, (error) => {
      assert.ok(fails('invalid_argument')(error))
      const { details, message } = error as GatewayError
      const [{ fieldViolations }] = details as unknown as [{ fieldViolations: [{ field: string }] }]
      assert.equal(fieldViolations[0].field, field)
      if (typeof input.secret === 'string')
        assert.ok(!message.includes(input.secret), 'the secret is not told')
      return true
    })
    assert.equal(directory.records.size, 0)
  })
}

test('the limits themselves are fine', async () => {
  const keys = await createKeys(createMemoryDirectory())
  const models = Array<string>(100).fill('x'.repeat(256))
  const { record } = await keys.create({ name: '😀'.repeat(100), models })
  assert.deepEqual(record.models, models)
  for (const length of [16, 512]) {
    await keys.create({ id: `e${length}`, name: 'x', models: [], secret: '~'.repeat(length) })
  }
  const again = keys.create({ id: 'other', name: 'x', models: [], secret: '~'.repeat(16) })
  await assert.rejects(again, fails('already_exists'))
})

test('a key is updated field by field; null takes away', async () => {
  const directory = createMemoryDirectory()
  const keys = await createKeys(directory)
  const now = Date.now()
  const project = {
    id: 'p',
    name: 'p',
    limits: {},
    routes: {},
    disabled: false,
    createdAt: now,
    updatedAt: now,
  }
  await directory.createProject(project)
  const { record } = await keys.create({ name: 'first', models: ['a'], addresses: ['10.0.0.1'] })
  const limits = { requestsPerMinute: 60 }
  const changed = await keys.update(record.id, { projectId: 'p', limits, expiresAt: now + 1e6 })
  const { updatedAt } = changed
  assert.deepEqual(changed, { ...record, projectId: 'p', limits, expiresAt: now + 1e6, updatedAt })
  const back = await keys.update(record.id, { projectId: null, expiresAt: null, limits: {}, name: 'second' })
  assert.deepEqual(back, { ...record, name: 'second', updatedAt: back.updatedAt })
  await assert.rejects(keys.update(record.id, { projectId: 'none' }), fails('failed_precondition'))
  await assert.rejects(
    keys.update(record.id, { limits: { requestsPerMinute: -1 } }),
    fails('invalid_argument'),
  )
  await assert.rejects(
    keys.create({ name: 'x', models: [], projectId: 'none' }),
    fails('failed_precondition'),
  )
  assert.deepEqual(await keys.list(), [back])
})
