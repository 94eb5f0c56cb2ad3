/**
 * Inline media: which types are taken, and what they cost in tokens. Nothing is decoded here, so whatever depends on
 * a length in time or pages goes by bytes:
 * - an image: 258 tokens, 64 at the low media resolution,
 * - audio: 32 tokens a second, a second being 16,000 bytes,
 * - video: 263 tokens a second, a second being 250,000 bytes,
 * - a PDF: 258 tokens a page, a page being 50,000 bytes,
 * - text of any kind: what the tokenizer says.
 */
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { countTokens } from './tokenizer.ts'

export type Modality = 'TEXT' | 'IMAGE' | 'AUDIO' | 'VIDEO' | 'DOCUMENT'

const IMAGE_TOKENS = 258
const IMAGE_TOKENS_LOW = 64
const AUDIO_TOKENS_PER_SECOND = 32
const AUDIO_BYTES_PER_SECOND = 16_000
const VIDEO_TOKENS_PER_SECOND = 263
const VIDEO_BYTES_PER_SECOND = 250_000
const PAGE_TOKENS = 258
const PAGE_BYTES = 50_000

/** Longest mime type that is looked at. */
const MIME_CHARS_MAX = 255
const MIME = /^[a-z]+\/[a-z0-9.+-]+(?:; ?[a-z0-9_-]+="?[a-z0-9._+-]+"?)*$/i

const IMAGES = new Set(
  ['png', 'jpeg', 'jpg', 'webp', 'heic', 'heif', 'gif', 'avif'].map((name) => `image/${name}`),
)
const TEXTS = new Set([
  ...['plain', 'html', 'css', 'javascript', 'x-typescript', 'csv', 'markdown', 'md'].map(textType),
  ...['x-python', 'xml', 'rtf'].map(textType),
  ...['json', 'rtf', 'x-ipynb+json', 'x-javascript', 'x-typescript'].map((name) => `application/${name}`),
])

function textType(name: string): string {
  return `text/${name}`
}

/** The modality of a mime type, or `undefined` when Gemini does not take it. */
export function modalityOf(mimeType: string): Modality | undefined {
  if (mimeType.length > MIME_CHARS_MAX || !MIME.test(mimeType)) return undefined
  const [essence = ''] = mimeType.toLowerCase().split(';', 1)
  if (IMAGES.has(essence)) return 'IMAGE'
  if (TEXTS.has(essence)) return 'TEXT'
  if (essence === 'application/pdf') return 'DOCUMENT'
  if (essence.startsWith('audio/')) return 'AUDIO'
  return essence.startsWith('video/') ? 'VIDEO' : undefined
}

/** Bytes that a base64 text stands for. */
export function decodedBytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return Math.floor(((base64.length - padding) * 3) / 4)
}

/** Tokens of one inline blob; its mime type has been checked. */
export function mediaTokens(blob: GeminiMessage<'Blob'>, modality: Modality, lowResolution: boolean): number {
  const data = blob.data ?? ''
  const units = (bytesPerUnit: number): number => Math.max(1, Math.ceil(decodedBytes(data) / bytesPerUnit))
  switch (modality) {
    case 'TEXT':
      return countTokens(Buffer.from(data, 'base64').toString())
    case 'IMAGE':
      return lowResolution ? IMAGE_TOKENS_LOW : IMAGE_TOKENS
    case 'AUDIO':
      return units(AUDIO_BYTES_PER_SECOND) * AUDIO_TOKENS_PER_SECOND
    case 'VIDEO':
      return units(VIDEO_BYTES_PER_SECOND) * VIDEO_TOKENS_PER_SECOND
    case 'DOCUMENT':
      return units(PAGE_BYTES) * PAGE_TOKENS
  }
}
