import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ground, metadataOf, textOfPlay } from './testing.fixture.ts'

const URLS = [{ urlContext: {} }]

async function statuses(prompt: string): Promise<[string, string][]> {
  const play = await ground(prompt, URLS)
  assert.ok(play?.opening)
  const { urlMetadata } = play.opening.urlContextMetadata as {
    urlMetadata: { retrievedUrl: string; urlRetrievalStatus: string }[]
  }
  return urlMetadata.map((one) => [
    one.retrievedUrl,
    one.urlRetrievalStatus.replace('URL_RETRIEVAL_STATUS_', ''),
  ])
}

test('[GROUND-06] pages are read by any spelling of their address, and the first chunk says how it went', async () => {
  assert.deepEqual(
    await statuses(
      'Compare https://en.wikipedia.org/wiki/Mars/, http://www.python.org/about and https://nowhere.example/x with ' +
        'https://www.marketjournal.example/2024/11/what-investors-expect (or https://free-downloads.example/setup).',
    ),
    [
      ['https://en.wikipedia.org/wiki/Mars/', 'SUCCESS'],
      ['http://www.python.org/about', 'SUCCESS'],
      ['https://nowhere.example/x', 'ERROR'],
      ['https://www.marketjournal.example/2024/11/what-investors-expect', 'PAYWALL'],
      ['https://free-downloads.example/setup', 'UNSAFE'],
    ],
  )
})

test('a page is summarised by its beginning, or by what the question is about', async () => {
  const summary = await ground('Summarize https://en.wikipedia.org/wiki/Mars', URLS)
  assert.match(textOfPlay(summary), /^Mars is the fourth planet/)
  const asked = await ground('How high is the volcano Olympus Mons? https://en.wikipedia.org/wiki/Mars', URLS)
  assert.match(textOfPlay(asked), /^Olympus Mons on Mars is the highest volcano/)
  assert.deepEqual(metadataOf(asked).groundingChunks, [
    { web: { uri: 'https://en.wikipedia.org/wiki/Mars', title: 'Mars' } },
  ])
  assert.deepEqual(metadataOf(asked).groundingSupports?.[0]?.groundingChunkIndices, [0])
})

test('the two recipes that Google gives as an example can be compared', async () => {
  const play = await ground(
    'Compare the ingredients and cooking times from the recipes at https://www.foodnetwork.com/recipes/ina-garten/perfect-roast-chicken-recipe-1940592 and https://www.allrecipes.com/recipe/21151/simple-whole-roast-chicken/',
    URLS,
  )
  assert.deepEqual(
    new Set(metadataOf(play).groundingSupports?.flatMap((one) => one.groundingChunkIndices)),
    new Set([0, 1]),
  )
  assert.match(textOfPlay(play), /lemon, garlic.*onion powder/s)
})

test('a page that cannot be read is no error: the answer says so, without a source', async () => {
  const play = await ground('What does https://nowhere.example/x say?', URLS)
  assert.match(textOfPlay(play), /^I could not read https:\/\/nowhere\.example\/x: /)
  assert.equal(metadataOf(play).groundingChunks, undefined)
  assert.equal(metadataOf(play).groundingSupports, undefined)
  assert.doesNotMatch(textOfPlay(await ground('Read https://free-downloads.example/setup', URLS)), /program/)
})

test('without an address there is nothing to read; a page that was read is not found again', async () => {
  assert.equal(await ground('What is Mars?', URLS), undefined)
  const both = await ground('What is Mars? https://en.wikipedia.org/wiki/Mars', [
    { urlContext: {} },
    { googleSearch: {} },
  ])
  assert.equal(textOfPlay(both).split('Mars is the fourth planet').length, 2)
})
