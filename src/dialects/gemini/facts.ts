/** What policy and money read of a Gemini request, taken from its bytes as they arrive. */

import type { Tier } from '../../nouns/money.ts'
import type { RequestFacts, Verb } from '../../nouns.ts'
import { INLINE_DATA } from '../../wire/inline-media.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'
import type { Watch } from '../../wire/json-watch.ts'

const LIST_ELEMENTS_MAX = 1_000
const INT32_MAX = 2 ** 31 - 1
/** Pictures that Imagen makes when the request does not say how many. Source: Google's page on Imagen, `numberOfImages`. */
const PICTURES_STANDARD = 4

const STORED = 'stored'
const SEARCH = 'search'
const CACHED = 'cached'
const FORMAT = 'format'
const stored: Watch = { note: STORED }
const search: Watch = { note: SEARCH }
const format: Watch = { note: FORMAT }

const MEDIUM = { inlineData: { measure: INLINE_DATA }, fileData: stored }

const CONTENT: Watch = {
  keys: {
    parts: {
      each: { keys: { ...MEDIUM, functionResponse: { keys: { parts: { each: { keys: MEDIUM } } } } } },
    },
  },
}

/** Google's own, by what they add: searches that are paid for, or texts whose length nobody knows beforehand. */
const TOOL: Watch = {
  keys: {
    googleSearch: search,
    googleSearchRetrieval: search,
    urlContext: search,
    googleMaps: search,
    enterpriseWebSearch: search,
    exaAiSearch: search,
    parallelAiSearch: search,
    retrieval: search,
    fileSearch: stored,
    codeExecution: stored,
    mcpServers: stored,
  },
}

/** What must not stand in a request twice, because two readers could then read two requests. */
export const WATCH: Watch = {
  keys: {
    contents: { each: CONTENT },
    systemInstruction: CONTENT,
    tools: { elementsMax: LIST_ELEMENTS_MAX, each: TOOL },
    generationConfig: {
      keys: {
        maxOutputTokens: { capture: true },
        candidateCount: { capture: true },
        stopSequences: { elementsMax: LIST_ELEMENTS_MAX },
        thinkingConfig: { keys: { thinkingBudget: { capture: true } } },
        responseMimeType: format,
        responseSchema: format,
        responseJsonSchema: format,
        _responseJsonSchema: format,
        responseFormat: format,
      },
    },
    safetySettings: { elementsMax: LIST_ELEMENTS_MAX },
    cachedContent: { note: CACHED },
    serviceTier: { capture: true },
    // Of `embedContent`, of `batchEmbedContents`, of `predict`.
    content: CONTENT,
    requests: { elementsMax: LIST_ELEMENTS_MAX, each: { keys: { content: CONTENT } } },
    parameters: { keys: { sampleCount: { capture: true } } },
  },
}

export function factsOf(found: JsonFindings, verb: Verb, bodyBytes: number): RequestFacts {
  const integer = (path: string) => integerOf(found.captured.get(path))
  const image = found.measured('image')
  const audio = found.measured('audio')
  const other = found.measured('other')
  return {
    maxOutputTokens: positive(integer('generationConfig.maxOutputTokens')),
    candidateCount: positive(integer('generationConfig.candidateCount')) ?? 1,
    thinkingBudget: integer('generationConfig.thinkingConfig.thinkingBudget'),
    items:
      verb === 'predict'
        ? (positive(integer('parameters.sampleCount')) ?? PICTURES_STANDARD)
        : (found.counted.get('requests') ?? 1),
    bodyBytes,
    mediaBytes: image.bytes + audio.bytes + other.bytes,
    mediaParts: image.count + audio.count + other.count,
    imageBytes: image.bytes,
    imageParts: image.count,
    usesStored: found.hasNote(STORED) || found.hasNote(CACHED),
    // A cache may hold tools, and the request does not say which.
    usesSearch: found.hasNote(SEARCH) || found.hasNote(CACHED),
    hasFormat: found.hasNote(FORMAT),
  }
}

/** Nothing and less than nothing is no limit that a bound may be reckoned with; the upstream refuses it or leaves it. */
const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined

/** An int32, which protojson writes as a number or as a string. What is neither is the upstream's to refuse. */
function integerOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text.startsWith('"') ? JSON.parse(text) || Number.NaN : text)
  return Number.isInteger(value) && Math.abs(value) <= INT32_MAX ? value : undefined
}

/** The tier that the request asks for by its member `serviceTier`. */
export function tierOf(found: JsonFindings): Tier {
  const text = found.captured.get('serviceTier')
  if (text === undefined || !/^["\d]/.test(text)) return 'standard'
  const name = String(JSON.parse(text)).toLowerCase()
  if (name === 'flex') return 'flex'
  // protojson takes an enum's number as well. Which one is which, Google does not publish: then the dearest.
  return name === 'priority' || (/^\d/.test(name) && Number(name) !== 0) ? 'priority' : 'standard'
}
