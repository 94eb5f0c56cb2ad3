/** What an upstream of Gemini's own wire tells of a request that it could not leave as it was. */
export interface Losses {
  dropped(path: string, reason: string): void
  approximated(path: string, reason: string): void
}

/** Makes the report when there is something to say, which is next to never. */
export type TellLosses = () => Losses
