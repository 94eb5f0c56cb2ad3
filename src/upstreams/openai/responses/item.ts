/** Reads the items of an answer's output, whole or delta by delta. */
import { bytesBefore } from './bytes.ts'
import { type Json, numberOf, objectOf, objectsOf, textOf } from './json.ts'
import { passLogprobs } from './logprobs.ts'
import type { Pieces } from './pieces.ts'

/** One item of the output. Its events come first, if any; then it ends once. */
export interface ItemReading {
  event(type: string, data: Json): void
  /** `item` is whole; empty when the provider never gave it so. */
  end(item: Json): void
}

/** `item` is how it began: its type counts, the rest may come later. */
export function beginItem(item: Json, pieces: Pieces): ItemReading {
  if (item.type === 'message') return new MessageReading(item, pieces)
  if (item.type === 'function_call') return new CallReading(item, pieces)
  if (item.type === 'reasoning') return new ReasoningReading(pieces)
  return { event: () => {}, end: (whole) => readSearch(whole, pieces) }
}

interface ContentPart {
  text: string
  readonly startByte: number
  readonly annotations: Json[]
}

class MessageReading implements ItemReading {
  readonly #pieces: Pieces
  readonly #parts = new Map<number, ContentPart>()

  constructor(item: Json, pieces: Pieces) {
    this.#pieces = pieces
    pieces.beginMessage(textOf(item.phase))
  }

  event(type: string, data: Json): void {
    if (type === 'response.output_text.delta')
      this.#text(indexOf(data), textOf(data.delta) ?? '', data.logprobs)
    else if (type === 'response.refusal.delta') this.#refusal(indexOf(data), textOf(data.delta) ?? '')
    else if (type === 'response.output_text.annotation.added')
      this.#part(indexOf(data)).annotations.push(objectOf(data.annotation))
  }

  end(item: Json): void {
    const content = objectsOf(item.content)
    for (const [index, part] of content.entries()) this.#complete(index, part)
    this.#pieces.endText()
    for (const [index, part] of this.#parts) {
      const annotations = objectsOf(content[index]?.annotations)
      this.#cite(part, annotations.length > 0 ? annotations : part.annotations)
    }
  }

  /** What came without deltas. */
  #complete(index: number, part: Json): void {
    if ((this.#parts.get(index)?.text ?? '') !== '') return
    if (part.type === 'output_text') this.#text(index, textOf(part.text) ?? '', part.logprobs)
    else if (part.type === 'refusal') this.#refusal(index, textOf(part.refusal) ?? '')
  }

  #text(index: number, delta: string, logprobs: unknown): void {
    this.#part(index).text += delta
    // First, so that they ride on the text that they are about.
    passLogprobs(logprobs, this.#pieces)
    this.#pieces.text(delta)
  }

  #refusal(index: number, delta: string): void {
    this.#part(index).text += delta
    this.#pieces.refusal(delta)
  }

  #part(index: number): ContentPart {
    const known = this.#parts.get(index)
    if (known !== undefined) return known
    this.#pieces.endText()
    const part = { text: '', startByte: this.#pieces.textBytes, annotations: [] }
    this.#parts.set(index, part)
    return part
  }

  #cite({ text, startByte }: ContentPart, annotations: readonly Json[]): void {
    for (const annotation of annotations) {
      const uri = textOf(annotation.url)
      if (annotation.type !== 'url_citation' || uri === undefined) continue
      const title = textOf(annotation.title) ?? ''
      const start = numberOf(annotation.start_index)
      const end = numberOf(annotation.end_index)
      if (start === undefined || end === undefined) this.#pieces.citation({ uri, title })
      else
        this.#pieces.citation({
          uri,
          title,
          startByte: startByte + bytesBefore(text, start),
          endByte: startByte + bytesBefore(text, end),
        })
    }
  }
}

class CallReading implements ItemReading {
  readonly #begun: Json
  readonly #pieces: Pieces
  #argumentsText = ''

  constructor(item: Json, pieces: Pieces) {
    this.#begun = item
    this.#pieces = pieces
  }

  event(type: string, data: Json): void {
    if (type === 'response.function_call_arguments.delta') this.#argumentsText += textOf(data.delta) ?? ''
    else if (type === 'response.function_call_arguments.done')
      this.#argumentsText = textOf(data.arguments) ?? this.#argumentsText
  }

  end(item: Json): void {
    // The answer was cut off within it; the finish reason says so.
    if (item.status === 'incomplete') return
    const argumentsText = textOf(item.arguments) || this.#argumentsText
    this.#pieces.call({
      id: textOf(item.call_id) ?? textOf(this.#begun.call_id),
      name: textOf(item.name) ?? textOf(this.#begun.name) ?? '',
      argumentsText: argumentsText === '' ? '{}' : argumentsText,
    })
  }
}

/** Summaries are thoughts; open models show what they really thought instead. Never both, because they say the same. */
class ReasoningReading implements ItemReading {
  readonly #pieces: Pieces
  #kind: 'summary' | 'text' | undefined
  #part = 0

  constructor(pieces: Pieces) {
    this.#pieces = pieces
  }

  event(type: string, data: Json): void {
    if (type === 'response.reasoning_summary_text.delta')
      this.#thought('summary', numberOf(data.summary_index) ?? 0, textOf(data.delta) ?? '')
    else if (type === 'response.reasoning_text.delta')
      this.#thought('text', indexOf(data), textOf(data.delta) ?? '')
  }

  end(item: Json): void {
    if (this.#kind === undefined) {
      const summary = objectsOf(item.summary)
      const kind = summary.length > 0 ? 'summary' : 'text'
      const parts = kind === 'summary' ? summary : objectsOf(item.content)
      for (const [index, part] of parts.entries()) this.#thought(kind, index, textOf(part.text) ?? '')
    }
    this.#pieces.keep(item)
  }

  #thought(kind: 'summary' | 'text', part: number, delta: string): void {
    this.#kind ??= kind
    if (this.#kind !== kind) return
    if (part !== this.#part) this.#pieces.thought('\n\n')
    this.#part = part
    this.#pieces.thought(delta)
  }
}

function readSearch(item: Json, pieces: Pieces): void {
  if (item.type !== 'web_search_call') return
  const action = objectOf(item.action)
  const queries = Array.isArray(action.queries) ? action.queries : [action.query]
  for (const query of queries) if (typeof query === 'string' && query !== '') pieces.searchQuery(query)
  pieces.keep(item)
}

function indexOf(data: Json): number {
  return numberOf(data.content_index) ?? 0
}
