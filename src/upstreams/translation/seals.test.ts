import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { SEAL_PREFIX } from '../native/signatures.ts'
import { createSeals, STATE_BYTES_MAX } from './seals.ts'

const ORIGIN = 'one/model-a'
const STATE = { blocks: [{ type: 'thinking', signature: 'sig', thinking: 'Grüße 🙂' }] }

function seals(secret = Buffer.alloc(32, 7)) {
  const made = createSeals()
  made.use(secret)
  return made
}

const corrupted = (error: unknown) =>
  error instanceof GatewayError &&
  error.code === 'invalid_argument' &&
  error.message === 'Corrupted thought signature.'

test('[SIG-01] what was sealed comes back to its origin, in each alphabet of base64', () => {
  const made = seals()
  const signature = made.seal(ORIGIN, STATE)
  assert.ok(signature.startsWith(SEAL_PREFIX))
  assert.match(signature, /^[A-Za-z0-9+/]+=*$/)
  const bytes = Buffer.from(signature, 'base64')
  for (const form of [
    signature,
    signature.replace(/=+$/, ''),
    bytes.toString('base64url'),
    `${bytes.toString('base64url')}==`,
  ]) {
    assert.deepEqual(made.open(ORIGIN, form), { kind: 'own', state: STATE })
  }
  assert.deepEqual(made.open(ORIGIN, made.seal(ORIGIN, null)), { kind: 'own', state: null })
  assert.notEqual(made.seal(ORIGIN, STATE), signature, 'a nonce is used once')
  assert.deepEqual(seals().open(ORIGIN, signature), { kind: 'own', state: STATE }, 'after a restart too')
})

test('[SIG-01] of another origin it is foreign, and what is not ours unknown', () => {
  const made = seals()
  const signature = made.seal(ORIGIN, STATE)
  assert.deepEqual(made.open('two/model-a', signature), { kind: 'foreign' })
  assert.deepEqual(made.open('one/model-b', signature), { kind: 'foreign' })
  assert.deepEqual(made.open(ORIGIN, 'skip_thought_signature_validator'), { kind: 'unknown' })
  assert.deepEqual(made.open(ORIGIN, randomBytes(66).toString('base64')), { kind: 'unknown' })
  const later = Buffer.from(signature, 'base64')
  later[6] = 2
  assert.deepEqual(made.open(ORIGIN, later.toString('base64')), { kind: 'foreign' }, 'a later version')
})

test('[SIG-01] a bit that was changed is noticed, wherever it is', () => {
  const made = seals()
  const bytes = Buffer.from(made.seal(ORIGIN, STATE), 'base64')
  for (let at = 11; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ 1
    assert.throws(() => made.open(ORIGIN, changed.toString('base64')), corrupted, `byte ${at}`)
  }
  for (const length of [6, 12, 38, 39, bytes.length - 1]) {
    assert.throws(
      () => made.open(ORIGIN, bytes.subarray(0, length).toString('base64')),
      corrupted,
      `${length}`,
    )
  }
})

test('[SIG-01] the origin is part of the seal, and so is the secret', () => {
  const made = seals()
  const bytes = Buffer.from(made.seal(ORIGIN, STATE), 'base64')
  const other = Buffer.from(made.seal('two/model-a', STATE), 'base64')
  other.copy(bytes, 7, 7, 11)
  assert.throws(() => made.open('two/model-a', bytes.toString('base64')), corrupted)
  const elsewhere = seals(Buffer.alloc(32, 8)).seal(ORIGIN, STATE)
  assert.throws(() => made.open(ORIGIN, elsewhere), corrupted)
})

test('[SIG-01] a state that is too large is left out, and said to be', () => {
  const made = seals()
  let told = 0
  const tell = () => {
    told++
  }
  const most = 'x'.repeat(STATE_BYTES_MAX - 2)
  assert.deepEqual(made.open(ORIGIN, made.seal(ORIGIN, most, tell)), { kind: 'own', state: most })
  assert.equal(told, 0)
  assert.deepEqual(made.open(ORIGIN, made.seal(ORIGIN, `${most}x`, tell)), { kind: 'own', state: null })
  assert.equal(told, 1)
})

test('[SIG-01] without a secret nothing is sealed', () => {
  assert.throws(
    () => createSeals().seal(ORIGIN, STATE),
    (error) => error instanceof GatewayError && error.code === 'store_unavailable',
  )
})
