/** What the model says about the results of its calls: a sentence for each, with what is in the result. */

import type { Exchange, FunctionResponse } from '../../translation/checks/turns.ts'
import { capitalise, clip } from '../text/edit.ts'
import { type Fact, flatten } from './facts.ts'
import { stemOf } from './words.ts'

/** Results that are told; more are only counted. */
const EXCHANGES_MAX = 12
/** Characters of one result. */
const RESULT_CHARS_MAX = 1_200
const ARGUMENT_CHARS_MAX = 60
const ARGUMENTS_MAX = 3

/** A few sentences with the values of all results. */
export function writeOutcome(exchanges: readonly Exchange[]): string {
  const told = exchanges.slice(-EXCHANGES_MAX).map(sentenceOf)
  const left = exchanges.length - told.length
  if (left > 0) told.unshift(`${left} earlier calls came back as well.`)
  return told.join(told.length > 2 ? '\n' : ' ')
}

function sentenceOf({ call, response }: Exchange): string {
  const { subject, isThing } = subjectOf(call.name ?? response.name ?? '', call.args ?? {})
  const { text, error } = outcomeOf(response)
  if (error !== undefined) {
    const failure = isThing ? `I could not get ${subject}` : `I could not do this: ${subject}`
    return `${failure}. ${capitalise(endSentence(clip(error, RESULT_CHARS_MAX)))}`
  }
  const facts = [text, mediaOf(response)].filter((fact) => fact !== '').join(', with ')
  const lead = `${isThing ? 'Here is' : 'Done:'} ${subject}`
  return facts === '' ? `${lead}.` : `${lead}: ${endSentence(clip(facts, RESULT_CHARS_MAX))}`
}

/** `the current weather for Oslo` out of `get_current_weather` and its arguments, or `set light (30, warm)`. */
function subjectOf(
  name: string,
  args: Readonly<Record<string, unknown>>,
): { subject: string; isThing: boolean } {
  const words = name
    .replace(/(\p{Ll})(?=\p{Lu})/gu, '$1 ')
    .replace(/[_.:-]+/g, ' ')
    .trim()
    .split(' ')
  const values = Object.values(args)
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .slice(0, ARGUMENTS_MAX)
    .map((value) => clip(String(value).replace(/\s+/g, ' '), ARGUMENT_CHARS_MAX))
    .join(', ')
  const isThing = words.length > 1 && FETCHING.has(stemOf(words[0]!))
  const thing = clip((isThing ? words.slice(1) : words).join(' ').toLowerCase(), ARGUMENT_CHARS_MAX) || 'call'
  if (isThing) return { subject: `the ${thing}${values && ` for ${values}`}`, isThing }
  return { subject: `${thing}${values && ` (${values})`}`, isThing }
}

const FETCHING = new Set(
  ['get', 'fetch', 'find', 'lookup', 'read', 'retrieve', 'check', 'show', 'list'].map(stemOf),
)

interface Outcome {
  readonly text: string
  readonly error: string | undefined
}

/** `error` says that it failed; `output`, `result` or another client's wrapper hold what it gave. */
function outcomeOf({ response = {}, name }: FunctionResponse): Outcome {
  const { error } = response
  if (error !== undefined && error !== null && error !== false && error !== '') {
    return { text: '', error: textOf(error) || 'it failed' }
  }
  const value = unwrap(response, name)
  if (response.isError === true) return { text: '', error: textOf(value) || 'it failed' }
  return { text: textOf(value), error: undefined }
}

/** Keys that some client put around what a function gave. */
function unwrap(response: Readonly<Record<string, unknown>>, name: string | undefined): unknown {
  const { output, result, content } = response
  if (output !== undefined) return output
  if (result !== undefined) return result
  const isNamed = response.name !== undefined && response.name === name
  if (content !== undefined && (isNamed || Array.isArray(content))) return contentOf(content)
  return response
}

/** The texts of a tool result as the Model Context Protocol has them: `[{type: 'text', text}]`. */
function contentOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content
  const texts = content.flatMap((item) => (typeof item?.text === 'string' ? [item.text as string] : []))
  return texts.length > 0 && texts.length === content.length ? texts.join(' ') : content
}

function textOf(value: unknown): string {
  return joinFacts(flatten(value))
}

function joinFacts(facts: readonly Fact[]): string {
  return facts.map(({ name, value }) => (name === '' ? value : `${name} ${value}`)).join(', ')
}

function mediaOf({ parts = [] }: FunctionResponse): string {
  const kinds = parts.flatMap(({ inlineData, fileData }) => inlineData?.mimeType ?? fileData?.mimeType ?? [])
  if (kinds.length === 0) return ''
  return `${kinds.length} attached ${kinds.length === 1 ? 'file' : 'files'} (${clip(kinds.join(', '), 120)})`
}

function endSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
