/** The models that the sandbox plays, as data. Limits and thinking ranges are those of the real ones. */
import type { Model } from '../../wire/gemini.ts'

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH'

/** How a family lets its thinking be steered, and what it does when nobody steers. */
export interface ThinkingControl {
  readonly by: 'budget' | 'level'
  /** Levels that `thinkingLevel` may name; empty when the family knows budgets only. */
  readonly levels: readonly ThinkingLevel[]
  /** Smallest and largest `thinkingBudget`; -1 (dynamic) is always allowed. */
  readonly budgetMin: number
  readonly budgetMax: number
  /** Whether a budget of 0 switches thinking off; otherwise it is refused. */
  readonly canBeOff: boolean
  readonly standard: ThinkingLevel | 'DYNAMIC' | 'OFF'
}

export interface SandboxModel {
  readonly id: string
  /** As `models.list` prints it. */
  readonly resource: Model & { inputTokenLimit: number; outputTokenLimit: number }
  readonly methods: readonly string[]
  readonly thinking: ThinkingControl | undefined
  /** Presence and frequency penalties are refused since 2.5. */
  readonly penalties: boolean
}

const ALL_LEVELS: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']
const PRO_BUDGET_MAX = 32_768
const FLASH_BUDGET_MAX = 24_576

function budget(min: number, max: number, canBeOff: boolean, standard: 'DYNAMIC' | 'OFF'): ThinkingControl {
  return { by: 'budget', levels: [], budgetMin: min, budgetMax: max, canBeOff, standard }
}

/** Families steered by level take a budget too; 0 means MINIMAL where that level exists. */
function level(levels: readonly ThinkingLevel[], standard: ThinkingLevel, canBeOff = false): ThinkingControl {
  const budgetMax = levels.includes('MINIMAL') ? FLASH_BUDGET_MAX : PRO_BUDGET_MAX
  return { by: 'level', levels, budgetMin: 1, budgetMax, canBeOff, standard }
}

interface ChatRow {
  readonly id: string
  readonly displayName: string
  readonly version: string
  readonly thinking?: ThinkingControl
  readonly outputTokenLimit?: number
  readonly topK?: number
}

const CHAT_MODELS: readonly ChatRow[] = [
  {
    id: 'gemini-2.0-flash',
    displayName: 'Gemini 2.0 Flash',
    version: '2.0',
    outputTokenLimit: 8_192,
    topK: 40,
  },
  {
    id: 'gemini-2.0-flash-lite',
    displayName: 'Gemini 2.0 Flash-Lite',
    version: '2.0',
    outputTokenLimit: 8_192,
    topK: 40,
  },
  {
    id: 'gemini-2.5-pro',
    displayName: 'Gemini 2.5 Pro',
    version: '2.5',
    thinking: budget(128, PRO_BUDGET_MAX, false, 'DYNAMIC'),
  },
  {
    id: 'gemini-2.5-flash',
    displayName: 'Gemini 2.5 Flash',
    version: '001',
    thinking: budget(0, FLASH_BUDGET_MAX, true, 'DYNAMIC'),
  },
  {
    id: 'gemini-2.5-flash-lite',
    displayName: 'Gemini 2.5 Flash-Lite',
    version: '001',
    thinking: budget(512, FLASH_BUDGET_MAX, true, 'OFF'),
  },
  {
    id: 'gemini-3-pro-preview',
    displayName: 'Gemini 3 Pro Preview',
    version: '3-pro-preview',
    thinking: level(['LOW', 'HIGH'], 'HIGH'),
  },
  {
    id: 'gemini-3-flash-preview',
    displayName: 'Gemini 3 Flash Preview',
    version: '3-flash-preview',
    thinking: level(ALL_LEVELS, 'HIGH', true),
  },
  {
    id: 'gemini-3.1-pro-preview',
    displayName: 'Gemini 3.1 Pro Preview',
    version: '3.1-pro-preview',
    thinking: level(['LOW', 'MEDIUM', 'HIGH'], 'HIGH'),
  },
  {
    id: 'gemini-3.1-flash-lite',
    displayName: 'Gemini 3.1 Flash-Lite',
    version: '3.1',
    thinking: level(ALL_LEVELS, 'MINIMAL', true),
  },
  {
    id: 'gemini-3.5-flash',
    displayName: 'Gemini 3.5 Flash',
    version: '3.5',
    thinking: level(ALL_LEVELS, 'MEDIUM', true),
  },
  {
    id: 'gemini-3.5-flash-lite',
    displayName: 'Gemini 3.5 Flash-Lite',
    version: '3.5',
    thinking: level(ALL_LEVELS, 'MINIMAL', true),
  },
  {
    id: 'gemini-3.6-flash',
    displayName: 'Gemini 3.6 Flash',
    version: '3.6',
    thinking: level(ALL_LEVELS, 'MEDIUM'),
  },
  {
    id: 'gemini-3.7-flash',
    displayName: 'Gemini 3.7 Flash',
    version: '3.7',
    thinking: level(['LOW', 'MEDIUM', 'HIGH'], 'MEDIUM'),
  },
  {
    id: 'gemini-3.8-flash',
    displayName: 'Gemini 3.8 Flash',
    version: '3.8',
    thinking: level(['LOW', 'MEDIUM', 'HIGH'], 'MEDIUM'),
  },
]

const CHAT_METHODS: readonly string[] = ['generateContent', 'countTokens']
const EMBEDDING_METHODS: readonly string[] = ['embedContent', 'countTokens']

function chatModel(row: ChatRow): SandboxModel {
  return Object.freeze({
    id: row.id,
    resource: Object.freeze({
      name: `models/${row.id}`,
      version: row.version,
      displayName: row.displayName,
      description: `${row.displayName}, played by the sandbox: deterministic answers, no account, no cost.`,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: row.outputTokenLimit ?? 65_536,
      supportedGenerationMethods: [...CHAT_METHODS],
      temperature: 1,
      maxTemperature: 2,
      topP: 0.95,
      topK: row.topK ?? 64,
      ...(row.thinking && { thinking: true }),
    }),
    methods: [...CHAT_METHODS, 'streamGenerateContent'],
    thinking: row.thinking,
    penalties: row.thinking === undefined,
  })
}

function embeddingModel(id: string, displayName: string, version: string): SandboxModel {
  return Object.freeze({
    id,
    resource: Object.freeze({
      name: `models/${id}`,
      version,
      displayName,
      description: `${displayName}, played by the sandbox: deterministic vectors, no account, no cost.`,
      inputTokenLimit: 2_048,
      outputTokenLimit: 1,
      supportedGenerationMethods: [...EMBEDDING_METHODS],
    }),
    methods: [...EMBEDDING_METHODS, 'batchEmbedContents'],
    thinking: undefined,
    penalties: false,
  })
}

/** By id, exact case. A Map, because the id comes from a URL and `constructor` is no model. */
export const SANDBOX_MODELS: ReadonlyMap<string, SandboxModel> = new Map(
  [...CHAT_MODELS.map(chatModel), embeddingModel('gemini-embedding-001', 'Gemini Embedding 001', '001')].map(
    (model) => [model.id, model],
  ),
)
