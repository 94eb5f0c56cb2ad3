/** The models that the sandbox plays. Limits and thinking ranges are those of the real ones. */
import type { Verb } from '../../nouns.ts'
import type { Model } from '../../wire/gemini.ts'
import { ALIASES, ROWS, type Row, type ThinkingControl } from './model-rows.ts'

/** What a model can give; one set of modalities is one that `responseModalities` may ask for. */
export type OutputModality = 'TEXT' | 'IMAGE' | 'AUDIO'

export interface SandboxModel {
  /** The id that `modelVersion` shows. */
  readonly id: string
  /** 2, 2.5, 3, 3.1, …, 4: what Google changed from one to the next goes by it. */
  readonly family: number
  /** As `models.list` prints it. */
  readonly resource: Model & { inputTokenLimit: number; outputTokenLimit: number }
  /** What it can be sent. */
  readonly verbs: readonly Verb[]
  readonly thinking: ThinkingControl | undefined
  /** Presence and frequency penalties are refused since 2.5. */
  readonly penalties: boolean
  readonly outputs: readonly OutputModality[]
  /** What it gives when the request does not say. */
  readonly defaultModalities: readonly OutputModality[]
  /** Whether it takes tools: functions, search, code. */
  readonly tools: boolean
  /** Least tokens of a cached content. */
  readonly cacheTokensMin: number
}

/** What `models.list` prints; some of them make resources, which the sandbox is not asked for. */
const LISTED_METHODS: Readonly<Record<Row['kind'], readonly string[]>> = {
  chat: ['generateContent', 'countTokens', 'createCachedContent', 'batchGenerateContent'],
  image: ['generateContent', 'countTokens', 'batchGenerateContent'],
  speech: ['generateContent', 'countTokens', 'batchGenerateContent'],
  embedding: ['embedContent', 'countTokens', 'asyncBatchEmbedContent'],
  imagen: ['predict'],
  veo: ['predictLongRunning'],
}
const CONTENT_VERBS: readonly Verb[] = ['generateContent', 'streamGenerateContent', 'countTokens']
const VERBS: Readonly<Record<Row['kind'], readonly Verb[]>> = {
  chat: CONTENT_VERBS,
  image: CONTENT_VERBS,
  speech: CONTENT_VERBS,
  embedding: ['embedContent', 'batchEmbedContents', 'countTokens'],
  imagen: ['predict'],
  veo: [],
}
const OUTPUTS: Readonly<Record<Row['kind'], readonly OutputModality[]>> = {
  chat: ['TEXT'],
  image: ['TEXT', 'IMAGE'],
  speech: ['AUDIO'],
  embedding: [],
  imagen: [],
  veo: [],
}

const CACHE_TOKENS_MIN = 1_024
const CACHE_TOKENS_MIN_PRO = 4_096

function modelOf(row: Row): SandboxModel {
  const isGenerating = OUTPUTS[row.kind].length > 0
  return Object.freeze({
    id: row.id,
    family: row.family,
    resource: resourceOf(row, row.id, row.displayName),
    verbs: VERBS[row.kind],
    thinking: row.thinking,
    penalties: isGenerating && row.family < 2.5,
    outputs: OUTPUTS[row.kind],
    defaultModalities: OUTPUTS[row.kind],
    tools: row.kind === 'chat',
    cacheTokensMin: row.id.includes('-pro') ? CACHE_TOKENS_MIN_PRO : CACHE_TOKENS_MIN,
  })
}

function resourceOf(row: Row, id: string, displayName: string): SandboxModel['resource'] {
  const isGenerating = OUTPUTS[row.kind].length > 0
  return Object.freeze({
    name: `models/${id}`,
    version: row.version,
    displayName,
    description: `${displayName}, played by the sandbox: deterministic answers, no account, no cost.`,
    inputTokenLimit: row.inputTokenLimit ?? 1_048_576,
    outputTokenLimit: row.outputTokenLimit ?? 65_536,
    supportedGenerationMethods: [...LISTED_METHODS[row.kind]],
    ...(isGenerating && { temperature: 1, maxTemperature: 2, topP: 0.95, topK: row.topK ?? 64 }),
    ...(row.thinking && { thinking: true }),
  })
}

/** By id, exact case. A Map, because the id comes from a URL and `constructor` is no model. */
export const SANDBOX_MODELS: ReadonlyMap<string, SandboxModel> = createModels()

function createModels(): ReadonlyMap<string, SandboxModel> {
  const models = new Map(ROWS.map((row) => [row.id, modelOf(row)]))
  for (const [alias, id] of Object.entries(ALIASES)) {
    const row = ROWS.find((candidate) => candidate.id === id)!
    // `modelVersion` of an answer names what the alias stands for.
    models.set(
      alias,
      Object.freeze({ ...modelOf(row), resource: resourceOf(row, alias, `${row.displayName} (latest)`) }),
    )
  }
  return models
}
