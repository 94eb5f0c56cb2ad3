/** What vendors of this wire differ in. A vendor is one row of data in vendors.ts; a model may differ from its vendor. */

export interface VendorFlags {
  /** `auto`: by `responses` for models that go on thinking only there, by `chat` for all others. */
  readonly api: 'chat' | 'responses' | 'auto'
  readonly hasResponses: boolean
  /** Whether thoughts go on over turns only by `responses`, because `chat` keeps them to itself. */
  readonly isReasoning: boolean

  readonly systemRole: 'system' | 'developer'
  /** Whether a message's content may be a list of parts; otherwise it is one string. */
  readonly hasContentParts: boolean
  /** What becomes of a conversation that ends with the model's own words. */
  readonly prefill: 'none' | 'plain' | 'prefix' | 'continue'
  /** What the id of a call may look like. */
  readonly callIds: 'short' | 'lenient' | 'nine'

  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
  /** When temperature, topP and log probabilities are read. */
  readonly sampling: 'always' | 'without-thinking' | 'never'
  readonly temperatureMax: number
  readonly hasTopK: boolean
  readonly hasPenalties: boolean
  readonly seedField: 'seed' | 'random_seed' | 'none'
  /** Stop sequences in one request; whatever comes on top is cut off by us. */
  readonly stopsMax: number
  /** Most likely tokens for each position; negative: no log probabilities at all. */
  readonly topLogprobsMax: number
  readonly hasCandidates: boolean

  /** What an answer is held to. */
  readonly formats: readonly ('json' | 'schema' | 'enum')[]
  /** Whether a schema's root may be anything, or only an object. */
  readonly schemaRoot: 'object' | 'any'
  /** Whether `strict` exists, for schemas of the subset that OpenAI documents. */
  readonly hasStrict: boolean
  /** Whether JSON is refused unless the prompt has that word. */
  readonly jsonNeedsWord: boolean

  /** `words`: auto, none and required, but no function by name; `none`: tool_choice is not read at all. */
  readonly toolChoice: 'named' | 'words' | 'none'
  readonly hasAllowedTools: boolean
  readonly search: 'none' | 'web_search_options' | 'web_plugin'

  readonly thinking: ThinkingStyle
  /** The words for an effort that the model knows; a level without one takes its neighbour's. */
  readonly efforts: Efforts
  /** Whether thoughts come back as text by `chat`. */
  readonly showsThoughts: boolean
  /** Where the model's own thoughts go when its message is sent back. */
  readonly thoughtsBack: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'thinking_parts'

  readonly imageTypes: readonly string[]
  readonly hasImageDetail: boolean
  /** Whether the vendor fetches images from an address. */
  readonly hasImageUrls: boolean
  /** Words of `input_audio.format`. */
  readonly audioFormats: readonly string[]
  readonly documents: 'none' | 'file' | 'document_url'
  readonly hasDocumentUrls: boolean
  readonly video: 'none' | 'video_url' | 'input_video'

  readonly hasStore: boolean
  /** The vendor's words for Gemini's tiers; none: it has no such member. */
  readonly serviceTiers: Readonly<Partial<Record<ServiceTier, string>>>
  /** Whether a stream tells its usage only when asked. */
  readonly hasStreamOptions: boolean
  readonly hasEmbeddings: boolean
  readonly dimensionsField: 'dimensions' | 'output_dimension' | 'none'
  /** Where tokens are counted. */
  readonly count: 'none' | 'tokenize' | 'chat' | 'responses'
  /** Members that every request gets. */
  readonly extraBody: Readonly<Record<string, unknown>>
}

/**
 * `effort`: reasoning_effort. `reasoning`: an object with an effort or a budget. `toggle`: a switch beside the effort.
 * `template`: reasoning_effort, and what the chat templates of open models read. `none`: nothing to be set.
 */
export type ThinkingStyle = 'effort' | 'reasoning' | 'toggle' | 'template' | 'none'
export type EffortLevel = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
export type Efforts = Readonly<Partial<Record<EffortLevel, string>>>
export type ServiceTier = 'standard' | 'flex' | 'priority'

export interface VendorRow {
  readonly name: string
  /** `https://host[:port]/path`; empty where each customer has an own one. */
  readonly baseUrl: string
  /** Its customers' own hosts, where `baseUrl` does not tell them. */
  readonly hosts?: RegExp
  readonly credential: 'bearer' | 'api-key'
  /** Where it differs from the defaults. */
  readonly flags?: Partial<VendorFlags>
  /** Models with rules of their own; later ones win. */
  readonly models?: readonly ModelRule[]
}

export interface ModelRule {
  readonly pattern: RegExp
  readonly flags: Partial<VendorFlags>
}

export interface Vendor {
  readonly name: string
  readonly baseUrl: string
  readonly credential: VendorRow['credential']
  /** Of one model; `own` is the operator's word, and the last one. */
  flagsFor(model: string, own?: Partial<VendorFlags>): VendorFlags
}

/** What a server is taken to do of which nothing is known. */
export const DEFAULT_FLAGS: VendorFlags = {
  api: 'auto',
  hasResponses: false,
  isReasoning: false,
  systemRole: 'system',
  hasContentParts: true,
  prefill: 'none',
  callIds: 'lenient',
  maxTokensField: 'max_tokens',
  sampling: 'always',
  temperatureMax: 2,
  hasTopK: false,
  hasPenalties: true,
  seedField: 'seed',
  stopsMax: 4,
  topLogprobsMax: 20,
  hasCandidates: false,
  formats: ['json', 'schema'],
  schemaRoot: 'object',
  hasStrict: false,
  jsonNeedsWord: false,
  toolChoice: 'named',
  hasAllowedTools: false,
  search: 'none',
  thinking: 'effort',
  efforts: { none: 'none', low: 'low', medium: 'medium', high: 'high' },
  showsThoughts: true,
  thoughtsBack: 'none',
  imageTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
  hasImageDetail: false,
  hasImageUrls: true,
  audioFormats: ['wav', 'mp3'],
  documents: 'none',
  hasDocumentUrls: false,
  video: 'none',
  hasStore: false,
  serviceTiers: {},
  hasStreamOptions: true,
  hasEmbeddings: true,
  dimensionsField: 'dimensions',
  count: 'none',
  extraBody: {},
}

/** A vendor from its row, and nothing else. */
export function vendorOf(row: VendorRow): Vendor {
  const ofVendor: VendorFlags = { ...DEFAULT_FLAGS, ...row.flags }
  const rules = row.models ?? []
  return {
    name: row.name,
    baseUrl: row.baseUrl,
    credential: row.credential,
    flagsFor(model, own) {
      const fitting = rules.filter((rule) => rule.pattern.test(model)).map((rule) => rule.flags)
      return Object.assign({}, ofVendor, ...fitting, own)
    },
  }
}

/** Decided by the model alone, so that a conversation never changes its API midway. */
export function usesResponses(flags: VendorFlags): boolean {
  if (flags.api === 'auto') return flags.hasResponses && flags.isReasoning
  return flags.api === 'responses'
}
