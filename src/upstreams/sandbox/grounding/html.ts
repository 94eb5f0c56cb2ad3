/** What a reader sees of an HTML page: its text by paragraphs, and its title. One pass, no tree. */

/** Elements whose content is not shown. */
const HIDDEN: ReadonlySet<string> = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'head',
  'iframe',
])
/** Elements that begin a new paragraph. */
const BLOCKS =
  /^(?:p|div|h[1-6]|li|ul|ol|tr|table|section|article|header|footer|br|hr|blockquote|pre|dd|dt|title)$/

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
])

export interface HtmlText {
  readonly title: string | undefined
  readonly text: string
}

export function textOfHtml(html: string): HtmlText {
  // ASCII only: other letters may change their length, and the two texts must run side by side.
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  let text = ''
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open === -1) break
    text += html.slice(at, open)
    at = afterMarkup(lower, open)
    if (BLOCKS.test(tagAt(lower, open))) text += '\n\n'
  }
  if (at < html.length) text += html.slice(at)
  return {
    title: titleOf(html, lower),
    text: resolved(text)
      .replace(/[ \t\f\r]+/g, ' ')
      .trim(),
  }
}

/** Where the markup that begins at `open` is over, with the content of an element that is not shown. */
function afterMarkup(lower: string, open: number): number {
  if (lower.startsWith('<!--', open)) return endOf(lower, '-->', open)
  const tag = tagAt(lower, open)
  const close = endOf(lower, '>', open)
  if (!HIDDEN.has(tag) || lower[open + 1] === '/') return close
  return endOf(lower, '>', endOf(lower, `</${tag}`, close))
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at === -1 ? text.length : at + mark.length
}

function tagAt(lower: string, open: number): string {
  return /^<\/?([a-z][a-z0-9]{0,15})/.exec(lower.slice(open, open + 20))?.[1] ?? ''
}

function titleOf(html: string, lower: string): string | undefined {
  const open = lower.indexOf('<title')
  if (open === -1) return undefined
  const start = endOf(lower, '>', open)
  const end = lower.indexOf('</title', start)
  return end === -1 ? undefined : resolved(html.slice(start, end)).replace(/\s+/g, ' ').trim() || undefined
}

function resolved(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(String(name).toLowerCase()) ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0x10ffff ? whole : String.fromCodePoint(code).toWellFormed()
  })
}
