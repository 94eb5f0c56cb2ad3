/** What every Store promises, whatever holds it. Run over each implementation, on the real thing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import type { KeyRecord, Outcome, Store, UsageRow, UsageSource } from '../../src/nouns.ts'

/** One fresh, empty store under test. */
export interface StoreSubject {
  readonly store: Store
  /** Closes the store and opens the same data again. */
  reopen(): Promise<Store>
  /** Every row of the ledger, in the order in which the rows were appended. */
  usageRows(): Promise<readonly UsageRow[]>
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
  registerAppends(register)
  registerRowValues(register)
  registerBadRows(register)
  registerClosing(register)
}

export function keyRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: 'k1',
    name: 'first',
    digest: 'digest-1',
    models: ['gemini-*'],
    disabled: false,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    ...changes,
  }
}

export function usageRow(requestId: string, changes: Partial<UsageRow> = {}): UsageRow {
  return {
    requestId,
    keyId: 'k1',
    admittedAt: 1_700_000_000_000,
    settledAt: 1_700_000_000_500,
    verb: 'generateContent',
    model: 'gemini-2.5-flash',
    outcome: 'complete',
    status: 200,
    upstream: 'sandbox',
    upstreamModel: 'gemini-2.5-flash',
    modelVersion: 'gemini-2.5-flash-001',
    attempts: 1,
    usageSource: 'final',
    promptTokens: 10,
    cachedTokens: 4,
    candidatesTokens: 20,
    thoughtsTokens: 5,
    toolUsePromptTokens: 1,
    totalTokens: 36,
    finishReason: 'STOP',
    deliveredBytes: 812,
    firstByteMs: 12.25,
    durationMs: 500.5,
    ...changes,
  }
}

export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code
}

function registerKeys(register: Register): void {
  register('a key is created, found, changed and deleted', async ({ store: { ledger } }) => {
    const key = keyRecord()
    await ledger.createKey(key)
    assert.deepEqual(await ledger.getKey('k1'), key)
    assert.deepEqual(await ledger.findKeyByDigest('digest-1'), key)
    const changed = keyRecord({
      name: 'second',
      digest: 'digest-2',
      models: [],
      disabled: true,
      updatedAt: LARGEST,
    })
    assert.equal(await ledger.updateKey(changed), true)
    assert.deepEqual(await ledger.getKey('k1'), changed)
    assert.equal(await ledger.findKeyByDigest('digest-1'), undefined)
    assert.deepEqual(await ledger.findKeyByDigest('digest-2'), changed)
    assert.equal(await ledger.deleteKey('k1'), true)
    assert.equal(await ledger.getKey('k1'), undefined)
    assert.equal(await ledger.findKeyByDigest('digest-2'), undefined)
  })

  register('what is not there is told, not thrown', async ({ store: { ledger } }) => {
    assert.equal(await ledger.getKey('none'), undefined)
    assert.equal(await ledger.findKeyByDigest('none'), undefined)
    assert.equal(await ledger.updateKey(keyRecord({ id: 'none' })), false)
    assert.equal(await ledger.deleteKey('none'), false)
    assert.deepEqual(await ledger.listKeys(), [])
  })

  register('an update leaves createdAt alone', async ({ store: { ledger } }) => {
    await ledger.createKey(keyRecord())
    await ledger.updateKey(keyRecord({ createdAt: 5, updatedAt: 1_800_000_000_000 }))
    assert.equal((await ledger.getKey('k1'))?.createdAt, 1_700_000_000_000)
  })

  register('keys are listed in the order of their making', async ({ store: { ledger } }) => {
    for (const [index, id] of ['c', 'a', 'b'].entries()) {
      await ledger.createKey(keyRecord({ id, digest: `d-${id}`, createdAt: 1_000 + index }))
    }
    const ids = (await ledger.listKeys()).map((key) => key.id)
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
      await subject.store.ledger.createKey(key)
      assert.deepEqual(await subject.store.ledger.getKey(key.id), key)
      assert.deepEqual(await subject.store.ledger.findKeyByDigest(key.digest), key)
    }
    const { ledger } = await subject.reopen()
    assert.equal((await ledger.listKeys()).length, HOSTILE.length)
  })
}

function registerKeyUniqueness(register: Register): void {
  register(
    'an id or a digest that is taken is refused, and nothing changes',
    async ({ store: { ledger } }) => {
      await ledger.createKey(keyRecord())
      await assert.rejects(ledger.createKey(keyRecord({ digest: 'other' })), hasCode('already_exists'))
      await assert.rejects(ledger.createKey(keyRecord({ id: 'k2' })), hasCode('already_exists'))
      await ledger.createKey(keyRecord({ id: 'k2', digest: 'digest-2' }))
      const thief = keyRecord({ id: 'k2', digest: 'digest-1' })
      await assert.rejects(ledger.updateKey(thief), hasCode('already_exists'))
      assert.equal((await ledger.findKeyByDigest('digest-1'))?.id, 'k1')
      assert.equal((await ledger.findKeyByDigest('digest-2'))?.id, 'k2')
    },
  )

  register('of many that make the same key at once, one wins', async ({ store: { ledger } }) => {
    const makers = Array.from({ length: 50 }, (_, index) =>
      ledger.createKey(keyRecord({ name: `maker ${index}` })),
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
    const { ledger } = subject.store
    assert.equal(await ledger.getSetting('pepper'), undefined)
    const writers = Array.from({ length: 50 }, (_, index) => ledger.initSetting('pepper', `value ${index}`))
    const seen = new Set(await Promise.all(writers))
    assert.equal(seen.size, 1)
    const [standing] = seen
    assert.equal(await ledger.getSetting('pepper'), standing)
    const again = (await subject.reopen()).ledger
    assert.equal(await again.initSetting('pepper', 'late'), standing)
  })

  register('settings do not touch each other, and may be empty', async ({ store: { ledger } }) => {
    assert.equal(await ledger.initSetting('a', ''), '')
    assert.equal(await ledger.initSetting("b'--", 'two'), 'two')
    assert.equal(await ledger.getSetting('a'), '')
    assert.equal(await ledger.initSetting('a', 'later'), '')
  })
}

function registerAppends(register: Register): void {
  register('a row is durable once append resolved', async (subject) => {
    await subject.store.ledger.append(usageRow('r1'))
    await subject.reopen()
    assert.deepEqual(await subject.usageRows(), [usageRow('r1')])
  })

  register('1,000 appends at once are all there, in their order', async (subject) => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `request ${(index * 7919) % 1_000}`)
    const settled: string[] = []
    await Promise.all(ids.map((id) => subject.store.ledger.append(usageRow(id)).then(() => settled.push(id))))
    assert.deepEqual(settled, ids)
    await subject.reopen()
    const rows = await subject.usageRows()
    assert.deepEqual(
      rows.map((row) => row.requestId),
      ids,
    )
  })

  register('appends of several turns of the event loop follow each other', async (subject) => {
    for (let turn = 0; turn < 20; turn++) {
      await Promise.all([0, 1, 2].map((index) => subject.store.ledger.append(usageRow(`r${turn}-${index}`))))
    }
    const rows = await subject.usageRows()
    assert.equal(rows.length, 60)
    assert.deepEqual(
      rows.slice(-3).map((row) => row.requestId),
      ['r19-0', 'r19-1', 'r19-2'],
    )
  })
}

function registerRowValues(register: Register): void {
  const counts = ['promptTokens', 'cachedTokens', 'candidatesTokens', 'thoughtsTokens'] as const
  const moreCounts = [
    'toolUsePromptTokens',
    'totalTokens',
    'deliveredBytes',
    'admittedAt',
    'settledAt',
  ] as const

  register('counts at their limits, and rows without the optional columns', async (subject) => {
    const all = (value: number): Partial<UsageRow> =>
      Object.fromEntries([...counts, ...moreCounts].map((name) => [name, value]))
    const absent = { upstream: undefined, upstreamModel: undefined, modelVersion: undefined }
    const rows = [
      usageRow('largest', { ...all(LARGEST), attempts: 3, durationMs: LARGEST }),
      usageRow('smallest', { ...all(0), attempts: 0, status: 0, firstByteMs: 0, durationMs: 0 }),
      usageRow('absent', { ...absent, finishReason: undefined, firstByteMs: undefined, usageSource: 'none' }),
      usageRow('empty', {
        upstream: '',
        upstreamModel: '',
        modelVersion: '',
        finishReason: '',
        model: '',
        keyId: '',
      }),
    ]
    await Promise.all(rows.map((row) => subject.store.ledger.append(row)))
    await subject.reopen()
    assert.deepEqual(await subject.usageRows(), rows)
  })

  register('text of any characters comes back as it went', async (subject) => {
    const rows = HOSTILE.map((text, index) =>
      usageRow(`${text}${index}`, { keyId: text, model: text, upstreamModel: text, finishReason: text }),
    )
    await Promise.all(rows.map((row) => subject.store.ledger.append(row)))
    assert.deepEqual(await subject.usageRows(), rows)
  })

  register('every outcome and every source of usage has its place', async (subject) => {
    const outcomes: Outcome[] = ['complete', 'refused', 'upstream_error', 'upstream_broken', 'client_gone']
    const sources: UsageSource[] = ['final', 'partial', 'estimated', 'none']
    const rows = outcomes.flatMap((outcome) =>
      sources.map((usageSource) => usageRow(`${outcome} ${usageSource}`, { outcome, usageSource })),
    )
    await Promise.all(rows.map((row) => subject.store.ledger.append(row)))
    assert.deepEqual(await subject.usageRows(), rows)
  })
}

function registerBadRows(register: Register): void {
  register('a request is on the ledger once: only the repeated row is refused', async (subject) => {
    const { ledger } = subject.store
    await ledger.append(usageRow('r1', { model: 'first' }))
    const results = await Promise.allSettled([
      ledger.append(usageRow('r2')),
      ledger.append(usageRow('r1', { model: 'second' })),
      ledger.append(usageRow('r3')),
      ledger.append(usageRow('r3', { model: 'second' })),
    ])
    const states = results.map((result) => result.status)
    assert.deepEqual(states, ['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    for (const index of [1, 3])
      assert.ok(hasCode('already_exists')((results[index] as PromiseRejectedResult).reason))
    const rows = await subject.usageRows()
    assert.deepEqual(rows, [usageRow('r1', { model: 'first' }), usageRow('r2'), usageRow('r3')])
  })

  const bad: [string, Partial<UsageRow>][] = [
    ['a negative count', { promptTokens: -1 }],
    ['a broken count', { totalTokens: 1.5 }],
    ['a count that is no number', { candidatesTokens: Number.NaN }],
    ['an unknown outcome', { outcome: 'lost' as Outcome }],
    ['an unknown source', { usageSource: 'guess' as UsageSource }],
    ['a missing key', { keyId: undefined as unknown as string }],
    ['an object for text', { model: { toString: () => 'x' } as unknown as string }],
  ]
  for (const [title, changes] of bad) {
    register(`${title} is refused, and its neighbours stand`, async (subject) => {
      const { ledger } = subject.store
      const results = await Promise.allSettled([
        ledger.append(usageRow('before')),
        ledger.append(usageRow('bad', changes)),
        ledger.append(usageRow('after')),
      ])
      assert.ok(hasCode('internal')((results[1] as PromiseRejectedResult).reason))
      const ids = (await subject.usageRows()).map((row) => row.requestId)
      assert.deepEqual(ids, ['before', 'after'])
    })
  }
}

function registerClosing(register: Register): void {
  register('close writes what waits, and then nothing more is taken', async (subject) => {
    const { store } = subject
    const waiting = Promise.all([store.ledger.append(usageRow('r1')), store.ledger.append(usageRow('r2'))])
    await store.close()
    await waiting
    await store.close()
    const { ledger } = store
    await assert.rejects(ledger.append(usageRow('late')), hasCode('store_unavailable'))
    await assert.rejects(ledger.createKey(keyRecord()), hasCode('store_unavailable'))
    await assert.rejects(ledger.getKey('k1'), hasCode('store_unavailable'))
    await assert.rejects(ledger.initSetting('a', 'b'), hasCode('store_unavailable'))
    await subject.reopen()
    assert.deepEqual(await subject.usageRows(), [usageRow('r1'), usageRow('r2')])
  })

  register('keys and settings outlive a restart', async (subject) => {
    await subject.store.ledger.createKey(keyRecord())
    await subject.store.ledger.initSetting('a', 'b')
    const { ledger } = await subject.reopen()
    assert.deepEqual(await ledger.getKey('k1'), keyRecord())
    assert.equal(await ledger.getSetting('a'), 'b')
  })
}
