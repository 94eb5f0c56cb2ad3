/** Tokens of one class by what they are made of; every part is cut to its whole. */
import type { Quantities, QuantityDetails } from '../nouns/money.ts'

export interface Parts {
  readonly text: number
  readonly audio: number
  /** Documents too: their pages are images. */
  readonly image: number
  readonly video: number
}

/** A count that somebody else wrote: a non-negative safe integer, or nothing at all. */
export function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0
}

export function partsOf(
  name: 'prompt' | 'candidates' | 'toolUse',
  whole: number,
  details: QuantityDetails | undefined,
): Parts {
  let rest = countOf(whole)
  if (details === undefined) return { text: rest, audio: 0, image: 0, video: 0 }
  const take = (wanted: number | undefined): number => {
    const taken = Math.min(countOf(wanted), rest)
    rest -= taken
    return taken
  }
  const audio = take(details[`${name}.AUDIO`])
  const image = take(details[`${name}.IMAGE`]) + take(details[`${name}.DOCUMENT`])
  const video = take(details[`${name}.VIDEO`])
  return { text: rest, audio, image, video }
}

/** What of the prompt came from a cache; all of it is placed somewhere in the prompt. */
export function cachedPartsOf({ promptTokens, cachedTokens, details }: Quantities, prompt: Parts): Parts {
  let rest = Math.min(countOf(cachedTokens), countOf(promptTokens))
  const take = (wanted: number, room: number): number => {
    const taken = Math.min(wanted, room, rest)
    rest -= taken
    return taken
  }
  let audio = take(countOf(details?.['cached.AUDIO']), prompt.audio)
  let image = take(countOf(details?.['cached.IMAGE']), prompt.image)
  image += take(countOf(details?.['cached.DOCUMENT']), prompt.image - image)
  let video = take(countOf(details?.['cached.VIDEO']), prompt.video)
  const text = take(rest, prompt.text)
  // An upstream that names the parts of the prompt need not name those of the cache.
  audio += take(rest, prompt.audio - audio)
  image += take(rest, prompt.image - image)
  video += take(rest, prompt.video - video)
  return { text, audio, image, video }
}
