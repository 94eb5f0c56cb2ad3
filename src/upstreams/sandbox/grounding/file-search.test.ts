import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ground, metadataOf, textOfPlay } from './testing.fixture.ts'

const handbook = {
  name: 'fileSearchStores/hr/documents/handbook',
  displayName: 'handbook.pdf',
  text: 'Employees have 28 days of vacation a year. Vacation is asked for in the portal.\n\nThe office opens at eight.',
  customMetadata: [
    { key: 'team', stringValue: 'people' },
    { key: 'year', numericValue: 2025 },
  ],
}
const menu = {
  name: 'fileSearchStores/hr/documents/menu',
  displayName: 'menu.txt',
  text: 'On Friday the canteen serves fish. Vacation days do not change the menu.',
  customMetadata: [],
}
const stores = { 'fileSearchStores/hr': [handbook, menu], 'fileSearchStores/empty': [] }

function files(prompt: string, more: object = {}) {
  return ground(prompt, [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/hr'], ...more } }], {
    stores,
  })
}

test('[GROUND-07] a question is answered from the passages of a store, with the store and the metadata', async () => {
  const play = await files('How many days of vacation do employees have?')
  assert.match(textOfPlay(play), /^Employees have 28 days of vacation a year\./)
  const { groundingChunks = [], groundingSupports = [] } = metadataOf(play)
  assert.deepEqual(groundingChunks[0], {
    retrievedContext: {
      title: 'handbook.pdf',
      text: 'Employees have 28 days of vacation a year. Vacation is asked for in the portal.',
      fileSearchStore: 'fileSearchStores/hr',
      customMetadata: handbook.customMetadata,
    },
  })
  assert.deepEqual(groundingSupports[0]?.groundingChunkIndices, [0])
  assert.equal(metadataOf(play).webSearchQueries, undefined)
})

test('topK limits the passages, the filter the documents', async () => {
  const chunks = async (more: object) => metadataOf(await files('vacation days', more)).groundingChunks ?? []
  assert.equal((await chunks({})).length, 2)
  assert.equal((await chunks({ topK: 1 })).length, 1)
  assert.deepEqual(
    (await chunks({ metadataFilter: 'team = "people" AND year > 2024' })).map(
      (one) => one.retrievedContext?.title,
    ),
    ['handbook.pdf'],
  )
  assert.equal((await chunks({ metadataFilter: 'year > 2025' })).length, 0)
})

test('a question about the file as such gets its beginning; one about something else nothing', async () => {
  assert.match(
    textOfPlay(await files('Summarize the uploaded file')),
    /^Employees have 28 days[^.]*\. On Friday/,
  )
  assert.equal(await files('Who won Euro 2024?'), undefined)
  const empty = [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/empty'] } }]
  assert.equal(await ground('Summarize the file', empty, { stores }), undefined)
})

test("a store that is not the caller's is refused in the store's own words", async () => {
  const tools = [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/other'] } }]
  await assert.rejects(ground('Vacation days', tools, { stores }), /no store fileSearchStores\/other/)
})
