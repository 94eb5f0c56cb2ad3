/** Turns of a conversation, as both of OpenAI's ways to write one down come to them. */
import type { Content, Part } from '../../wire/gemini.ts'
import { invalid, isObject, jsonOrUndefined, type Members } from './values.ts'

export interface Conversation {
  readonly systemInstruction: Content | undefined
  readonly contents: readonly Content[]
}

/** Google's own word for a call in a history that was not written by this model, or that lost its signature. */
const STAND_IN = 'skip_thought_signature_validator'

/** Models that refuse a call of their own history without its signature. */
export const NEEDS_SIGNATURES = /^gemini-(?:[3-9]|[1-9]\d)/

/** Of the calls of one turn it is the first that has the signature. */
export function signed(parts: Part[]): Part[] {
  const first = parts.find(({ functionCall }) => functionCall !== undefined)
  if (first !== undefined && first.thoughtSignature === undefined) first.thoughtSignature = STAND_IN
  return parts
}

/** Results of parallel calls come one by one, and are one turn all the same. */
export function append(contents: Content[], content: Content): void {
  if (content.parts?.length === 0) return
  const last = contents.at(-1)
  if (last !== undefined && isOfResults(last) && isOfResults(content))
    last.parts?.push(...(content.parts ?? []))
  else contents.push(content)
}

function isOfResults({ parts = [] }: Content): boolean {
  return parts.every(({ functionResponse }) => functionResponse !== undefined)
}

export function callPart(called: Members, id: string | undefined): Part {
  const name = called.required('name')
  const text = called.text('arguments') ?? ''
  const args = text.trim() === '' ? {} : jsonOrUndefined(text)
  if (!isObject(args))
    throw invalid(called.pathOf('arguments'), `Invalid '${called.pathOf('arguments')}': not a JSON object.`)
  return { functionCall: { ...(id !== undefined && { id }), name, args } }
}

/** A tool's result: a JSON object as it is, everything else as its output. */
export function resultOf(
  { id, name }: { readonly id: string | undefined; readonly name: string },
  text: string,
  media: Part[],
): Part {
  const value = jsonOrUndefined(text)
  return {
    functionResponse: {
      ...(id !== undefined && { id }),
      name,
      response: isObject(value) ? value : { output: text },
      ...(media.length > 0 && { parts: media }),
    },
  }
}
