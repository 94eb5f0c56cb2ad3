/** What a value may be about. */
export interface Hints {
  /** The user's words, blanks made single and of bounded length. */
  readonly prompt: string
  /** A phrase that fits into a sentence. */
  readonly topic: string
  /** Words out of the prompt, at least two. */
  readonly keywords: readonly string[]
  /** What is true of the media that came with the prompt, one phrase each. */
  readonly media?: readonly string[]
}
