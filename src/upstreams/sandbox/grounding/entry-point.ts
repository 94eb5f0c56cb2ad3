/** The block of search suggestions that Google asks to be shown beside a grounded answer. */

const STYLE =
  '<style>.suggestions{display:flex;gap:8px;overflow-x:auto;padding:8px;border-radius:8px;background:#fafafa;' +
  'font:14px sans-serif;color-scheme:light dark}.suggestions a{padding:4px 12px;border:1px solid #d2d2d2;' +
  'border-radius:16px;color:#1f1f1f;text-decoration:none;white-space:nowrap}@media(prefers-color-scheme:dark){' +
  '.suggestions{background:#1f1f1f}.suggestions a{color:#fff;border-color:#6e6e6e}}</style>'

/** HTML with one link for each query; whatever a query holds, it stays text. */
export function renderedContent(queries: readonly string[]): string {
  const chips = queries.map(
    (query) =>
      `<a class="chip" href="https://www.google.com/search?q=${encodeURIComponent(query.toWellFormed())}">${escaped(query)}</a>`,
  )
  return `${STYLE}<div class="suggestions">${chips.join('')}</div>`
}

const MARKS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => MARKS[mark]!)
}
