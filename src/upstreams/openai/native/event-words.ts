/** What is read of a stream of events on the side. One of these for each stream. */
import type { Reading } from '../../../nouns.ts'
import type { Json } from '../responses/json.ts'
import type { Fate } from './framing.ts'
import type { AnswerWords } from './words.ts'

export interface EventWords
  extends Pick<
    AnswerWords,
    'watch' | 'documentOf' | 'errorOf' | 'textBytesOf' | 'mediaOf' | 'mediaMeasured'
  > {
  /** Whether `[DONE]` is the protocol's own end. */
  readonly endsWithDone: boolean
  /** Whether this event must be understood, told by its bytes alone. */
  matters(buffer: Buffer, start: number, end: number): boolean
  /** Whether it may hold what the model writes, and not what it wrote before. */
  mayHaveText(buffer: Buffer, start: number, end: number): boolean
  /** The same of a long one, of which the watch found this; then all of it that is no medium is taken for text. */
  isText(found: Json): boolean
  /** An event that was parsed, and is no error. */
  take(document: Json): Fate
  /** Whether the protocol's own end was seen. */
  readonly isComplete: boolean
  reading(): Pick<Reading, 'usage' | 'finishReason' | 'modelVersion'>
}
