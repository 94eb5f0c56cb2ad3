import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distanceMetres, loadCities } from './places.ts'
import { ground, metadataOf, textOfPlay } from './testing.fixture.ts'

const MAPS = [{ googleMaps: {} }]
const at = (latitude: number, longitude: number) => ({
  toolConfig: { retrievalConfig: { latLng: { latitude, longitude }, languageCode: 'en_US' } },
})
const DOWNTOWN_LA = at(34.050481, -118.248526)

async function titles(prompt: string, options = {}, tools: readonly object[] = MAPS): Promise<unknown[]> {
  const { groundingChunks = [] } = metadataOf(await ground(prompt, tools, options))
  return groundingChunks.map(({ maps }) => maps?.title)
}

test('[GROUND-04] places near the given point, by kind, what they are known for, and walking distance', async () => {
  const prompt = 'What are the best Italian restaurants within a 15-minute walk from here?'
  assert.deepEqual(await titles(prompt, DOWNTOWN_LA), ['Trattoria Bunker Hill', 'Osteria Quattro Venti'])
  assert.deepEqual(await titles('Italian restaurants within 300 m', DOWNTOWN_LA), ['Trattoria Bunker Hill'])
  assert.deepEqual(
    await titles('Do any cafes around here do a good flat white?', at(40.7680797, -73.9818957)),
    ['Columbus Corner Cafe', 'Ninth Avenue Roasters'],
  )
})

test('a city in the prompt is enough, and wins over the point', async () => {
  assert.deepEqual(await titles('museums in Berlin'), ['Museum Island'])
  assert.deepEqual(await titles('museums in Berlin', DOWNTOWN_LA), ['Museum Island'])
  assert.deepEqual(await titles('Romeo and Juliet restaurants'), [])
})

test('a day with several wishes gets one place for each, the named one first', async () => {
  const prompt =
    'Plan a day in San Francisco for me. I want to see the Golden Gate Bridge, visit a museum, and have a nice dinner.'
  assert.deepEqual(await titles(prompt), [
    'Golden Gate Bridge',
    'California Academy of Sciences',
    'Harbor Lantern Kitchen',
  ])
})

test('[GROUND-04] a chunk names its place, links to it and quotes its reviews; the widget has a token', async () => {
  const play = await ground('Things to do in Tokyo', [{ google_maps: { enable_widget: true } }])
  const { groundingChunks = [], groundingSupports = [], googleMapsWidgetContextToken } = metadataOf(play)
  assert.equal(groundingChunks.length, 3)
  const { maps } = groundingChunks[0] ?? {}
  assert.match(String(maps?.uri), /^https:\/\/maps\.google\.com\/\?cid=\d+$/)
  assert.match(String(maps?.placeId), /^places\/ChIJ\w+$/)
  assert.equal(maps?.title, 'Senso-ji')
  assert.match(
    JSON.stringify(maps?.placeAnswerSources),
    /"reviewSnippets":\[\{"reviewId":"[\w-]+","googleMapsUri":"https/,
  )
  assert.deepEqual(
    groundingSupports.map((support) => support.groundingChunkIndices),
    [[0], [1], [2]],
  )
  assert.match(groundingSupports[0]?.segment.text ?? '', /^\*\*Senso-ji\*\* \(landmark, rated 4\.6\)/)
  assert.match(googleMapsWidgetContextToken ?? '', /^widgetcontent\//)
  assert.equal(
    metadataOf(await ground('Things to do in Tokyo', MAPS)).googleMapsWidgetContextToken,
    undefined,
  )
})

test('what is not about places, or has none near, is left to others', async () => {
  assert.equal(await ground('What is DNA?', MAPS, DOWNTOWN_LA), undefined)
  assert.equal(await ground('Pizza near me', MAPS, at(0, 0)), undefined)
  assert.equal(await ground('Pizza near me', MAPS), undefined)
})

test('a search beside the map is asked only for what the map has not answered', async () => {
  const both = [{ googleSearch: {} }, { googleMaps: {} }]
  const play = await ground('What are the best cafes in Berlin?', both)
  assert.equal(metadataOf(play).webSearchQueries, undefined)
  assert.match(textOfPlay(play), /^There is one place in Berlin:/)
})

test('the map is whole: ids are unique, points lie in their city, names are there once', async () => {
  const cities = await loadCities()
  const places = cities.flatMap((city) => city.places)
  assert.ok(cities.length >= 8 && places.length >= 40)
  assert.equal(new Set(places.map(({ placeId }) => placeId)).size, places.length)
  assert.equal(new Set(places.map(({ name }) => name)).size, places.length)
  for (const { places: own, name } of cities) {
    for (const place of own) {
      assert.ok(distanceMetres(own[0]!, place) < 15_000, `${place.name} in ${name}`)
      assert.ok(place.rating >= 1 && place.rating <= 5)
    }
  }
})

test('distances are right within two percent, also across the date line', () => {
  const london = { latitude: 51.5074, longitude: -0.1278 }
  const paris = { latitude: 48.8566, longitude: 2.3522 }
  assert.ok(Math.abs(distanceMetres(london, paris) - 343_500) < 6_900)
  assert.ok(distanceMetres({ latitude: 0, longitude: 179.99 }, { latitude: 0, longitude: -179.99 }) < 2_300)
})
