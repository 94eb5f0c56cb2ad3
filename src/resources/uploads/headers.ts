/** What upload requests say in their heads, read once and strictly. */
import { GatewayError } from '../../errors.ts'
import type { HttpRequest } from '../../nouns.ts'

export type Protocol = 'resumable' | 'multipart' | 'raw' | 'classic'

const INTEGER = /^\d{1,15}$/
const RANGE = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/

export function headerOf(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Which of Google's upload protocols a request without an upload id begins; a query parameter may stand for the header. */
export function protocolOf(request: HttpRequest): Protocol {
  const named =
    headerOf(request, 'x-goog-upload-protocol') ??
    request.query.get('upload_protocol') ??
    request.query.get('uploadType') ??
    ''
  switch (named.trim().toLowerCase()) {
    case 'resumable':
      return headerOf(request, 'x-goog-upload-command') === undefined ? 'classic' : 'resumable'
    case 'multipart':
      return 'multipart'
    case 'raw':
    case 'media':
      return 'raw'
    case '':
      if (/^multipart\/related\b/i.test(headerOf(request, 'content-type') ?? '')) return 'multipart'
  }
  throw new GatewayError(
    'invalid_argument',
    'Invalid upload protocol: send X-Goog-Upload-Protocol: resumable, multipart or raw.',
  )
}

export type Command = 'start' | 'upload' | 'finalize' | 'query' | 'cancel'

const COMMANDS: ReadonlySet<string> = new Set(['start', 'upload', 'finalize', 'query', 'cancel'])
const TOGETHER: ReadonlySet<string> = new Set(['upload,finalize', 'finalize,upload'])

/** `upload, finalize` is the one pair that there is. */
export function commandsOf(text: string): ReadonlySet<Command> {
  const words = text.split(',', 3).map((word) => word.trim().toLowerCase())
  const isKnown = words.length === 1 ? COMMANDS.has(words[0] as string) : TOGETHER.has(words.join())
  if (isKnown) return new Set(words as Command[])
  throw new GatewayError('invalid_argument', `Invalid upload command: ${shown(text)}`)
}

/** A count of bytes in a header; undefined when the header is not there. */
export function bytesHeader(request: HttpRequest, name: string): number | undefined {
  const text = headerOf(request, name)
  if (text === undefined) return undefined
  if (INTEGER.test(text)) return Number(text)
  throw new GatewayError('invalid_argument', `Invalid value of the header ${name}: ${shown(text)}`)
}

/** The length of the body, when it is told. */
export function bodyLengthOf(request: HttpRequest): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined
  return Number(request.headers['content-length'] ?? 0)
}

export interface ContentRange {
  /** Where the body lies; undefined in a question for the state. */
  readonly span: { readonly start: number; readonly end: number } | undefined
  readonly total: number | undefined
}

/** RFC 9110, with a star for a span or a total that is not told. The end is one after the last byte. */
export function contentRangeOf(request: HttpRequest): ContentRange | undefined {
  const text = headerOf(request, 'content-range')
  if (text === undefined) return undefined
  const [, first, last, size] = RANGE.exec(text) ?? []
  const span = first === undefined ? undefined : { start: Number(first), end: Number(last) + 1 }
  const total = size === '*' || size === undefined ? undefined : Number(size)
  const isSound = span === undefined || (span.end > span.start && (total === undefined || span.end <= total))
  if (size !== undefined && isSound) return { span, total }
  throw new GatewayError('invalid_argument', `Invalid value of the header content-range: ${shown(text)}`)
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 64))
}
