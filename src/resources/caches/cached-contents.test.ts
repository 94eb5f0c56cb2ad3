import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { ALICE, BOB, type Rig, rig, START } from '../testing.fixture.ts'

const CACHES = '/v1beta/cachedContents'
const HOUR_MS = 3_600_000
const MODEL = 'models/gemini-2.5-flash'
const CONTENTS = [{ role: 'user', parts: [{ text: 'a long text '.repeat(20) }] }]
const CACHE = { model: MODEL, contents: CONTENTS }
const NOT_FOUND = 'CachedContent not found (or permission denied)'
const at = (milliseconds: number) => new Date(START + milliseconds).toISOString()

const create = (on: Rig, body: object, path = CACHES) => on.ask('POST', path, { body })

test('[CACHES-01] create, get, list, patch and delete', async (t) => {
  const on = await rig(t)
  const made = await create(on, { ...CACHE, display_name: 'notes', ttl: '300s' })
  assert.equal(made.status, 200, made.text)
  const { name, usageMetadata, ...rest } = made.json
  assert.match(name, /^cachedContents\/[a-z][a-z0-9]{11}$/)
  assert.ok(usageMetadata.totalTokenCount > 100)
  assert.deepEqual(rest, {
    model: MODEL,
    displayName: 'notes',
    createTime: at(0),
    updateTime: at(0),
    expireTime: at(300_000),
  })
  const path = `/v1beta/${name}`
  assert.deepEqual((await on.ask('GET', path)).json, made.json)
  assert.deepEqual((await on.ask('GET', CACHES)).json, { cachedContents: [made.json] })
  on.later(1_000)
  const patched = await on.ask('PATCH', path, { body: { ttl: '600s' } })
  assert.deepEqual(patched.json, { ...made.json, updateTime: at(1_000), expireTime: at(601_000) })
  assert.deepEqual((await on.ask('GET', path)).json, patched.json)
  assert.equal(on.blobs().length, 1)
  assert.deepEqual((await on.ask('DELETE', path)).json, {})
  assert.deepEqual(on.blobs(), [])
  const gone = await on.ask('GET', path)
  assert.deepEqual([gone.status, gone.text], [403, NOT_FOUND])
  assert.deepEqual((await on.ask('GET', CACHES)).json, {})
})

const ENDS: readonly (readonly [string, object, number])[] = [
  ['no end is an hour', {}, HOUR_MS],
  ['a ttl in seconds', { ttl: '300s' }, 300_000],
  ['a ttl with a fraction', { ttl: '1.5s' }, 1_500],
  ['a ttl as an object', { ttl: { seconds: 60 } }, 60_000],
  ['an expireTime', { expireTime: at(HOUR_MS * 5) }, HOUR_MS * 5],
  ['an expire_time with an offset', { expire_time: '2026-11-20T14:00:00+02:00' }, HOUR_MS * 2],
]
for (const [title, end, wanted] of ENDS) {
  test(`[CACHES-02] ${title}`, async (t) => {
    const on = await rig(t)
    assert.equal((await create(on, { ...CACHE, ...end })).json.expireTime, at(wanted))
  })
}

const REFUSED: readonly (readonly [string, object, RegExp, number?])[] = [
  [
    'both ends',
    { ...CACHE, ttl: '1s', expireTime: at(1) },
    /oneof field 'expiration' is already set. Cannot set 'expireTime'/,
  ],
  ['an end that is past', { ...CACHE, expireTime: at(-1) }, /expire_time must be in the future/],
  ['an end that is now', { ...CACHE, ttl: '0s' }, /ttl must be in the future/],
  ['a negative ttl', { ...CACHE, ttl: '-5s' }, /ttl must be in the future/],
  ['an end after the end of time', { ...CACHE, ttl: '999999999999s' }, /year 9999/],
  ['a ttl without its unit', { ...CACHE, ttl: '300' }, /Illegal duration format; duration must end with 's'/],
  ['a date that is none', { ...CACHE, expireTime: 'tomorrow' }, /Invalid value at 'expire_time'/],
  ['no model', { contents: CONTENTS }, /model is not specified/],
  ['a bare model', { ...CACHE, model: 'gemini-2.5-flash' }, /unexpected model name format/],
  [
    'an unknown model',
    { ...CACHE, model: 'models/nobody' },
    /^models\/nobody is not found for API version v1beta, or is not supported for createCachedContent/,
    404,
  ],
  ['an unknown field', { ...CACHE, colour: 'red' }, /Unknown name "colour": Cannot find field/],
  [
    'an unknown field within',
    { ...CACHE, contents: [{ parts: [{ txt: 'x' }] }] },
    /Unknown name "txt" at 'contents\[0\]\.parts\[0\]'/,
  ],
  ['a long display name', { ...CACHE, displayName: 'x'.repeat(129) }, /display name/],
  [
    'too little',
    { model: MODEL, contents: [{ parts: [{ text: 'hi' }] }] },
    /^Cached content is too small\. total_token_count=\d+, min_total_token_count=100$/,
  ],
  ['nothing', { model: MODEL }, /too small/],
]
for (const [title, body, words, status = 400] of REFUSED) {
  test(`[CACHES-03] ${title} is refused, and nothing is stored`, async (t) => {
    const on = await rig(t)
    const refused = await create(on, body)
    assert.equal(refused.status, status, refused.text)
    assert.match(refused.text, words)
    assert.deepEqual(on.blobs(), [])
    assert.deepEqual((await on.ask('GET', CACHES)).json, {})
  })
}

const REFUSED_PATCHES: readonly (readonly [string, object, string, RegExp])[] = [
  [
    'another field',
    { displayName: 'x' },
    '',
    /Only ttl or expire_time of a CachedContent can be updated, not displayName/,
  ],
  ['another field beside it', { ttl: '5s', model: MODEL }, '', /not model/],
  ['a mask of another field', { ttl: '5s' }, '?updateMask=ttl,displayName', /not displayName/],
  ['nothing', {}, '', /ttl or expire_time must be given/],
  ['a past end', { expireTime: at(-1) }, '', /must be in the future/],
  ['both', { ttl: '5s', expire_time: at(5) }, '', /already set/],
]
for (const [title, body, query, words] of REFUSED_PATCHES) {
  test(`[CACHES-04] a patch of ${title} is refused, and changes nothing`, async (t) => {
    const on = await rig(t)
    const { json } = await create(on, CACHE)
    const refused = await on.ask('PATCH', `/v1beta/${json.name}${query}`, { body })
    assert.deepEqual([refused.status, words.test(refused.text)], [400, true], refused.text)
    assert.deepEqual((await on.ask('GET', `/v1beta/${json.name}`)).json, json)
  })
}

test('[CACHES-04] a patch takes the mask that says the same', async (t) => {
  const on = await rig(t)
  const { json } = await create(on, CACHE)
  for (const mask of ['ttl', 'expireTime', 'expire_time', '*'])
    assert.equal(
      (await on.ask('PATCH', `/v1beta/${json.name}?updateMask=${mask}`, { body: { ttl: '9s' } })).status,
      200,
    )
})

test('[CACHES-05] a cache is its key’s: for another one there is none', async (t) => {
  const on = await rig(t)
  const { json } = await create(on, CACHE)
  for (const [caller, name] of [
    [BOB, json.name],
    [ALICE, 'cachedContents/never'],
    [ALICE, 'cachedContents/..%2Ffiles'],
  ] as const) {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const heard = await on.ask(method, `/v1beta/${name}`, {
        caller,
        body: method === 'PATCH' ? { ttl: '5s' } : '',
      })
      if (heard.status !== 400)
        assert.deepEqual([heard.status, heard.text], [403, NOT_FOUND], `${method} ${name}`)
    }
  }
  assert.deepEqual((await on.ask('GET', CACHES, { caller: BOB })).json, {})
  await assert.rejects(on.room.library.cachedContent(BOB, json.name), fails('permission_denied'))
})

test('[CACHES-06] an expired cache is gone for everybody, and swept', async (t) => {
  const on = await rig(t)
  const { json } = await create(on, { ...CACHE, ttl: '10s' })
  on.later(10_000)
  for (const method of ['GET', 'DELETE'])
    assert.equal((await on.ask(method, `/v1beta/${json.name}`)).status, 403)
  const late = await on.ask('PATCH', `/v1beta/${json.name}`, { body: { ttl: '10s' } })
  assert.equal(late.status, 403)
  await assert.rejects(on.room.library.cachedContent(ALICE, json.name), fails('permission_denied'))
  await on.room.sweep()
  assert.deepEqual(on.blobs(), [])
})

test('[CACHES-07] what was cached is there for the model, also after a restart', async (t) => {
  const on = await rig(t)
  const tools = [{ function_declarations: [{ name: 'f', description: 'x'.repeat(100) }] }]
  const made = await create(on, { ...CACHE, system_instruction: { parts: { text: 'Be kind.' } }, tools })
  const read = () => on.room.library.cachedContent(ALICE, made.json.name)
  const wanted = {
    name: made.json.name,
    model: MODEL,
    document: {
      contents: CONTENTS,
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      tools: [{ functionDeclarations: [{ name: 'f', description: 'x'.repeat(100) }] }],
    },
  }
  assert.deepEqual(await read(), wanted)
  assert.equal((await read()).document, (await read()).document)
  await on.restart()
  assert.deepEqual(await read(), wanted)
  for (const name of ['x', 'cachedContents/', 'files/a', `${made.json.name}/more`])
    await assert.rejects(
      on.room.library.cachedContent(ALICE, name),
      fails('invalid_argument', /^Invalid CachedContent name: /),
    )
})

test('[CACHES-08] the cloud platform’s path leads to the same caches, under its own names', async (t) => {
  const on = await rig(t)
  const parent = 'projects/p/locations/europe-west4'
  const model = `${parent}/publishers/google/models/gemini-2.5-flash`
  const made = await create(on, { ...CACHE, model }, `/v1/${parent}/cachedContents`)
  assert.equal(made.status, 200, made.text)
  assert.ok(made.json.name.startsWith(`${parent}/cachedContents/`))
  assert.equal(made.json.model, model)
  const path = `/v1/${made.json.name}`
  assert.deepEqual((await on.ask('GET', path)).json, made.json)
  assert.deepEqual((await on.ask('GET', `/v1/${parent}/cachedContents`)).json, {
    cachedContents: [made.json],
  })
  assert.equal((await on.room.library.cachedContent(ALICE, made.json.name)).model, MODEL)
  assert.equal((await on.ask('PATCH', path, { body: { ttl: '5s' } })).status, 200)
  assert.deepEqual((await on.ask('DELETE', path)).json, {})
})

test('[CACHES-01] a list in pages', async (t) => {
  const on = await rig(t)
  for (let index = 0; index < 5; index++) await create(on, CACHE)
  const first = (await on.ask('GET', `${CACHES}?pageSize=3`)).json
  const second = (await on.ask('GET', `${CACHES}?pageSize=3&pageToken=${first.nextPageToken}`)).json
  assert.deepEqual(
    [first.cachedContents.length, second.cachedContents.length, second.nextPageToken],
    [3, 2, undefined],
  )
})

test('[CACHES-05] a model that the key may not use is one that there is not', async (t) => {
  const on = await rig(t)
  const refused = await on.ask('POST', CACHES, { body: CACHE, caller: { ...ALICE, models: ['other-*'] } })
  assert.equal(refused.status, 404)
  assert.match(refused.text, /^models\/gemini-2\.5-flash is not found for API version v1beta/)
})
