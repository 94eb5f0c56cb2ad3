/** What the door remembers of a request, to answer it in its own form. */
import type { KeptResponse } from '../../nouns/kept-responses.ts'
import type { Caller } from '../../nouns.ts'
import type { Earlier } from './earlier.ts'
import type { Json } from './values.ts'

/** Around thoughts where they stand in the content. */
export const THOUGHT_OPEN = '<thought>'
export const THOUGHT_CLOSED = '</thought>'

export interface Asked {
  /** The request's. */
  readonly id: string
  readonly caller: Caller
  /** As the client named it. */
  readonly model: string
  readonly document: () => Json
  readonly isStream: boolean
  /** Whether a stream tells its usage, in an event of its own. */
  readonly includesUsage: boolean
  /** Whether it came by Google's own paths, whose answers differ in a few points. */
  readonly isGoogles: boolean
  /** Seconds since the epoch. */
  readonly createdAt: number
  readonly earlier: Earlier
  /** For requests that go on from this one; false when it cannot be kept. */
  keep(answer: KeptResponse): Promise<boolean>
}
