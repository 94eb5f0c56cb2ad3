/** How fast a model speaks: time to the first token, and tokens per second after it. */
import { matchesGlob } from '../../wire/glob.ts'
import type { Pace } from './source.ts'

export interface Speed {
  /** A glob over model names. */
  readonly model: string
  /** Milliseconds before the first token. */
  readonly firstTokenMs: number
  /** 0 is at once. */
  readonly tokensPerSecond: number
}

/** No answer is held back longer than this, in milliseconds. */
const DELAY_MS_MAX = 600_000

/** The first entry whose glob fits the model counts; undefined: at once. */
export function paceFor(speeds: readonly Speed[], model: string): Pace | undefined {
  const speed = speeds.find(({ model: glob }) => matchesGlob(glob, model))
  if (speed === undefined || (speed.firstTokenMs === 0 && speed.tokensPerSecond === 0)) return undefined
  let told = 0
  let isFirst = true
  return ({ usageMetadata: usage }) => {
    const tokens = (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0)
    const fresh = tokens - told
    told = tokens
    const speakingMs = speed.tokensPerSecond === 0 ? 0 : (fresh / speed.tokensPerSecond) * 1_000
    const waitMs = (isFirst ? speed.firstTokenMs : 0) + speakingMs
    isFirst = false
    return Math.min(DELAY_MS_MAX, waitMs)
  }
}
