/** What policy and money read of a request to OpenAI's API, taken from its bytes as they arrive. */
import type { Tier } from '../../nouns/money.ts'
import type { RequestFacts } from '../../nouns.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'
import type { Measure, Watch } from '../../wire/json-watch.ts'

const LIST_ELEMENTS_MAX = 1_000
const INPUTS_MAX = 10_000
const TOOL_TYPES_MAX = 8

const STORED = 'stored'
const SEARCH = 'search'
const CACHED = 'cached'
const FORMAT = 'format'
const stored: Watch = { note: STORED }
const search: Watch = { note: SEARCH }
const captured: Watch = { capture: true }

const IMAGE: Measure = { bytes: 'url', label: 'detail', sumAs: () => 'image' }
const INPUT_IMAGE: Measure = { bytes: 'imageUrl', label: 'detail', sumAs: () => 'image' }
const SOUND: Measure = { bytes: 'data', label: 'format', sumAs: () => 'audio' }
const FILE: Measure = { bytes: 'fileData', label: 'filename', sumAs: () => 'other' }

const PART: Watch = {
  keys: {
    imageUrl: { measure: IMAGE },
    inputAudio: { measure: SOUND },
    file: { measure: FILE, keys: { fileId: stored } },
    videoUrl: stored,
  },
}

/** Of Gemini's own members, those that cost something which the request does not show. */
const GOOGLE: Watch = {
  keys: {
    tools: { note: SEARCH },
    cachedContent: { note: CACHED },
  },
}

/** What must not stand in a request twice, because two readers could then read two requests. */
export const WATCH: Watch = {
  keys: {
    model: captured,
    stream: captured,
    streamOptions: { keys: { includeUsage: captured } },
    // Pictures of an answer go back to the model beside its content.
    messages: { each: { keys: { content: { each: PART }, images: { each: PART } } } },
    input: {
      elementsMax: INPUTS_MAX,
      each: { keys: { content: { each: { measure: INPUT_IMAGE, keys: { fileId: stored } } } } },
    },
    n: captured,
    maxTokens: captured,
    maxCompletionTokens: captured,
    maxOutputTokens: captured,
    serviceTier: captured,
    metadata: captured,
    responseFormat: { note: FORMAT },
    text: { keys: { format: { note: FORMAT } } },
    stop: { elementsMax: LIST_ELEMENTS_MAX },
    tools: { elementsMax: LIST_ELEMENTS_MAX, each: { keys: { type: { collectMax: TOOL_TYPES_MAX } } } },
    functions: { elementsMax: LIST_ELEMENTS_MAX },
    webSearchOptions: search,
    previousResponseId: stored,
    conversation: stored,
    google: GOOGLE,
    extraBody: { keys: { google: GOOGLE } },
  },
}

export function factsOf(found: JsonFindings, bodyBytes: number): RequestFacts {
  const image = found.measured('image')
  const audio = found.measured('audio')
  const other = found.measured('other')
  const limits = ['maxTokens', 'maxCompletionTokens', 'maxOutputTokens'].flatMap(
    (name) => positive(found.captured.get(name)) ?? [],
  )
  const usesServerTool = [...found.collected('tools.type')].some((type) => type !== '"function"')
  const count = positive(found.captured.get('n')) ?? 1
  return {
    maxOutputTokens: limits.length > 0 ? Math.max(...limits) : undefined,
    candidateCount: count,
    thinkingBudget: undefined,
    // Texts to embed, or pictures to make.
    items: Math.max(found.counted.get('input') ?? 1, count),
    bodyBytes,
    mediaBytes: image.bytes + audio.bytes + other.bytes,
    mediaParts: image.count + audio.count + other.count,
    imageBytes: image.bytes,
    imageParts: image.count,
    usesStored: found.hasNote(STORED) || found.hasNote(CACHED) || usesServerTool,
    // A cache may hold tools, and the request does not say which.
    usesSearch: found.hasNote(SEARCH) || found.hasNote(CACHED) || usesServerTool,
    hasFormat: found.hasNote(FORMAT),
  }
}

const INT32_MAX = 2 ** 31 - 1

/** A number that a bound may be reckoned with; what is none is refused later, or the upstream's to refuse. */
function positive(text: string | undefined): number | undefined {
  const value = Number(text)
  return Number.isInteger(value) && value > 0 && value <= INT32_MAX ? value : undefined
}

export function tierOf(found: JsonFindings): Tier {
  const tier: unknown = JSON.parse(found.captured.get('serviceTier') ?? 'null')
  if (tier === 'flex') return 'flex'
  return tier === 'priority' || tier === 'fast' ? 'priority' : 'standard'
}
