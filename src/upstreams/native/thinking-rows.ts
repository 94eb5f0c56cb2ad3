/**
 * How each family of models is told how much to think. Source: Google's page on thinking, November 2026.
 * A model that is not here is asked as the client asked.
 */

export const LEVELS = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'] as const
export type Level = (typeof LEVELS)[number]

export type ThinkingControl =
  | { readonly by: 'level'; readonly levels: readonly Level[] }
  /** Tokens; -1 is always allowed. */
  | { readonly by: 'budget'; readonly min: number; readonly max: number; readonly canBeOff: boolean }
  /** It does not think, and refuses to be told. */
  | { readonly by: 'nothing' }

const level = (...levels: readonly Level[]): ThinkingControl => ({ by: 'level', levels })
const budget = (min: number, max: number, canBeOff: boolean): ThinkingControl => ({
  by: 'budget',
  min,
  max,
  canBeOff,
})
const ALL = level('MINIMAL', 'LOW', 'MEDIUM', 'HIGH')
const WITHOUT_MINIMAL = level('LOW', 'MEDIUM', 'HIGH')
const NOTHING: ThinkingControl = { by: 'nothing' }

/** By how the name begins; the longest beginning counts. */
const ROWS: Readonly<Record<string, ThinkingControl>> = {
  'gemini-1.5': NOTHING,
  'gemini-2.0': NOTHING,
  'gemini-2.5-pro': budget(128, 32_768, false),
  'gemini-2.5-flash': budget(1, 24_576, true),
  'gemini-2.5-flash-lite': budget(512, 24_576, true),
  'gemini-3-pro': level('LOW', 'HIGH'),
  'gemini-3-flash': ALL,
  'gemini-3.1-pro': WITHOUT_MINIMAL,
  'gemini-3.1-flash-lite': ALL,
  'gemini-3.1-flash-lite-image': level('MINIMAL', 'HIGH'),
  'gemini-3.5-flash': ALL,
  'gemini-3.5-flash-lite': ALL,
  'gemini-3.6-flash': ALL,
  'gemini-3.7-flash': WITHOUT_MINIMAL,
  'gemini-3.8-flash': WITHOUT_MINIMAL,
  'gemini-4-argon': WITHOUT_MINIMAL,
  'gemini-4-hydrogen': level('LOW', 'MEDIUM', 'HIGH', 'XHIGH'),
  'gemma-4': level('MINIMAL', 'HIGH'),
}

/** Of these kinds only what has a row of its own is known. */
const OTHER_KINDS = /-(?:image|tts|live|native-audio|computer-use|thinking|embedding)(?:-|$)/

export function thinkingOf(model: string): ThinkingControl | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  const row = Object.keys(ROWS)
    .filter((start) => name.startsWith(start) && /^(?:$|[-@:])/.test(name.slice(start.length)))
    .sort((one, other) => other.length - one.length)[0]
  if (row === undefined || OTHER_KINDS.test(name.slice(row.length))) return undefined
  return ROWS[row]
}
