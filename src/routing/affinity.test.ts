import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Health } from '../nouns/health.ts'
import { CALLER, callOf, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Call, Caller, Target } from '../nouns.ts'
import { createAffinity } from './affinity.ts'
import { createRouter } from './route.ts'

const user = (text: string) => ({ role: 'user', parts: [{ text }] })
const model = (text: string) => ({ role: 'model', parts: [{ text }] })
const turn = (contents: unknown, rest: Partial<Call> = {}): Call =>
  callOf({ model: 'm', body: Buffer.from(JSON.stringify({ contents })), ...rest })

const FIRST = turn([user('hello')])
const SECOND = turn([user('hello'), model('hi'), user('and now?')])
const A = targetOf(upstreamOf('a'), 'm')
const B = targetOf(upstreamOf('b'), 'm')

function homeAfter(second: Call, caller: Caller = CALLER, first: Call = FIRST): boolean {
  const affinity = createAffinity()
  affinity.recall(first, CALLER)?.conversation.answered(A)
  return affinity.recall(second, caller)?.atHome(A) !== undefined
}

test('[NEV-23] a later turn knows who answered the one before', () => {
  assert.equal(homeAfter(SECOND), true)
  assert.equal(homeAfter({ ...SECOND, verb: 'streamGenerateContent' }), true)
  const others = {
    body: Buffer.from(
      `\n{"generationConfig": {"temperature": 1}, "contents" : [ ${JSON.stringify(user('hello'))} , {}]}`,
    ),
  }
  assert.equal(
    homeAfter(callOf({ model: 'm', ...others })),
    true,
    'what stands around the contents may change',
  )
})

test('[NEV-23] a conversation that speaks of messages begins with the first words of its user', () => {
  const system = { role: 'system', content: 'Be kind.' }
  const hello = { role: 'user', content: 'hello' }
  const chat = (...messages: object[]) =>
    callOf({ model: 'm', wire: 'openai-chat', body: Buffer.from(JSON.stringify({ messages })) })
  const first = chat(system, hello)
  const answered = { role: 'assistant', content: 'hi' }
  assert.equal(homeAfter(chat(system, hello, answered, hello), CALLER, first), true)
  assert.equal(homeAfter(first, CALLER, first), false, 'its first turn goes where any call would')
  assert.equal(homeAfter(chat(system, { role: 'user', content: 'Hello' }, answered), CALLER, first), false)
  assert.equal(homeAfter(chat({ ...system, content: '' }, hello, answered), CALLER, first), false)
  assert.equal(homeAfter(chat(system, answered), CALLER, chat(system)), false, 'nobody has asked yet')
})

test('[NEV-23] another caller, model or beginning is another conversation', () => {
  assert.equal(homeAfter(SECOND, { ...CALLER, keyId: 'other' }), false)
  assert.equal(homeAfter({ ...SECOND, model: 'n' }), false)
  assert.equal(homeAfter(turn([user('Hello'), model('hi'), user('and now?')])), false)
})

test('[NEV-23] a first turn goes where any call would, and is remembered', () => {
  assert.equal(homeAfter(FIRST), false)
  assert.equal(homeAfter(turn(user('hello'))), false, 'a single content may stand for the list')
})

test('[NEV-23] what has no conversation has no home', () => {
  const affinity = createAffinity()
  const none = [
    turn([]),
    turn(undefined),
    callOf({ model: 'm', body: Buffer.from('{"content":{"parts":[]}}') }),
    { ...SECOND, verb: 'embedContent' as const },
    { ...SECOND, model: 'm'.repeat(256) },
  ]
  for (const call of none) assert.equal(affinity.recall(call, CALLER), undefined)
  assert.equal(affinity.size, 0)
})

test('[NEV-23] who answers instead is at home from then on, and that it moved is said once', () => {
  const affinity = createAffinity()
  const answered = (call: Call, target: Target) =>
    affinity.recall(call, CALLER)?.conversation.answered(target)
  assert.deepEqual(
    [answered(FIRST, A), answered(SECOND, A), answered(SECOND, B), answered(SECOND, B), answered(FIRST, A)],
    ['stayed', 'stayed', 'moved', 'stayed', 'stayed'],
  )
  const another = { ...A, model: 'other' }
  assert.equal(answered(SECOND, another), 'moved', 'another model has another cache')
})

test('[NEV-23] a silent conversation is forgotten after an hour, and the most silent one when there are too many', () => {
  let now = 0
  const affinity = createAffinity({ now: () => now, conversationsMax: 2 })
  const begin = (text: string) => affinity.recall(turn([user(text)]), CALLER)?.conversation.answered(A)
  const isKnown = (text: string) =>
    affinity.recall(turn([user(text), model('')]), CALLER)?.atHome(A) !== undefined
  begin('one')
  now = 3_600_000
  assert.equal(isKnown('one'), true)
  now = 3_600_001
  assert.equal(isKnown('one'), false)
  for (const text of ['one', 'two', 'one', 'three']) begin(text)
  assert.equal(affinity.size, 2)
  assert.deepEqual(['one', 'two', 'three'].map(isKnown), [true, false, true])
})

test('[NEV-23] a first content of megabytes is known by its first 64 KiB, and counts as known', () => {
  const large = turn([user('x'.repeat(2_000_000))])
  assert.equal(homeAfter(large, CALLER, large), true)
  assert.equal(homeAfter(turn([user('x'.repeat(2_000_000)), model('hi')]), CALLER, large), true)
})

test('[NEV-23] no body breaks it, wherever it is cut', () => {
  const affinity = createAffinity()
  const bodies = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(`{"a\\\\u0063":1,"contents":[${text}`)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  )
  const recall = (body: Buffer) => {
    affinity.recall(callOf({ model: 'm', body }), CALLER)?.conversation.answered(A)
  }
  fc.assert(fc.property(bodies, recall))
  // The escape lies across the end of what is looked at, at each of its bytes.
  for (let before = 65_520; before < 65_540; before++)
    recall(Buffer.from(`{"${'b'.repeat(before)}\\u0041":1,"contents":[1]}`))
})

const UPSTREAMS = new Map(['a', 'b', 'c'].map((name) => [name, upstreamOf(name)]))

function routerWith(entry: { readonly affinity?: boolean; readonly fallback?: string }, health?: Health) {
  const models = { m: { targets: ['a', 'b'], ...entry }, other: { targets: ['c'] } }
  const options = { affinity: createAffinity(), ...(health && { health }) }
  const router = createRouter({ models, fallback: [] }, UPSTREAMS, () => undefined, options)
  const route = (call: Call) => router.route(call, CALLER)
  const firstOf = (call: Call) => route(call)[0]?.upstream.name
  const answer = (call: Call, name: string) => {
    const target = route(call).find(({ upstream }) => upstream.name === name) as Target
    return target.conversation?.answered(target)
  }
  return { firstOf, answer, route }
}

test('[NEV-23] the target of the turn before comes first, unless it is out of order', () => {
  let isOpen = false
  const stateOf: Health['stateOf'] = ({ upstream }) =>
    isOpen && upstream.name === 'b' ? { kind: 'open', until: 1 } : { kind: 'ok' }
  const health: Health = { stateOf, begin: () => undefined, firstByteMs: () => undefined, list: () => [] }
  const { firstOf, answer } = routerWith({}, health)
  answer(FIRST, 'b')
  assert.deepEqual([firstOf(SECOND), firstOf(FIRST)], ['b', 'a'])
  isOpen = true
  assert.equal(firstOf(SECOND), 'a')
  assert.equal(answer(SECOND, 'a'), 'moved')
  isOpen = false
  assert.equal(firstOf(SECOND), 'a', 'it has its prompt there now')
})

test('[NEV-23] a fallback that stood in is no home', () => {
  const { firstOf, answer } = routerWith({ fallback: 'other' })
  answer(FIRST, 'c')
  assert.equal(firstOf(SECOND), 'a')
  assert.equal(answer(SECOND, 'a'), 'moved')
})

test('[NEV-23] of several keys, a conversation stays with the one that answered it', () => {
  const pool = upstreamOf('pool', { credentials: 3 })
  const models = { m: { targets: ['pool'] } }
  const options = { affinity: createAffinity() }
  const router = createRouter({ models, fallback: [] }, new Map([['pool', pool]]), () => undefined, options)
  const first = (call: Call) => router.route(call, CALLER)[0] as Target
  const answered = (call: Call, credential: number) => {
    const target = first(call)
    return target.conversation?.answered({ ...target, credential })
  }
  assert.equal(first(SECOND).isHome, undefined)
  answered(FIRST, 5)
  assert.deepEqual([first(SECOND).credential, first(SECOND).isHome], [2, true])
  assert.equal(first(FIRST).isHome, undefined, 'a first turn takes its turn among the keys')
  assert.deepEqual([answered(SECOND, 8), answered(SECOND, 1)], ['stayed', 'moved'])
})

test('[NEV-23] without affinity, or with one target, nothing is remembered', () => {
  const off = routerWith({ affinity: false })
  assert.deepEqual(
    off.route(FIRST).map((target) => target.conversation),
    [undefined, undefined],
  )
  const [only] = off.route(turn([user('hello')], { model: 'other' }))
  assert.equal(only?.conversation, undefined)
})
