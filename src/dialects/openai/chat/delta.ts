/** What one piece of a candidate says, in the members of a chat message. */
import type { Candidate, Part } from '../../../wire/gemini.ts'
import { metadataOf } from '../answer-metadata.ts'
import { type Asked, THOUGHT_CLOSED, THOUGHT_OPEN } from '../asked.ts'
import { citationsOf } from '../grounding.ts'
import { audioOf, dataUrl, isSound } from '../media.ts'
import type { Json } from '../values.ts'

/** Passages of a grounded answer are found in this much of its text. */
const TEXT_KEPT_MAX = 128 * 1024

/** Puts together what the pieces of one candidate say; an answer that is whole has one piece. */
export class CandidateReader {
  readonly #asked: Asked
  readonly #index: number
  #calls = 0
  #isInThought = false
  #text: string | undefined = ''

  constructor(asked: Asked, index: number) {
    this.#asked = asked
    this.#index = index
  }

  get hasCalls(): boolean {
    return this.#calls > 0
  }

  /** Members of `delta`; of `message` when there is one piece only. */
  read(candidate: Candidate): Json {
    const said: Said = { content: '', reasoning: '', calls: [], images: [], audio: undefined, rest: [] }
    let signature: string | undefined
    for (const part of candidate.content?.parts ?? []) {
      this.#take(part, said)
      if (part.functionCall === undefined) signature = part.thoughtSignature ?? signature
    }
    if (candidate.finishReason !== undefined) this.#leaveThought(said)
    const { content, reasoning, calls, images, audio, rest } = said
    const citations = citationsOf(candidate.groundingMetadata, this.#text)
    const google = {
      ...(signature !== undefined && { thought_signature: signature }),
      ...(this.#asked.isGoogles && this.#isInThought && { thought: true }),
      ...(rest.length > 0 && { parts: rest }),
      ...metadataOf(candidate),
    }
    return {
      ...(content !== '' && { content }),
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(images.length > 0 && { images }),
      ...(audio !== undefined && { audio }),
      ...(citations.length > 0 && {
        annotations: citations.map((citation) => ({ type: 'url_citation', url_citation: citation })),
      }),
      ...(Object.keys(google).length > 0 && { extra_content: { google } }),
    }
  }

  #take(part: Part, said: Said): void {
    const { text, thought, functionCall, inlineData } = part
    if (text !== undefined) this.#takeText(text, thought === true, said)
    else if (functionCall !== undefined) said.calls.push(this.#callOf(part, functionCall))
    else if (inlineData === undefined || thought === true) {
      if (Object.keys(part).some((member) => member !== 'thoughtSignature')) said.rest.push(part)
    } else if (isSound(inlineData.mimeType)) said.audio = audioOf(this.#asked, inlineData)
    else
      said.images.push({
        type: 'image_url',
        image_url: { url: dataUrl(inlineData) },
        index: said.images.length,
      })
  }

  #takeText(text: string, isThought: boolean, said: Said): void {
    if (isThought && !this.#asked.isGoogles) said.reasoning += text
    else if (isThought) {
      if (!this.#isInThought) said.content += THOUGHT_OPEN
      this.#isInThought = true
      said.content += text
    } else {
      this.#leaveThought(said)
      said.content += text
      if (this.#text !== undefined) this.#text += text
      if ((this.#text?.length ?? 0) > TEXT_KEPT_MAX) this.#text = undefined
    }
  }

  #leaveThought(said: Said): void {
    if (this.#isInThought) said.content += THOUGHT_CLOSED
    this.#isInThought = false
  }

  #callOf({ thoughtSignature }: Part, { id, name, args = {} }: NonNullable<Part['functionCall']>): Json {
    const index = this.#calls++
    return {
      index,
      id: id ?? `call_${this.#asked.id.replaceAll('-', '')}${this.#index}${index}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
      ...(thoughtSignature !== undefined && {
        extra_content: { google: { thought_signature: thoughtSignature } },
      }),
    }
  }
}

interface Said {
  content: string
  reasoning: string
  readonly calls: Json[]
  readonly images: Json[]
  audio: Json | undefined
  /** Parts that OpenAI has no member for, such as code that ran. */
  readonly rest: Part[]
}
