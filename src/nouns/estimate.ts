/**
 * What a request and an answer come to in tokens while nobody has counted them: likely, and at most. Pure.
 *
 * Sources: Google's pages on tokens (a token is about 4 characters; an image of up to 384 by 384 pixels is 258 tokens,
 * a larger one 258 for each tile; a second of sound is 32, a second of film 263 and more), on media resolution (an
 * image of Gemini 3 is 2,240 at most), on images that are made (1,290 each), and the models' own `inputTokenLimit`.
 */
import type { RequestFacts } from '../nouns.ts'
import type { MediaKind } from '../wire/inline-media.ts'

/** Bytes of JSON a token takes on the average, over Latin text and JSON's own marks. */
const BYTES_PER_TOKEN = 4
const BASE64_BYTES = 4
const BYTES_OF_BASE64 = 3

/** Of a small image, and of a tile of a large one. */
const IMAGE_TOKENS = 258
/**
 * An image is scaled to 3,072 pixels a side at most and cut in tiles of 256 pixels at least, each as wide as the shorter
 * side divided by 1.5: 12 by 2 tiles are the most that any form of image gets.
 */
const IMAGE_TOKENS_MAX = 24 * IMAGE_TOKENS
/**
 * Decoded bytes a token of sound, film or document takes: 500 for an MP3 of 128 kbit/s, 1,000 for a WAV of 16 kHz,
 * 430 for a film of 1 Mbit/s, 100 to 400 for a page of text in a PDF. An estimate rather above than below.
 */
const MEDIA_BYTES_PER_TOKEN = 256

/** What the largest Gemini models read at most, whatever is put before them. */
export const INPUT_TOKENS_MAX = 1_048_576
/** The same for one item of the largest model that embeds. */
const EMBED_INPUT_TOKENS_MAX = 8_192

/** An image that a model made. */
const IMAGE_TOKENS_MADE = 1_290
/** Decoded bytes a token of sound that a model made takes: 24,000 samples of 2 bytes a second, 32 tokens a second. */
const SOUND_BYTES_PER_TOKEN_MADE = 1_500

/** The prompt as it likely is: for limits, and for usage that no upstream told. At least 1. */
export function promptTokensEstimate(facts: RequestFacts): number {
  const text = Math.ceil((facts.bodyBytes - facts.mediaBytes) / BYTES_PER_TOKEN)
  const media = Math.ceil(decoded(facts.mediaBytes - facts.imageBytes) / MEDIA_BYTES_PER_TOKEN)
  return Math.max(1, text + facts.imageParts * IMAGE_TOKENS + media)
}

/**
 * What prompt and tool-use prompt cannot go beyond: for reservations. A token of text is at least one byte, an image has
 * a largest form. Everything else cannot be known from the request: a minute of silence or a hundred empty pages take
 * as good as no bytes, a file or a cache lies elsewhere, and what a tool finds comes later. Then it is all that a model
 * reads. Who knows the model's own limit takes the smaller of the two.
 */
export function promptTokensMax(facts: RequestFacts): number {
  const shown = facts.bodyBytes - facts.mediaBytes + facts.imageParts * IMAGE_TOKENS_MAX
  const isAllShown = !facts.usesStored && !facts.usesSearch && facts.mediaParts === facts.imageParts
  if (isAllShown) return shown
  return Math.max(shown, INPUT_TOKENS_MAX, facts.items * EMBED_INPUT_TOKENS_MAX)
}

/** What one medium of a prompt likely comes to; without its bytes, as a small one. */
export function mediaTokensShown(kind: MediaKind, base64Bytes: number): number {
  if (kind === 'image' || base64Bytes === 0) return IMAGE_TOKENS
  return Math.ceil(decoded(base64Bytes) / MEDIA_BYTES_PER_TOKEN)
}

/** What `count` media of an answer, of so many bytes of base64 together, likely come to. */
export function mediaTokensMade(kind: MediaKind, count: number, base64Bytes: number): number {
  if (kind === 'image') return count * IMAGE_TOKENS_MADE
  const perToken = kind === 'audio' ? SOUND_BYTES_PER_TOKEN_MADE : MEDIA_BYTES_PER_TOKEN
  return Math.max(count, Math.ceil(decoded(base64Bytes) / perToken))
}

/** The text of an answer, media left out. */
export function textTokensEstimate(bytes: number): number {
  return Math.ceil(Math.max(0, bytes) / BYTES_PER_TOKEN)
}

function decoded(base64Bytes: number): number {
  return (base64Bytes / BASE64_BYTES) * BYTES_OF_BASE64
}
