/** The sandbox's models as data: one row each. */

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'XHIGH'

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

export interface Row {
  readonly id: string
  readonly displayName: string
  readonly version: string
  readonly kind: 'chat' | 'image' | 'speech' | 'embedding' | 'imagen' | 'veo'
  readonly family: number
  readonly thinking?: ThinkingControl
  readonly inputTokenLimit?: number
  readonly outputTokenLimit?: number
  readonly topK?: number
}

const ALL_LEVELS: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']
const WITHOUT_MINIMAL: readonly ThinkingLevel[] = ['LOW', 'MEDIUM', 'HIGH']
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

function chat(
  id: string,
  displayName: string,
  version: string,
  family: number,
  thinking?: ThinkingControl,
): Row {
  return { id, displayName, version, kind: 'chat', family, ...(thinking && { thinking }) }
}

/** The 2.0 family answers with at most 8,192 tokens and knows no thinking. */
function older(id: string, displayName: string): Row {
  return { ...chat(id, displayName, '2.0', 2), outputTokenLimit: 8_192, topK: 40 }
}

const CHAT_ROWS: readonly Row[] = [
  older('gemini-2.0-flash', 'Gemini 2.0 Flash'),
  older('gemini-2.0-flash-lite', 'Gemini 2.0 Flash-Lite'),
  chat('gemini-2.5-pro', 'Gemini 2.5 Pro', '2.5', 2.5, budget(128, PRO_BUDGET_MAX, false, 'DYNAMIC')),
  chat('gemini-2.5-flash', 'Gemini 2.5 Flash', '001', 2.5, budget(0, FLASH_BUDGET_MAX, true, 'DYNAMIC')),
  chat(
    'gemini-2.5-flash-lite',
    'Gemini 2.5 Flash-Lite',
    '001',
    2.5,
    budget(512, FLASH_BUDGET_MAX, true, 'OFF'),
  ),
  chat('gemini-3-pro-preview', 'Gemini 3 Pro Preview', '3-pro-preview', 3, level(['LOW', 'HIGH'], 'HIGH')),
  chat(
    'gemini-3-flash-preview',
    'Gemini 3 Flash Preview',
    '3-flash-preview',
    3,
    level(ALL_LEVELS, 'HIGH', true),
  ),
  chat(
    'gemini-3.1-pro-preview',
    'Gemini 3.1 Pro Preview',
    '3.1-pro-preview',
    3.1,
    level(WITHOUT_MINIMAL, 'HIGH'),
  ),
  chat('gemini-3.1-flash-lite', 'Gemini 3.1 Flash-Lite', '3.1', 3.1, level(ALL_LEVELS, 'MINIMAL', true)),
  chat('gemini-3.5-flash', 'Gemini 3.5 Flash', '3.5', 3.5, level(ALL_LEVELS, 'MEDIUM', true)),
  chat('gemini-3.5-flash-lite', 'Gemini 3.5 Flash-Lite', '3.5', 3.5, level(ALL_LEVELS, 'MINIMAL', true)),
  chat('gemini-3.6-flash', 'Gemini 3.6 Flash', '3.6', 3.6, level(ALL_LEVELS, 'MEDIUM')),
  chat('gemini-3.7-flash', 'Gemini 3.7 Flash', '3.7', 3.7, level(WITHOUT_MINIMAL, 'MEDIUM')),
  chat('gemini-3.8-flash', 'Gemini 3.8 Flash', '3.8', 3.8, level(WITHOUT_MINIMAL, 'MEDIUM')),
  chat('gemini-4-argon', 'Gemini 4 Argon', '4', 4, level(WITHOUT_MINIMAL, 'MEDIUM')),
  chat('gemini-4-hydrogen', 'Gemini 4 Hydrogen', '4', 4, level([...WITHOUT_MINIMAL, 'XHIGH'], 'HIGH')),
  {
    ...chat('gemma-4-31b-it', 'Gemma 4 31B', '4', 3, level(['MINIMAL', 'HIGH'], 'MINIMAL', true)),
    inputTokenLimit: 262_144,
    outputTokenLimit: 32_768,
  },
]

const OTHER_ROWS: readonly Row[] = [
  {
    id: 'gemini-2.5-flash-image',
    displayName: 'Gemini 2.5 Flash Image',
    version: '2.5',
    kind: 'image',
    family: 2.5,
    inputTokenLimit: 32_768,
    outputTokenLimit: 32_768,
  },
  {
    id: 'gemini-3-pro-image-preview',
    displayName: 'Gemini 3 Pro Image Preview',
    version: '3-pro-image',
    kind: 'image',
    family: 3,
    thinking: level(['LOW', 'HIGH'], 'HIGH'),
    inputTokenLimit: 131_072,
    outputTokenLimit: 32_768,
  },
  {
    id: 'gemini-3.1-flash-image-preview',
    displayName: 'Gemini 3.1 Flash Image Preview',
    version: '3.1',
    kind: 'image',
    family: 3.1,
    thinking: level(['MINIMAL', 'HIGH'], 'MINIMAL', true),
    inputTokenLimit: 131_072,
    outputTokenLimit: 32_768,
  },
  ...['flash', 'pro'].map(
    (size): Row => ({
      id: `gemini-2.5-${size}-preview-tts`,
      displayName: `Gemini 2.5 ${size === 'pro' ? 'Pro' : 'Flash'} Preview TTS`,
      version: `gemini-2.5-${size}-preview-tts`,
      kind: 'speech',
      family: 2.5,
      inputTokenLimit: 8_192,
      outputTokenLimit: 16_384,
    }),
  ),
  {
    id: 'gemini-embedding-001',
    displayName: 'Gemini Embedding 001',
    version: '001',
    kind: 'embedding',
    family: 2.5,
    inputTokenLimit: 2_048,
    outputTokenLimit: 1,
  },
  ...['', 'fast-', 'ultra-'].map(
    (grade): Row => ({
      id: `imagen-4.0-${grade}generate-001`,
      displayName: `Imagen 4${grade && ` ${grade[0]!.toUpperCase()}${grade.slice(1, -1)}`}`,
      version: '001',
      kind: 'imagen',
      family: 2.5,
      inputTokenLimit: 480,
      outputTokenLimit: 8_192,
    }),
  ),
  ...['veo-3.0-generate-001', 'veo-3.1-generate-preview'].map(
    (id): Row => ({
      id,
      displayName: `Veo ${id.slice(4, 7)}`,
      version: id.slice(4, 7),
      kind: 'veo',
      family: 3,
      inputTokenLimit: 480,
      outputTokenLimit: 8_192,
    }),
  ),
]

export const ROWS: readonly Row[] = [...CHAT_ROWS, ...OTHER_ROWS]

/** Names that follow the newest of a line. */
export const ALIASES: Readonly<Record<string, string>> = {
  'gemini-flash-latest': 'gemini-3.8-flash',
  'gemini-flash-lite-latest': 'gemini-3.5-flash-lite',
  'gemini-pro-latest': 'gemini-3.1-pro-preview',
}
