/**
 * What every Store promises of keys, settings and its own end, whatever holds it. Run over each implementation, on the
 * real thing. Money has a contract of its own in ledger.ts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import type { KeyRecord } from '../../src/nouns/directory.ts'
import type { Store } from '../../src/nouns.ts'
import { reservationOf, rowOf } from './ledger/subject.ts'

export type DurableStore = Omit<Store, 'counters'>

/** One fresh, empty store under test. */
export interface StoreSubject {
  readonly store: DurableStore
  /** Closes the store and opens the same data again. */
  reopen(): Promise<DurableStore>
  /** Closes and removes everything. */
  dispose(): Promise<void>
}

export type OpenSubject = () => Promise<StoreSubject>

type Body = (subject: StoreSubject) => Promise<void>
export type Register = (title: string, body: Body) => void

export const LARGEST = Number.MAX_SAFE_INTEGER
export const HOSTILE = [
  "' OR '1'='1",
  "x'); DROP TABLE requests; --",
  '%_\\',
  '"quoted"',
  'naïve 😀 中文 עברית',
  'a\u0000b',
  '?1',
  ':name',
]

/** Runs each body on a fresh store. */
export function registerOn(name: string, open: OpenSubject): Register {
  return (title, body) => {
    test(`${name}: ${title}`, async () => {
      const subject = await open()
      try {
        await body(subject)
      } finally {
        await subject.dispose()
      }
    })
  }
}

export function storeContract(name: string, open: OpenSubject): void {
  const register = registerOn(name, open)
  registerKeys(register)
  registerKeyUniqueness(register)
  registerSettings(register)
  registerClosing(register)
}

export function keyRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: 'k1',
    name: 'first',
    digest: 'digest-1',
    projectId: undefined,
    models: ['gemini-*'],
    routes: {},
    addresses: [],
    limits: {},
    expiresAt: undefined,
    disabled: false,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    ...changes,
  }
}

export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code
}

function registerKeys(register: Register): void {
  register('a key is created, found, changed and deleted', async ({ store: { directory } }) => {
    const key = keyRecord()
    await directory.createKey(key)
    assert.deepEqual(await directory.getKey('k1'), key)
    assert.deepEqual((await directory.findKeyByDigest('digest-1'))?.key, key)
    const changed = keyRecord({
      name: 'second',
      digest: 'digest-2',
      models: [],
      disabled: true,
      updatedAt: LARGEST,
    })
    assert.equal(await directory.updateKey(changed), true)
    assert.deepEqual(await directory.getKey('k1'), changed)
    assert.equal(await directory.findKeyByDigest('digest-1'), undefined)
    assert.deepEqual((await directory.findKeyByDigest('digest-2'))?.key, changed)
    assert.equal(await directory.deleteKey('k1'), true)
    assert.equal(await directory.getKey('k1'), undefined)
    assert.equal(await directory.findKeyByDigest('digest-2'), undefined)
  })

  register('what is not there is told, not thrown', async ({ store: { directory } }) => {
    assert.equal(await directory.getKey('none'), undefined)
    assert.equal(await directory.findKeyByDigest('none'), undefined)
    assert.equal(await directory.updateKey(keyRecord({ id: 'none' })), false)
    assert.equal(await directory.deleteKey('none'), false)
    assert.deepEqual(await directory.listKeys(), [])
  })

  register('an update leaves createdAt alone', async ({ store: { directory } }) => {
    await directory.createKey(keyRecord())
    await directory.updateKey(keyRecord({ createdAt: 5, updatedAt: 1_800_000_000_000 }))
    assert.equal((await directory.getKey('k1'))?.createdAt, 1_700_000_000_000)
  })

  register('keys are listed in the order of their making', async ({ store: { directory } }) => {
    for (const [index, id] of ['c', 'a', 'b'].entries()) {
      await directory.createKey(keyRecord({ id, digest: `d-${id}`, createdAt: 1_000 + index }))
    }
    const ids = (await directory.listKeys()).map((key) => key.id)
    assert.deepEqual(ids, ['c', 'a', 'b'])
  })

  register('names and globs of any characters come back as they went', async (subject) => {
    for (const [index, text] of HOSTILE.entries()) {
      const key = keyRecord({
        id: `${text}${index}`,
        name: text,
        digest: `digest ${text}`,
        models: [text, '*'],
      })
      await subject.store.directory.createKey(key)
      assert.deepEqual(await subject.store.directory.getKey(key.id), key)
      assert.deepEqual((await subject.store.directory.findKeyByDigest(key.digest))?.key, key)
    }
    const { directory } = await subject.reopen()
    assert.equal((await directory.listKeys()).length, HOSTILE.length)
  })
}

function registerKeyUniqueness(register: Register): void {
  register(
    'an id or a digest that is taken is refused, and nothing changes',
    async ({ store: { directory } }) => {
      await directory.createKey(keyRecord())
      await assert.rejects(directory.createKey(keyRecord({ digest: 'other' })), hasCode('already_exists'))
      await assert.rejects(directory.createKey(keyRecord({ id: 'k2' })), hasCode('already_exists'))
      await directory.createKey(keyRecord({ id: 'k2', digest: 'digest-2' }))
      const thief = keyRecord({ id: 'k2', digest: 'digest-1' })
      await assert.rejects(directory.updateKey(thief), hasCode('already_exists'))
      assert.equal((await directory.findKeyByDigest('digest-1'))?.key.id, 'k1')
      assert.equal((await directory.findKeyByDigest('digest-2'))?.key.id, 'k2')
    },
  )

  register('of many that make the same key at once, one wins', async ({ store: { directory } }) => {
    const makers = Array.from({ length: 50 }, (_, index) =>
      directory.createKey(keyRecord({ name: `maker ${index}` })),
    )
    const results = await Promise.allSettled(makers)
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
    for (const result of results) {
      if (result.status === 'rejected') assert.ok(hasCode('already_exists')(result.reason))
    }
  })
}

function registerSettings(register: Register): void {
  register('the first value of a setting stands, for everybody and for good', async (subject) => {
    const { directory } = subject.store
    assert.equal(await directory.getSetting('pepper'), undefined)
    const writers = Array.from({ length: 50 }, (_, index) =>
      directory.initSetting('pepper', `value ${index}`),
    )
    const seen = new Set(await Promise.all(writers))
    assert.equal(seen.size, 1)
    const [standing] = seen
    assert.equal(await directory.getSetting('pepper'), standing)
    const again = (await subject.reopen()).directory
    assert.equal(await again.initSetting('pepper', 'late'), standing)
  })

  register('settings do not touch each other, and may be empty', async ({ store: { directory } }) => {
    assert.equal(await directory.initSetting('a', ''), '')
    assert.equal(await directory.initSetting("b'--", 'two'), 'two')
    assert.equal(await directory.getSetting('a'), '')
    assert.equal(await directory.initSetting('a', 'later'), '')
  })
}

/** One whole request that nobody reserved. */
const rowNamed = (id: string) => rowOf(reservationOf(id), 1_700_000_000_000, 5)

async function idsOf({ ledger }: DurableStore): Promise<string[]> {
  const rows = await Array.fromAsync(ledger.rows({ from: 0, to: LARGEST, filter: {} }))
  return rows.map(({ requestId }) => requestId).sort()
}

function registerClosing(register: Register): void {
  register('close writes what waits, and then nothing more is taken', async (subject) => {
    const { store } = subject
    const { directory, ledger } = store
    const waiting = Promise.all([
      ledger.settle(rowNamed('r1')),
      ledger.settle(rowNamed('r2')),
      directory.createKey(keyRecord()),
    ])
    await store.close()
    await waiting
    await store.close()
    const refused = hasCode('store_unavailable')
    await assert.rejects(ledger.settle(rowNamed('late')), refused)
    await assert.rejects(ledger.reserve(reservationOf('late')), refused)
    await assert.rejects(ledger.openBook(), refused)
    await assert.rejects(directory.createKey(keyRecord({ id: 'k2', digest: 'other' })), refused)
    await assert.rejects(directory.getKey('k1'), refused)
    await assert.rejects(directory.initSetting('a', 'b'), refused)
    const again = await subject.reopen()
    assert.deepEqual(await idsOf(again), ['r1', 'r2'])
    assert.deepEqual(await again.directory.getKey('k1'), keyRecord())
  })

  register('keys and settings outlive a restart', async (subject) => {
    await subject.store.directory.createKey(keyRecord())
    await subject.store.directory.initSetting('a', 'b')
    const { directory } = await subject.reopen()
    assert.deepEqual(await directory.getKey('k1'), keyRecord())
    assert.equal(await directory.getSetting('a'), 'b')
  })
}
