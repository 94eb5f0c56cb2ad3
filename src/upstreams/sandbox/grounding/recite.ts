/** Texts that anybody may quote, quoted when asked for, with `citationMetadata`. */
import type { Part } from '../../../wire/gemini.ts'
import type { Play, Player } from '../play.ts'
import type { Corpus } from './corpus.ts'
import type { CorpusDocument } from './document.ts'

/** Looked at before anything is loaded: most prompts ask for no recital. */
const ASKED =
  /\b(?:recite|recitation|quote|verbatim|word for word|full text|whole text|complete text|exact (?:text|words)|(?:first|opening) (?:few |two |three |four |five |six |\d{1,2} )?(?:lines?|words|paragraphs?|sentences?)|(?:text|words|lines) of|print|reproduce)\b/i
/** Who wants the words and nothing else gets no heading. */
const LITERAL = /\b(?:only|verbatim|word for word|exact)\b/i
const FIRST_LINES = /\b(?:first|opening) (?:(\d{1,2}|few|two|three|four|five|six) )?lines?\b/i
const FIRST_PARAGRAPH = /\b(?:first|opening) (?:paragraph|sentences?|words)\b/i
const PROMPT_CHARS_MAX = 1_000
const LINES_STANDARD = 4
const COUNTS: ReadonlyMap<string, number> = new Map([
  ['few', 4],
  ['two', 2],
  ['three', 3],
  ['four', 4],
  ['five', 5],
  ['six', 6],
])

export function asksForRecital(prompt: string): boolean {
  return prompt.length <= PROMPT_CHARS_MAX && ASKED.test(prompt)
}

/** For prompts that ask for a recital. */
export function createRecitePlayer(corpus: Corpus): Player {
  return (scene) => {
    const { prompt } = scene.conversation
    const { generationConfig } = scene.generation.request
    if (generationConfig?.responseMimeType === 'application/json') return undefined
    return scene.generation.model.outputs.includes('TEXT') ? recite(corpus, prompt) : undefined
  }
}

async function recite(corpus: Corpus, prompt: string): Promise<Play | undefined> {
  const loaded = await corpus.load()
  const document = loaded.documents.find((one) => one.license !== undefined && isNamed(one, prompt))
  if (document === undefined) return undefined
  const { citationsFor } = await import('./citations.ts')
  const closing = (parts: readonly Part[]) => {
    const text = parts.find((part) => part.text !== undefined && part.thought !== true)?.text ?? ''
    const citationSources = citationsFor(text, loaded)
    return citationSources === undefined ? {} : { citationMetadata: { citationSources } }
  }
  const portion = portionOf(document.text, prompt)
  const isWhole = portion === document.text && !LITERAL.test(prompt)
  return { parts: [{ text: isWhole ? `${document.title}:\n\n${portion}` : portion }], closing }
}

/** A keyword of the document, as a phrase, stands in the prompt. */
function isNamed({ title, keywords }: CorpusDocument, prompt: string): boolean {
  const plain = plainWords(prompt)
  return [title, ...keywords].some((phrase) => plain.includes(plainWords(phrase)))
}

/** Lower case, and one blank around each word. */
function plainWords(text: string): string {
  return ` ${text
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `
}

function portionOf(text: string, prompt: string): string {
  const lines = FIRST_LINES.exec(prompt)
  if (lines !== null) {
    const count = COUNTS.get(lines[1] ?? '') ?? (Number(lines[1]) || LINES_STANDARD)
    return text.split('\n').slice(0, count).join('\n').trimEnd()
  }
  return FIRST_PARAGRAPH.test(prompt) ? (text.split('\n\n', 1)[0] ?? text) : text
}
