import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callOf, fails, recordedResponse, requestOf } from '../../nouns.fixture.ts'
import type { Model } from '../../wire/gemini.ts'
import { encodeModels } from './models.ts'

const modelsOf = (ids: readonly string[]): Model[] => ids.map((id) => ({ name: `models/${id}` }))
const NUMBERED = modelsOf(Array.from({ length: 120 }, (_, at) => `m-${String(at).padStart(4, '0')}`))

interface Page {
  readonly models: readonly Model[]
  readonly nextPageToken?: string
}

function page(models: readonly Model[], query = ''): Page {
  const response = recordedResponse()
  encodeModels(
    callOf({ verb: 'listModels', model: '' }),
    models,
    requestOf(`/v1beta/models?${query}`),
    response,
  )
  assert.deepEqual(
    [response.status, response.headers['content-length']],
    [200, Buffer.byteLength(response.text)],
  )
  return JSON.parse(response.text)
}

test('[MODELS-02] the page that nobody sized has fifty, the largest a thousand', () => {
  assert.equal(page(NUMBERED).models.length, 50)
  assert.equal(page(NUMBERED, 'pageSize=0').models.length, 50)
  assert.equal(page(NUMBERED, 'pageSize=').models.length, 50)
  assert.equal(
    page(modelsOf(Array.from({ length: 1_200 }, (_, at) => `m${1_000 + at}`)), 'pageSize=5000').models.length,
    1_000,
  )
  assert.equal(page(NUMBERED, 'pageSize=120').nextPageToken, undefined)
  assert.deepEqual(page([]), { models: [] })
})

test('[MODELS-02] the pages together are the list, whatever the names and the size', () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-z0-9._-]{1,8}$/), { maxLength: 30 })
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 7 }), (names, size) => {
      const models = modelsOf(names).sort((a, b) => (a.name < b.name ? -1 : 1))
      const found: Model[] = []
      let token: string | undefined = ''
      while (token !== undefined) {
        const part: Page = page(models, `pageSize=${size}&pageToken=${token}`)
        assert.ok(part.models.length <= size)
        found.push(...part.models)
        token = part.nextPageToken
      }
      assert.deepEqual(found, models)
    }),
    { numRuns: 100 },
  )
})

test('[MODELS-02] a page stays right when models come and go between the pages', () => {
  const { nextPageToken } = page(NUMBERED, 'pageSize=10')
  const without = NUMBERED.filter(({ name }) => name !== 'models/m-0010')
  assert.equal(page(without, `pageSize=1&pageToken=${nextPageToken}`).models[0]?.name, 'models/m-0011')
})

test('[MODELS-02] bad sizes and tokens are refused', () => {
  for (const size of ['-1', '1.5', 'ten', '1e400'])
    assert.throws(() => page(NUMBERED, `pageSize=${size}`), fails('invalid_argument', /page_size/), size)
  for (const token of ['!', 'AAAA', Buffer.from('files/x').toString('base64url')])
    assert.throws(() => page(NUMBERED, `pageToken=${token}`), fails('invalid_argument', /page token/), token)
})

test('[MODELS-03] one model by its name, else 404 in Google’s words', () => {
  const get = (model: string) => {
    const response = recordedResponse()
    encodeModels(callOf({ verb: 'getModel', model }), NUMBERED, requestOf('/'), response)
    return JSON.parse(response.text).name
  }
  assert.equal(get('m-0003'), 'models/m-0003')
  assert.throws(
    () => get('m-9999'),
    fails('not_found', /^Model is not found: models\/m-9999 for api version v1beta$/),
  )
})
