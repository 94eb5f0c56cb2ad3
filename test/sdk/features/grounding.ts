/** Answers with sources: the web, places, pages by address. Offsets count the bytes of UTF-8. */
import assert from 'node:assert/strict'
import type { GenerateContentResponse, GroundingMetadata } from 'genai-3'
import {
  checkStream,
  checkUsage,
  collect,
  type FeatureCase,
  type FeatureRig,
  FLASH,
  joined,
  PRO,
} from './rig.ts'

export const GROUNDING: readonly FeatureCase[] = [
  { name: '[SDKF-SEARCH-01] an answer from the web with its sources', run: search },
  { name: '[SDKF-SEARCH-01] [SDKF-STREAM-01] a streamed answer with its sources', run: searchStream },
  { name: '[SDKF-MAPS-01] places near a point', run: maps },
  { name: '[SDKF-MAPS-01] [SDKF-STREAM-01] places, streamed', run: mapsStream },
  { name: '[SDKF-URL-01] a page by its address, and one that is not there', run: urlContext },
  { name: '[SDKF-URL-01] [SDKF-STREAM-01] a page, streamed', run: urlContextStream },
]

const EURO = 'Who won the euro 2024?'

/** Each support speaks of bytes that are there, from sources that are there. Gives the bytes that are not ASCII. */
function checkSupports(text: string, grounding: GroundingMetadata | undefined): number {
  const bytes = Buffer.from(text)
  const { groundingSupports: supports = [], groundingChunks: chunks = [] } = grounding ?? {}
  assert.ok(supports.length > 0 && chunks.length > 0, JSON.stringify(grounding))
  for (const { segment, groundingChunkIndices: indices = [] } of supports) {
    const said = bytes.subarray(segment?.startIndex ?? 0, segment?.endIndex).toString()
    assert.equal(said, segment?.text)
    assert.ok(indices.length > 0 && indices.every((index) => chunks[index] !== undefined), `${indices}`)
  }
  return bytes.length - text.length
}

async function search({ ai }: FeatureRig): Promise<void> {
  for (const model of [FLASH, PRO]) {
    const answer = await ai.models.generateContent({
      model,
      contents: EURO,
      config: { tools: [{ googleSearch: {} }] },
    })
    assert.match(answer.text ?? '', /Spain/)
    const grounding = answer.candidates?.[0]?.groundingMetadata
    const wider = checkSupports(answer.text ?? '', grounding)
    assert.ok(wider > 0, 'the text has letters of more than one byte, or offsets would prove nothing')
    assert.ok(grounding?.webSearchQueries?.some((query) => /euro 2024/i.test(query)))
    assert.match(grounding?.searchEntryPoint?.renderedContent ?? '', /^<style>[\s\S]*<div/)
    for (const { web } of grounding?.groundingChunks ?? []) {
      assert.match(web?.uri ?? '', /^https:\/\/vertexaisearch\.cloud\.google\.com\/grounding-api-redirect\//)
      assert.match(web?.title ?? '', /^[\w.-]+\.\w+$/)
    }
    checkUsage(answer)
  }
}

/** The chunks of all pieces in order: each piece names only what no piece before it did. */
function gathered(chunks: readonly GenerateContentResponse[]): GroundingMetadata {
  const pieces = chunks.flatMap((chunk) => chunk.candidates?.[0]?.groundingMetadata ?? [])
  return {
    groundingChunks: pieces.flatMap(({ groundingChunks = [] }) => groundingChunks),
    groundingSupports: pieces.flatMap(({ groundingSupports = [] }) => groundingSupports),
  }
}

async function searchStream({ ai }: FeatureRig): Promise<void> {
  const ask = { model: FLASH, contents: EURO, config: { tools: [{ googleSearch: {} }] } }
  const chunks = await collect(await ai.models.generateContentStream(ask))
  checkStream(chunks)
  checkSupports(joined(chunks), gathered(chunks))
  assert.equal(joined(chunks), (await ai.models.generateContent(ask)).text)
}

const ITALIAN = {
  model: FLASH,
  contents: 'Where are good Italian restaurants near here?',
  config: {
    tools: [{ googleMaps: { enableWidget: true } }],
    toolConfig: { retrievalConfig: { latLng: { latitude: 34.050481, longitude: -118.248526 } } },
  },
}

async function maps({ ai }: FeatureRig): Promise<void> {
  const answer = await ai.models.generateContent(ITALIAN)
  const grounding = answer.candidates?.[0]?.groundingMetadata
  checkSupports(answer.text ?? '', grounding)
  assert.match(grounding?.googleMapsWidgetContextToken ?? '', /^widgetcontent\//)
  for (const { maps: place } of grounding?.groundingChunks ?? []) {
    assert.match(place?.placeId ?? '', /^places\//)
    assert.match(place?.uri ?? '', /^https:\/\/maps\.google\.com\//)
    assert.ok(answer.text?.includes(place?.title ?? '?'), `${place?.title} is among what was said`)
  }
  const far = { retrievalConfig: { latLng: { latitude: 35.6812, longitude: 139.7671 } } }
  const tokyo = await ai.models.generateContent({
    ...ITALIAN,
    contents: 'Where can I eat well near here?',
    config: { ...ITALIAN.config, toolConfig: far },
  })
  assert.notEqual(tokyo.text, answer.text, 'elsewhere there are other places')
}

async function mapsStream({ ai }: FeatureRig): Promise<void> {
  const chunks = await collect(await ai.models.generateContentStream(ITALIAN))
  checkStream(chunks)
  checkSupports(joined(chunks), gathered(chunks))
}

const PAGE = 'https://example.com/'
const GONE = 'https://example.com/there-is-no-such-page'

async function urlContext({ ai, sdk }: FeatureRig): Promise<void> {
  const answer = await ai.models.generateContent({
    model: FLASH,
    contents: `What is the domain at ${PAGE} for, and what does ${GONE} say?`,
    config: { tools: [{ urlContext: {} }] },
  })
  const { UrlRetrievalStatus: Status } = sdk
  assert.deepEqual(answer.candidates?.[0]?.urlContextMetadata?.urlMetadata, [
    { retrievedUrl: PAGE, urlRetrievalStatus: Status.URL_RETRIEVAL_STATUS_SUCCESS },
    { retrievedUrl: GONE, urlRetrievalStatus: Status.URL_RETRIEVAL_STATUS_ERROR },
  ])
  assert.match(answer.text ?? '', /for use in documents/)
  assert.ok((answer.usageMetadata?.toolUsePromptTokenCount ?? 0) > 0, 'the page is part of what was read')
  checkUsage(answer)
}

async function urlContextStream({ ai }: FeatureRig): Promise<void> {
  const ask = { model: FLASH, contents: `Summarize ${PAGE}`, config: { tools: [{ urlContext: {} }] } }
  const chunks = await collect(await ai.models.generateContentStream(ask))
  checkStream(chunks)
  const told = chunks.map((chunk) => chunk.candidates?.[0]?.urlContextMetadata !== undefined)
  assert.deepEqual(told, [true, ...told.slice(1).map(() => false)], 'told once, at the beginning')
}
