/** What one piece of a candidate says, in the members of a chat message. */
import type { Candidate, Part } from '../../../wire/gemini.ts'
import { metadataOf } from '../answer-metadata.ts'
import { type Asked, THOUGHT_CLOSED, THOUGHT_OPEN } from '../asked.ts'
import { Citations } from '../grounding.ts'
import { audioOf, dataUrl, isSound } from '../media.ts'
import type { Json } from '../values.ts'

/** Puts together what the pieces of one candidate say; an answer that is whole has one piece. */
export class CandidateReader {
  readonly #asked: Asked
  readonly #index: number
  #calls = 0
  #images = 0
  #isInThought = false
  readonly #citations = new Citations()

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
    for (const [position, part] of (candidate.content?.parts ?? []).entries()) {
      this.#take(part, position === 0, said)
      if (part.functionCall === undefined && part.inlineData === undefined)
        signature = part.thoughtSignature ?? signature
    }
    if (candidate.finishReason !== undefined) this.#leaveThought(said)
    const { content, reasoning, calls, images, audio, rest } = said
    const citations = this.#citations.read(candidate.groundingMetadata)
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

  #take(part: Part, isFirst: boolean, said: Said): void {
    const { text, thought, functionCall, inlineData } = part
    if (text !== undefined) return this.#takeText(text, thought === true, isFirst, said)
    this.#citations.begin('other', isFirst)
    if (typeof functionCall?.name === 'string') said.calls.push(this.#callOf(part, functionCall))
    else if (inlineData === undefined || thought === true) {
      if (Object.keys(part).some((member) => member !== 'thoughtSignature')) said.rest.push(part)
    } else if (isSound(inlineData.mimeType)) said.audio = audioOf(this.#asked, inlineData)
    else said.images.push(this.#imageOf(part, inlineData))
  }

  #takeText(text: string, isThought: boolean, isFirst: boolean, said: Said): void {
    if (isThought && this.#asked.isGoogles && text !== '') this.#enterThought(said)
    else if (!isThought) this.#leaveThought(said)
    this.#citations.begin(isThought ? 'thought' : 'text', isFirst)
    if (isThought && !this.#asked.isGoogles) said.reasoning += text
    else this.#say(text, said)
  }

  #enterThought(said: Said): void {
    if (!this.#isInThought) this.#say(THOUGHT_OPEN, said)
    this.#isInThought = true
  }

  #leaveThought(said: Said): void {
    if (this.#isInThought) this.#say(THOUGHT_CLOSED, said)
    this.#isInThought = false
  }

  #say(text: string, said: Said): void {
    said.content += text
    this.#citations.add(text)
  }

  #imageOf({ thoughtSignature }: Part, inlineData: NonNullable<Part['inlineData']>): Json {
    return {
      type: 'image_url',
      image_url: { url: dataUrl(inlineData) },
      index: this.#images++,
      ...signed(thoughtSignature),
    }
  }

  #callOf({ thoughtSignature }: Part, { id, name, args = {} }: NonNullable<Part['functionCall']>): Json {
    const index = this.#calls++
    return {
      index,
      id: id ?? `call_${this.#asked.id.replaceAll('-', '')}${this.#index}${index}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
      ...signed(thoughtSignature),
    }
  }
}

/** To be given back at the same place. */
function signed(signature: string | undefined): Json {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }
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
