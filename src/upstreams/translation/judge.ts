/** Whether an answer keeps to the format that was asked for in words. */
import { Check, Errors } from 'typebox/schema'
import type { GenerateContentResponse, Part } from '../../wire/gemini.ts'
import type { JsonSchema, OutputFormat } from './conversation.ts'

export type AskedFormat = Exclude<OutputFormat, { kind: 'text' }>

export type Verdict =
  /** What the answer's text is to be. */
  | { readonly kind: 'valid'; readonly text: string }
  /** Nothing that could be judged: a call, or an answer that was cut or blocked. */
  | { readonly kind: 'other' }
  /** `complaint` is for the model. */
  | { readonly kind: 'wrong'; readonly text: string; readonly complaint: string }

const COMPLAINTS_MAX = 10
const COMPLAINT_CHARACTERS_MAX = 300

export function judge(response: GenerateContentResponse, format: AskedFormat): Verdict {
  const [candidate] = response.candidates ?? []
  if (candidate === undefined || candidate.finishReason !== 'STOP') return { kind: 'other' }
  const parts = candidate.content?.parts ?? []
  if (parts.some(({ functionCall }) => functionCall !== undefined)) return { kind: 'other' }
  const text = textOf(parts)
  return format.kind === 'enum' ? judgeWord(text, format.values) : judgeJson(text, format)
}

/** The same answer with this text alone beside thoughts and signatures. */
export function withText(response: GenerateContentResponse, text: string): GenerateContentResponse {
  const [candidate, ...others] = response.candidates ?? []
  const parts = candidate?.content?.parts ?? []
  if (candidate === undefined || textOf(parts) === text) return response
  let isPlaced = false
  const replaced = parts.flatMap((part) => {
    if (!isText(part)) return [part]
    const isFirst = !isPlaced
    isPlaced = true
    if (isFirst) return [{ ...part, text }]
    return part.thoughtSignature === undefined ? [] : [{ ...part, text: '' }]
  })
  // What cited a place in the old text would now point at another one.
  const { groundingSupports: _, ...grounding } = (candidate.groundingMetadata ?? {}) as Record<
    string,
    unknown
  >
  const shown = {
    ...candidate,
    content: { ...candidate.content, parts: replaced },
    ...(candidate.groundingMetadata !== undefined && { groundingMetadata: grounding }),
  }
  return { ...response, candidates: [shown, ...others] }
}

/** Whether `judge` can hold a value to all of the schema. */
export function isWhollyCheckable(schema: JsonSchema): boolean {
  return JSON.stringify(schema) === JSON.stringify(checkable(schema))
}

function judgeWord(text: string, values: readonly string[]): Verdict {
  const word = unfenced(text.trim())
    .replace(/^(["'`])(.*)\1$/s, '$2')
    .trim()
  if (values.includes(word)) return { kind: 'valid', text: word }
  return { kind: 'wrong', text, complaint: `The answer is none of these values: ${values.join(', ')}` }
}

function judgeJson(text: string, format: AskedFormat): Verdict {
  const found = jsonIn(text)
  if (found === undefined) return { kind: 'wrong', text, complaint: 'The answer is not valid JSON.' }
  const complaints = format.kind === 'schema' ? complaintsOf(format.schema, found.value) : []
  if (complaints.length === 0) return { kind: 'valid', text: found.text }
  return { kind: 'wrong', text, complaint: complaints.join('\n') }
}

/** Models put JSON in a fence, or a sentence before it. */
function jsonIn(text: string): { text: string; value: unknown } | undefined {
  const whole = text.trim()
  const start = whole.search(/[[{]/)
  const end = Math.max(whole.lastIndexOf('}'), whole.lastIndexOf(']'))
  for (const candidate of [whole, unfenced(whole), start < 0 ? '' : whole.slice(start, end + 1)]) {
    try {
      return { text: candidate, value: JSON.parse(candidate) }
    } catch {
      // The next one may be it.
    }
  }
  return undefined
}

function unfenced(text: string): string {
  if (!text.startsWith('```') || !text.endsWith('```')) return text
  const firstLine = text.indexOf('\n')
  return firstLine < 0 ? text : text.slice(firstLine + 1, -3).trim()
}

function complaintsOf(schema: JsonSchema, value: unknown): string[] {
  try {
    const plain = checkable(schema)
    if (Check(plain as never, value)) return []
    const [, errors] = Errors(plain as never, value) as unknown as [boolean, readonly SchemaError[]]
    return errors
      .slice(0, COMPLAINTS_MAX)
      .map(({ instancePath, message }) =>
        `At ${instancePath || 'the root'}: ${message}`.slice(0, COMPLAINT_CHARACTERS_MAX),
      )
  } catch {
    // A schema that cannot be checked, such as one with a reference to elsewhere, has been asked for in words.
    return []
  }
}

interface SchemaError {
  readonly instancePath: string
  readonly message: string
}

/** Keywords whose values are schemas by name, or plain data: their members' names are no keywords. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'dependentSchemas'])
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])

/** Without regular expressions: those of a client may take for ever over a text of a model. */
function checkable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(checkable)
  if (typeof schema !== 'object' || schema === null) return schema
  const { pattern: _, patternProperties, ...rest } = schema as Record<string, unknown>
  if (patternProperties !== undefined) {
    delete rest.additionalProperties
    delete rest.unevaluatedProperties
  }
  const members = Object.entries(rest).map(([key, value]) => {
    if (DATA.has(key)) return [key, value]
    return [key, BY_NAME.has(key) ? mapped(value) : checkable(value)]
  })
  return Object.fromEntries(members)
}

function mapped(schemas: unknown): unknown {
  if (typeof schemas !== 'object' || schemas === null) return schemas
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, checkable(schema)]))
}

function textOf(parts: readonly Part[]): string {
  return parts
    .filter(isText)
    .map(({ text }) => text)
    .join('')
}

const isText = ({ text, thought }: Part): boolean => text !== undefined && thought !== true
