/** Which mime types Gemini takes, and as what. */

/** What a model reads, as it is counted. */
export type Modality = 'TEXT' | 'IMAGE' | 'AUDIO' | 'VIDEO' | 'DOCUMENT'

/** Longest mime type that is looked at. */
const MIME_CHARS_MAX = 255
const MIME = /^[a-z]+\/[a-z0-9.+-]+(?:; ?[a-z0-9_-]+="?[a-z0-9._+-]+"?)*$/i

const IMAGES = new Set(
  ['png', 'jpeg', 'jpg', 'webp', 'heic', 'heif', 'gif', 'avif'].map((name) => `image/${name}`),
)
const TEXTS = new Set([
  ...['plain', 'html', 'css', 'javascript', 'x-typescript', 'csv', 'markdown', 'md'].map(textType),
  ...['x-python', 'xml', 'rtf'].map(textType),
  ...['json', 'rtf', 'x-ipynb+json', 'x-javascript', 'x-typescript', 'x-python-code'].map(
    (name) => `application/${name}`,
  ),
])

function textType(name: string): string {
  return `text/${name}`
}

/** The modality of a mime type, or `undefined` when Gemini does not take it. */
export function modalityOf(mimeType: string): Modality | undefined {
  if (mimeType.length > MIME_CHARS_MAX || !MIME.test(mimeType)) return undefined
  const essence = essenceOf(mimeType)
  if (IMAGES.has(essence)) return 'IMAGE'
  if (TEXTS.has(essence)) return 'TEXT'
  if (essence === 'application/pdf') return 'DOCUMENT'
  if (essence.startsWith('audio/')) return 'AUDIO'
  return essence.startsWith('video/') ? 'VIDEO' : undefined
}

/** `audio/l16` of `audio/L16;codec=pcm;rate=24000`. */
export function essenceOf(mimeType: string): string {
  const [essence = ''] = mimeType.toLowerCase().split(';', 1)
  return essence
}

/** A positive whole number among the parameters, such as the `rate` of `audio/L16;rate=24000`. */
export function mimeNumber(mimeType: string, name: string): number | undefined {
  for (const parameter of mimeType.toLowerCase().split(';').slice(1)) {
    const [key = '', value = ''] = parameter.trim().split('=', 2)
    const digits = value.replaceAll('"', '')
    if (key === name && /^\d{1,7}$/.test(digits) && Number(digits) > 0) return Number(digits)
  }
  return undefined
}
