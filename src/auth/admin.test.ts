import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAdminGate } from './admin.ts'
import { createAuthenticator } from './authenticate.ts'
import { createKeys } from './keys.ts'
import { createMemoryDirectory, fails } from './memory-directory.fixture.ts'

const OPERATOR = 'the operator wrote this'

test('the first start makes an admin key, shows it once and keeps its hash', async () => {
  const directory = createMemoryDirectory()
  const first = await createAdminGate({ directory })
  assert.match(first.firstKey ?? '', /^wsa_[A-Za-z0-9_-]{43}$/)
  assert.equal(first.check(first.firstKey), true)
  const second = await createAdminGate({ directory })
  assert.equal(second.firstKey, undefined)
  assert.equal(second.check(first.firstKey), true)
  const kept = JSON.stringify([...directory.settings])
  assert.ok(!kept.includes(first.firstKey!.slice(4)))
})

test('L06: of two first starts at once, one makes the key', async () => {
  const directory = createMemoryDirectory()
  const gates = await Promise.all([createAdminGate({ directory }), createAdminGate({ directory })])
  const shown = gates.map((gate) => gate.firstKey).filter((key) => key !== undefined)
  assert.equal(shown.length, 1)
  for (const gate of gates) assert.equal(gate.check(shown[0]), true)
})

test('the operator’s own key is the only one that counts, and is not stored', async () => {
  const directory = createMemoryDirectory()
  const { firstKey } = await createAdminGate({ directory })
  const before = [...directory.settings]
  const gate = await createAdminGate({ directory, operatorKey: OPERATOR })
  assert.equal(gate.firstKey, undefined)
  assert.equal(gate.check(OPERATOR), true)
  assert.equal(gate.check(firstKey), false)
  assert.deepEqual([...directory.settings], before)
})

test('anything else is refused', async () => {
  const directory = createMemoryDirectory()
  const { firstKey, check } = await createAdminGate({ directory })
  const digest = directory.settings.get('admin_key_digest')!
  const wrong = [undefined, '', ' ', 'wsa_', firstKey!.slice(0, -1), `${firstKey}x`, ` ${firstKey}`, digest]
  for (const credential of [...wrong, 'x'.repeat(1_000_000), 'é'.repeat(20)]) {
    assert.equal(check(credential), false, String(credential).slice(0, 40))
  }
})

for (const operatorKey of [
  '',
  'x'.repeat(15),
  'x'.repeat(513),
  'with a newline \n in it',
  ' spaces at the ends ',
  `wst_${'x'.repeat(20)}`,
]) {
  test(`an operator's key of ${JSON.stringify(operatorKey).slice(0, 30)} is refused`, async () => {
    await assert.rejects(createAdminGate({ directory: createMemoryDirectory(), operatorKey }), (error) => {
      assert.ok(fails('invalid_argument')(error))
      assert.ok(operatorKey === '' || !(error as Error).message.includes(operatorKey))
      return true
    })
  })
}

test('C-14: a client key opens nothing of the operator, an admin key nothing of the clients', async () => {
  const directory = createMemoryDirectory()
  const keys = await createKeys(directory)
  const { key } = await keys.create({ name: 'ci', models: [] })
  const gate = await createAdminGate({ directory })
  assert.equal(gate.check(key), false)
  const authenticate = createAuthenticator({ directory, keys })
  await assert.rejects(async () => authenticate(gate.firstKey, '203.0.113.7'), fails('api_key_invalid'))
  await keys.ensureOperatorKey('env', 'WASAT_KEY', OPERATOR)
  await assert.rejects(
    createAdminGate({ directory, operatorKey: OPERATOR }),
    fails('invalid_argument', /same as a client key/),
  )
})
