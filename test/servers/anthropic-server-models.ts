/** The models that the pretended Anthropic has; they differ in how they think and what they still take. */
import { AnthropicRefusal } from './anthropic-server-errors.ts'

export interface AnthropicModel {
  readonly id: string
  readonly maxTokens: number
  /** `enabled` with a budget, `adaptive` as the model likes. */
  readonly thinking: readonly ('enabled' | 'adaptive')[]
  /** Words of `output_config.effort`. */
  readonly efforts: readonly string[]
  /** Whether the answer may be begun for it. */
  readonly hasPrefill: boolean
  /** `one`: temperature or top_p, not both. `none`: neither, nor top_k. */
  readonly sampling: 'any' | 'one' | 'none'
  /** Whether it keeps to a JSON schema. */
  readonly hasFormat: boolean
}

const MODELS: readonly AnthropicModel[] = [
  {
    id: 'claude-sonnet-4-0',
    maxTokens: 64_000,
    thinking: ['enabled'],
    efforts: [],
    hasPrefill: true,
    sampling: 'any',
    hasFormat: false,
  },
  {
    id: 'claude-sonnet-4-5',
    maxTokens: 64_000,
    thinking: ['enabled'],
    efforts: [],
    hasPrefill: true,
    sampling: 'one',
    hasFormat: true,
  },
  {
    id: 'claude-opus-4-6',
    maxTokens: 128_000,
    thinking: ['enabled', 'adaptive'],
    efforts: ['low', 'medium', 'high', 'max'],
    hasPrefill: false,
    sampling: 'one',
    hasFormat: true,
  },
  {
    id: 'claude-opus-4-7',
    maxTokens: 128_000,
    thinking: ['adaptive'],
    efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    hasPrefill: false,
    sampling: 'none',
    hasFormat: true,
  },
]

export const ANTHROPIC_MODELS: ReadonlyMap<string, AnthropicModel> = new Map(
  MODELS.map((model) => [model.id, model]),
)

/** Names may carry the date of a version. */
export function modelOf(name: unknown): AnthropicModel {
  const model = ANTHROPIC_MODELS.get(String(name).replace(/-\d{8}$/, ''))
  if (model) return model
  throw new AnthropicRefusal(`model: ${String(name)}`, 404)
}
