import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countTokens } from '../../tokenizer.ts'
import { ground, metadataOf, textOfPlay } from './testing.fixture.ts'

const SEARCH = [{ googleSearch: {} }]

test('[GROUND-01] a search answers with sentences of its sources and names them', async () => {
  const play = await ground('Who won the euro 2024?', SEARCH)
  assert.match(textOfPlay(play), /^Spain won the UEFA Euro 2024, beating England 2–1/)
  const {
    groundingChunks = [],
    groundingSupports = [],
    webSearchQueries,
    searchEntryPoint,
  } = metadataOf(play)
  assert.deepEqual(webSearchQueries, ['who won the euro 2024', 'won euro 2024'])
  assert.ok(groundingChunks.length >= 2)
  for (const { web } of groundingChunks) {
    assert.match(
      String(web?.uri),
      /^https:\/\/vertexaisearch\.cloud\.google\.com\/grounding-api-redirect\/[\w-]+$/,
    )
    assert.match(String(web?.title), /^[a-z.]+\.[a-z]+$/)
  }
  assert.match(searchEntryPoint?.renderedContent ?? '', />who won the euro 2024</)
  assert.equal(groundingSupports[0]?.segment.startIndex, undefined)
  assert.ok(groundingSupports.some((support) => support.groundingChunkIndices.length > 1))
  for (const { confidenceScores, groundingChunkIndices } of groundingSupports) {
    assert.equal(confidenceScores?.length, groundingChunkIndices.length)
    assert.ok(confidenceScores?.every((score) => score > 0 && score <= 1))
  }
})

test('every spelling of the tool is one tool, and the token of a source is its address', async () => {
  const camel = metadataOf(await ground('Who won Euro 2024?', [{ googleSearch: {} }]))
  assert.deepEqual(metadataOf(await ground('Who won Euro 2024?', [{ google_search: {} }])), camel)
  const token = String(camel.groundingChunks?.[0]?.web?.uri).split('/').at(-1) ?? ''
  assert.equal(Buffer.from(token, 'base64url').toString(), 'https://en.wikipedia.org/wiki/UEFA_Euro_2024')
})

test('[GROUND-01] models since 3 give no confidence scores, the older ones do', async () => {
  const scores = async (model: string) => {
    const play = await ground('What is DNA?', SEARCH, { model })
    return metadataOf(play).groundingSupports?.[0]?.confidenceScores
  }
  assert.equal(await scores('gemini-3.6-flash'), undefined)
  assert.equal((await scores('gemini-2.0-flash'))?.length, 1)
})

test('questions that people try first get a true answer', async () => {
  for (const [prompt, answer] of [
    ['What is the capital of France?', /^The capital of France is Paris\.$/],
    ['What is the capital of Japan?', /^The capital of Japan is Tokyo\.$/],
    ['Who won the World Cup 2022?', /^Argentina won/],
    ['How tall is the Eiffel Tower?', /330 metres/],
    ['What is the tallest mountain in the world?', /Mount Everest/],
    ['Who was the first man on the moon?', /Armstrong/],
    ['Who won the Nobel Prize in Physics 2024?', /Hopfield/],
    ['When is the next total solar eclipse in the United States?', /23 August 2044/],
    ['List 3 planets with their distances from the sun', /57\.9 million km for Mercury/],
    ['Explain how AI works', /learning patterns/],
    ['Explain quantum physics', /packets called quanta/],
    ['What is photosynthesis?', /sunlight/],
    ['What is the Gemini API?', /Gemini models/],
    ['What is TypeScript?', /JavaScript with types/],
    ['What is the population of Tokyo?', /37 million/],
    ['When did the Berlin Wall fall?', /9 November 1989/],
    ['What is the northernmost city in the United States?', /Utqiaġvik/],
    ['Who is the world chess champion?', /Gukesh/],
    ['What is a 404?', /not found/],
  ] as const) {
    assert.match(textOfPlay(await ground(prompt, SEARCH)), answer, prompt)
  }
})

test('[GROUND-03] what needs no search, and what the documents do not know, is left to the model', async () => {
  for (const prompt of [
    'Hello',
    'What is 2+2?',
    'Write a haiku about black holes',
    'Tell me about the economy of Zanzibar',
    'Who is the CEO of Google?',
    'what time is it',
    'Wie geht es dir?',
    '???',
  ]) {
    assert.equal(await ground(prompt, SEARCH), undefined, prompt)
  }
  assert.equal(await ground('Who won Euro 2024?', [{ codeExecution: {} }]), undefined)
  assert.equal(await ground('Who won Euro 2024?', []), undefined)
  const asJson = { config: { responseMimeType: 'application/json' } }
  assert.equal(await ground('Who won Euro 2024?', SEARCH, asJson), undefined)
  assert.equal(await ground('Who won Euro 2024?', SEARCH, { model: 'gemini-2.5-flash-image' }), undefined)
})

test('the same request has the same answer, another candidate another beginning', async () => {
  const [one, two, other] = await Promise.all([
    ground('What is DNA?', SEARCH),
    ground('What is DNA?', SEARCH),
    ground('What is DNA?', SEARCH, { index: 1 }),
  ])
  assert.deepEqual([one?.parts, metadataOf(one)], [two?.parts, metadataOf(two)])
  assert.match(textOfPlay(other), /^Sure\. DNA is/)
  assert.equal(metadataOf(other).groundingSupports?.[0]?.segment.startIndex, 6)
})

test('the system instruction decides the manner: who speaks, how long, in which letters', async () => {
  assert.match(
    textOfPlay(await ground('What is DNA?', SEARCH, { system: 'You are a pirate.' })),
    /^Arr! DNA is/,
  )
  const upper = await ground('What is DNA?', SEARCH, { system: 'Answer in upper case, briefly.' })
  assert.match(textOfPlay(upper), /^DNA IS THE MOLECULE [^.]*\.$/)
  assert.match(metadataOf(upper).groundingSupports?.[0]?.segment.text ?? '', /^DNA IS THE MOLECULE/)
})

test('what the tools read is counted as tokens of tool use', async () => {
  const play = await ground('Who won the World Cup 2022?', SEARCH)
  const tokens = play?.toolUsePrompt?.get('TEXT') ?? 0
  assert.ok(tokens > countTokens(textOfPlay(play)))
})

test('a time range and excluded domains keep documents out', async () => {
  const chunksOf = async (googleSearch: object) => {
    const play = await ground('Who won Euro 2024?', [{ googleSearch }])
    return metadataOf(play).groundingChunks?.map(({ web }) => web?.title) ?? []
  }
  const july = { timeRangeFilter: { startTime: '2024-07-14T00:00:00Z', endTime: '2024-07-15T00:00:00Z' } }
  assert.deepEqual(await chunksOf(july), ['uefa.com'])
  assert.deepEqual(await chunksOf({ excludeDomains: ['www.Wikipedia.org'] }), ['uefa.com'])
  assert.deepEqual(await chunksOf({ excludeDomains: ['org', 'com'] }), [])
  assert.deepEqual(
    await chunksOf({
      timeRangeFilter: { startTime: '1990-01-01T00:00:00Z', endTime: '1991-01-01T00:00:00Z' },
    }),
    [],
  )
})

test('an image search brings images, and a web search beside it pages', async () => {
  const types = { googleSearch: { searchTypes: { imageSearch: {} } } }
  const images = metadataOf(await ground('Eiffel Tower', [types]))
  assert.deepEqual(images.imageSearchQueries, ['eiffel tower'])
  assert.equal(images.webSearchQueries, undefined)
  assert.deepEqual(Object.keys(images.groundingChunks?.[0] ?? {}), ['image'])
  assert.match(String(images.groundingChunks?.[0]?.image?.imageUri), /^https:/)
  const both = metadataOf(
    await ground('Eiffel Tower', [{ googleSearch: { searchTypes: { imageSearch: {}, webSearch: {} } } }]),
  )
  assert.deepEqual(
    new Set(both.groundingChunks?.map((chunk) => Object.keys(chunk)[0])),
    new Set(['web', 'image']),
  )
})

test('queries are text in the search suggestions, whatever they hold', async () => {
  const play = await ground('"Euro 2024" & <i>final</i>: who won the UEFA Euro 2024 final in Berlin?', SEARCH)
  const html = metadataOf(play).searchEntryPoint?.renderedContent ?? ''
  assert.match(html, /&quot;euro 2024&quot; &amp; &lt;i&gt;final/)
  assert.doesNotMatch(html, /<i>/)
})

test('the legacy tool searches above its threshold, and says how near it was', async () => {
  const legacy = (dynamicThreshold: number) => [
    { googleSearchRetrieval: { dynamicRetrievalConfig: { mode: 'MODE_DYNAMIC', dynamicThreshold } } },
  ]
  const options = { model: 'gemini-1.5-flash' }
  const low = metadataOf(await ground('Who won the euro 2024?', legacy(0.3), options))
  assert.ok((low.retrievalMetadata?.googleSearchDynamicRetrievalScore ?? 0) >= 0.3)
  assert.ok(low.groundingChunks?.length)
  const high = await ground('Who won the euro 2024?', legacy(0.99), options)
  assert.equal(metadataOf(high).groundingChunks, undefined)
  assert.ok((metadataOf(high).retrievalMetadata?.googleSearchDynamicRetrievalScore ?? 1) < 0.99)
  assert.notEqual(textOfPlay(high), '')
  const always = await ground('Who won the euro 2024?', [{ googleSearchRetrieval: {} }], options)
  assert.equal(metadataOf(always).retrievalMetadata, undefined)
  assert.ok(metadataOf(always).groundingChunks?.length)
})

test('[GROUND-09] with includeServerSideToolInvocations, family 3 shows what it asked its tools and what came back', async () => {
  const options = { model: 'gemini-3.6-flash', toolConfig: { includeServerSideToolInvocations: true } }
  const play = await ground('Who won Euro 2024?', SEARCH, options)
  const [call, response, text] = play?.parts ?? []
  const toolCall = call?.toolCall as Record<string, unknown>
  const toolResponse = response?.toolResponse as Record<string, unknown>
  assert.equal(toolCall.toolType, 'GOOGLE_SEARCH_WEB')
  assert.deepEqual(toolCall.args, { queries: metadataOf(play).webSearchQueries })
  assert.equal(toolResponse.id, toolCall.id)
  assert.match(String(toolCall.id), /^[0-9a-f]{8}$/)
  assert.match(text?.text ?? '', /^Spain won/)
  assert.equal(metadataOf(play).groundingSupports?.[0]?.segment.partIndex, 2)
  const older = await ground('Who won Euro 2024?', SEARCH, { ...options, model: 'gemini-2.5-flash' })
  assert.equal(older?.parts.length, 1)
})

test('[GROUND-10] several tools answer together, and their sources are one list', async () => {
  const tools = [{ googleSearch: {} }, { googleMaps: { enableWidget: true } }, { urlContext: {} }]
  const play = await ground('Cafes in Berlin? Who won Euro 2024? https://en.wikipedia.org/wiki/Mars', tools)
  const { groundingChunks = [], groundingSupports = [], ...metadata } = metadataOf(play)
  assert.deepEqual([...new Set(groundingChunks.map((chunk) => Object.keys(chunk)[0]))], ['web', 'maps'])
  assert.match(textOfPlay(play), /fourth planet.*Kaffeehaus.*Spain won/s)
  assert.match(metadata.googleMapsWidgetContextToken ?? '', /^widgetcontent\/[\w-]+$/)
  assert.ok(metadata.webSearchQueries?.length)
  for (const { segment, groundingChunkIndices } of groundingSupports) {
    const kind = Object.keys(groundingChunks[groundingChunkIndices[0]!] ?? {})[0]
    assert.equal(kind, segment.text.startsWith('**') ? 'maps' : 'web')
  }
})
