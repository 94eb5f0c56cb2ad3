/** One document of a corpus, and how a file becomes one. */
import { textOfHtml } from './html.ts'

export interface CorpusDocument {
  /** Where a reader finds it; unique in a corpus. */
  readonly uri: string
  readonly title: string
  /** `nasa.gov`, as it stands in a search result. */
  readonly domain: string
  readonly keywords: readonly string[]
  /** Milliseconds since 1970. */
  readonly publishedMs: number | undefined
  /** An image that goes with it. */
  readonly image: string | undefined
  /** Set on a text that may be quoted as a whole. */
  readonly license: string | undefined
  /** What opening its address gives. */
  readonly status: 'open' | 'paywall' | 'unsafe'
  /** Paragraphs, with an empty line between two. */
  readonly text: string
}

/** Documents without an address of their own are found here; `.local` is nobody's on the web. */
const OWN_HOST = 'https://corpus.wasat.local/'
const KEYWORDS_MAX = 64
const TITLE_CHARS_MAX = 200
/** Documents in one JSON file. */
const DOCUMENTS_PER_FILE_MAX = 5_000

type Fields = ReadonlyMap<string, string>

/** File name endings that are read. */
export const DOCUMENT_FILE = /\.(?:md|markdown|txt|html?|json)$/i

/** The documents of one file; `path` is relative to the corpus and has `/` between its parts. Throws for broken JSON. */
export function readDocuments(path: string, content: string): CorpusDocument[] {
  const text = content
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .toWellFormed()
  if (/\.json$/i.test(path)) return readJson(path, text)
  const { fields, body } = splitFrontMatter(text)
  if (!/\.html?$/i.test(path)) return [documentOf(path, fields, body)]
  const page = textOfHtml(body)
  return [documentOf(path, new Map([['title', page.title ?? ''], ...fields]), page.text)]
}

const FENCE = '---\n'

/** `key: value` lines between two lines of three dashes at the very beginning. */
function splitFrontMatter(text: string): { fields: Fields; body: string } {
  const end = text.startsWith(FENCE) ? text.indexOf(`\n${FENCE}`, FENCE.length - 1) : -1
  if (end === -1) return { fields: new Map(), body: text }
  const fields = new Map<string, string>()
  for (const line of text.slice(FENCE.length, end).split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0)
      fields.set(line.slice(0, colon).trim().toLowerCase(), unquote(line.slice(colon + 1).trim()))
  }
  return { fields, body: text.slice(end + 1 + FENCE.length) }
}

function unquote(value: string): string {
  const mark = value[0]
  const isQuoted = value.length > 1 && (mark === '"' || mark === "'") && value.endsWith(mark)
  return isQuoted ? value.slice(1, -1) : value
}

/** One object or a list of them, with the names of the front matter and `text`; other JSON is a text of its own. */
function readJson(path: string, content: string): CorpusDocument[] {
  const value: unknown = JSON.parse(content)
  const entries = Array.isArray(value) ? value.slice(0, DOCUMENTS_PER_FILE_MAX) : [value]
  const isOurs = entries.length > 0 && entries.every((entry) => typeof entry?.text === 'string')
  if (!isOurs) return [documentOf(path, new Map(), content)]
  return entries.map((entry: Record<string, unknown>, index) => {
    const fields = new Map(Object.entries(entry).flatMap(([key, member]) => fieldOf(key, member)))
    return documentOf(entries.length === 1 ? path : `${path}/${index + 1}`, fields, String(entry.text))
  })
}

function fieldOf(key: string, member: unknown): [string, string][] {
  if (Array.isArray(member)) return [[key.toLowerCase(), member.map(String).join(', ')]]
  return typeof member === 'string' || typeof member === 'number' ? [[key.toLowerCase(), String(member)]] : []
}

function documentOf(path: string, fields: Fields, body: string): CorpusDocument {
  const uri = fields.get('uri') || OWN_HOST + path.split('/').map(encodeURIComponent).join('/')
  const text = body.trim()
  const published = Date.parse(fields.get('published') ?? '')
  return Object.freeze({
    uri,
    title: (fields.get('title') || headingOf(text) || path).slice(0, TITLE_CHARS_MAX).toWellFormed(),
    domain: fields.get('domain') || domainOf(uri),
    keywords: listOf(fields.get('keywords') ?? ''),
    publishedMs: Number.isNaN(published) ? undefined : published,
    image: fields.get('image') || undefined,
    license: fields.get('license') || undefined,
    status: statusOf(fields.get('status')),
    text,
  })
}

function listOf(value: string): string[] {
  const words = value.replace(/^\[|\]$/g, '').split(',', KEYWORDS_MAX)
  return words.map((word) => word.trim()).filter((word) => word !== '')
}

function headingOf(text: string): string | undefined {
  return /^#{1,6} (.{1,200})/.exec(text)?.[1]?.trim()
}

function domainOf(uri: string): string {
  const host = URL.canParse(uri) ? new URL(uri).hostname : ''
  return host.replace(/^www\./, '') || 'corpus.wasat.local'
}

function statusOf(value: string | undefined): CorpusDocument['status'] {
  return value === 'paywall' || value === 'unsafe' ? value : 'open'
}

/** An address without what does not tell two pages apart: scheme, `www.`, fragment, the slash at the end. */
export function addressOf(uri: string): string {
  const [page = ''] = uri.split('#', 1)
  const [, host = '', rest = ''] =
    /^(?:[a-z][a-z0-9+.-]{0,20}:\/\/)?(?:www\.)?([^/?]*)(.*)$/is.exec(page) ?? []
  return `${host.toLowerCase().replace(/:(?:80|443)$/, '')}${rest.replace(/\/$/, '')}`
}
