/** What policy and money read of a request to OpenAI's API, taken from its bytes as they arrive. */
import type { KeptResponse } from '../../nouns/kept-responses.ts'
import type { Tier } from '../../nouns/money.ts'
import type { RequestFacts, WireFormat } from '../../nouns.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'
import type { Measure, Watch } from '../../wire/json-watch.ts'
import type { Earlier } from './earlier.ts'
import { isObject } from './values.ts'

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
const INPUT_IMAGE: Measure = { bytes: 'image_url', label: 'detail', sumAs: () => 'image' }
const SOUND: Measure = { bytes: 'data', label: 'format', sumAs: () => 'audio' }
const FILE: Measure = { bytes: 'file_data', label: 'filename', sumAs: () => 'other' }

const PART: Watch = {
  keys: {
    image_url: { measure: IMAGE },
    input_audio: { measure: SOUND },
    file: { measure: FILE, keys: { file_id: stored } },
    video_url: stored,
  },
}

/** Of an item's content, and of what a tool gave: bytes of a file say little of the tokens that it comes to. */
const INPUT_PART: Watch = {
  measure: INPUT_IMAGE,
  keys: { file_id: stored, file_url: stored, file_data: stored, input_audio: stored },
}

/** `result`: a picture that the model made. */
const ITEM: Watch = {
  keys: { content: { each: INPUT_PART }, output: { each: INPUT_PART }, result: stored },
}

/** Of Gemini's own members, those that cost something which the request does not show. */
const GOOGLE: Watch = {
  keys: {
    tools: { note: SEARCH },
    cachedContent: { note: CACHED },
  },
}

/**
 * In the spelling of the API, which is the only one: an upstream would pass over another, and a limit in it would be none.
 * What must not stand in a request twice, because two readers could then read two requests.
 */
export const WATCH: Watch = {
  keys: {
    model: captured,
    stream: captured,
    stream_options: { keys: { include_usage: captured } },
    // Pictures of an answer go back to the model beside its content.
    messages: { each: { keys: { content: { each: PART }, images: { each: PART } } } },
    input: {
      elementsMax: INPUTS_MAX,
      each: ITEM,
    },
    n: captured,
    max_tokens: captured,
    max_completion_tokens: captured,
    max_output_tokens: captured,
    service_tier: captured,
    metadata: captured,
    response_format: { note: FORMAT },
    text: { keys: { format: { note: FORMAT } } },
    stop: { elementsMax: LIST_ELEMENTS_MAX },
    tools: { elementsMax: LIST_ELEMENTS_MAX, each: { keys: { type: { collectMax: TOOL_TYPES_MAX } } } },
    functions: { elementsMax: LIST_ELEMENTS_MAX },
    web_search_options: search,
    previous_response_id: captured,
    conversation: stored,
    google: GOOGLE,
    extra_body: { keys: { google: GOOGLE } },
  },
}

/** `earlier`: what the request names and does not show. */
export function factsOf(
  found: JsonFindings,
  bodyBytes: number,
  wire: WireFormat,
  earlier: Earlier,
): RequestFacts {
  const image = found.measured('image')
  const audio = found.measured('audio')
  const other = found.measured('other')
  const limits = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'].flatMap(
    (name) => positive(found.captured.get(name)) ?? [],
  )
  const usesServerTool = [...found.collected('tools.type')].some((type) => type !== '"function"')
  const namesEarlier = earlier.previous !== undefined || earlier.items.size > 0
  const count = positive(found.captured.get('n')) ?? 1
  return {
    maxOutputTokens: limits.length > 0 ? Math.max(...limits) : undefined,
    candidateCount: count,
    thinkingBudget: undefined,
    // Texts to embed, or pictures to make.
    items: wire === 'openai-responses' ? 1 : Math.max(found.counted.get('input') ?? 1, count),
    bodyBytes: bodyBytes + bytesLike(earlier.previous?.kept),
    mediaBytes: image.bytes + audio.bytes + other.bytes,
    mediaParts: image.count + audio.count + other.count,
    imageBytes: image.bytes,
    imageParts: image.count,
    usesStored: found.hasNote(STORED) || found.hasNote(CACHED) || usesServerTool || namesEarlier,
    // A cache may hold tools, and the request does not say which.
    usesSearch: found.hasNote(SEARCH) || found.hasNote(CACHED) || usesServerTool,
    hasFormat: found.hasNote(FORMAT),
  }
}

const BYTES_PER_TOKEN = 4

/** What a conversation would likely take in the request, by what it came to when it was asked last. */
function bytesLike(earlier: KeptResponse | undefined): number {
  const usage = earlier?.response.usage
  const tokens = isObject(usage) ? Number(usage.total_tokens) : 0
  return Number.isFinite(tokens) ? tokens * BYTES_PER_TOKEN : 0
}

const INT32_MAX = 2 ** 31 - 1

/** A number that a bound may be reckoned with; what is none is refused later, or the upstream's to refuse. */
function positive(text: string | undefined): number | undefined {
  const value = Number(text)
  return Number.isInteger(value) && value > 0 && value <= INT32_MAX ? value : undefined
}

export function tierOf(found: JsonFindings): Tier {
  const tier: unknown = JSON.parse(found.captured.get('service_tier') ?? 'null')
  if (tier === 'flex') return 'flex'
  return tier === 'priority' || tier === 'fast' ? 'priority' : 'standard'
}
