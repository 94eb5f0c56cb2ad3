/** One medium: an image, a sound, a film, a document, read from a request or made for an answer. */
import type { Modality } from '../../translation/checks/mime-types.ts'

export interface Medium {
  readonly mimeType: string
  readonly modality: Modality
  readonly sizeBytes: number
  /** What it costs, in tokens of its modality. */
  readonly tokens: number
  /** What is true of it, as one phrase for a sentence: `a PNG image of 640 × 480 pixels, mostly red and white`. */
  readonly description: string
  /** The words in it: of a text document, or of a PDF's text layer; empty when there are none that can be read. */
  readonly text: string
}
