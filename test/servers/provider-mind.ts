/**
 * What a pretended model answers: the same to the same, by simple rules on the last words of its user, so that a test
 * knows what must come out at the other end of a translation.
 */
import { createHash } from 'node:crypto'
import { isJson, type Json } from './provider-shape.ts'

export interface Prompt {
  /** The user's last words. */
  readonly text: string
  /** All that was ever said by users, the last words included. */
  readonly said: string
  /** What the model was told to be and do. */
  readonly system: string
  /** Results of functions that came after the last words. */
  readonly results: readonly { readonly name: string; readonly text: string }[]
  readonly tools: readonly { readonly name: string; readonly schema: unknown }[]
  /** `{name}` forces that function. */
  readonly choice: 'auto' | 'any' | 'none' | { readonly name: string }
  /** The JSON schema that the answer must fit; `true` for any JSON. */
  readonly format: unknown
  /** Of the last message. */
  readonly media: readonly { readonly mimeType: string; readonly bytes: number }[]
  readonly thinks: boolean
}

export interface Said {
  /** Empty without thoughts. */
  readonly thought: string
  readonly text: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: Json }[]
}

/** Characters of more than one byte, for whoever cuts a stream between bytes. */
const FLOURISH = '✓ zażółć 🦊'

export function answerTo(prompt: Prompt): Said {
  const calls = callsFor(prompt)
  const thought = prompt.thinks ? `Somebody wants: ${prompt.text.slice(0, 60)} 🤔` : ''
  return { thought, text: calls.length > 0 ? '' : textFor(prompt), calls }
}

function textFor(prompt: Prompt): string {
  const { text, said, results, format, media } = prompt
  if (format !== undefined) return jsonFor(format, text)
  const told = toldFormat(prompt)
  if (told !== undefined) return told
  if (results.length > 0)
    return `Results: ${results.map(({ name, text }) => `${name} gave ${text}`).join('; ')}`
  if (media.length > 0) {
    return `I see ${media.map(({ mimeType, bytes }) => `a ${mimeType} of ${bytes} bytes`).join(' and ')}.`
  }
  if (/what is my name/i.test(text)) return `Your name is ${/my name is (\p{Lu}\p{L}+)/iu.exec(said)?.[1]}.`
  if (/why is the sky blue/i.test(text)) return `The sky is blue because of scattering ${FLOURISH}`
  return `You said: ${text} ${FLOURISH}`
}

const jsonFor = (schema: unknown, text: string) =>
  JSON.stringify(schema === true ? { answer: text } : valueFor(schema, text))

/** A model that no format holds does as its system prompt says; who asks for sloppiness gets it the first time. */
function toldFormat({ system, text }: Prompt): string | undefined {
  const schema = /JSON Schema:\s*(\{.*\})\s*$/.exec(system)?.[1]
  const [, word] = /exactly one of these values[^:]*:\s*- (.+)/.exec(system) ?? []
  if (schema === undefined && word === undefined && !system.includes('JSON alone')) return undefined
  if (text.includes('sloppy')) return `Of course! Here it is: {"title":`
  return word ?? jsonFor(schema === undefined ? true : JSON.parse(schema), text)
}

function callsFor(prompt: Prompt): Said['calls'] {
  const { choice, tools, text, results } = prompt
  if (tools.length === 0 || choice === 'none') return []
  const forced = typeof choice === 'object' ? tools.find(({ name }) => name === choice.name) : undefined
  if (forced === undefined && results.length > 0) return []
  const wanted =
    forced ?? tools.find(({ name }) => isWanted(name, text)) ?? (choice === 'any' ? tools[0] : undefined)
  if (wanted === undefined) return []
  return subjects(text).map((subject, index) => ({
    id: digest(`${index} ${prompt.said} ${wanted.name}`),
    name: wanted.name,
    args: argumentsFor(wanted.schema, subject),
  }))
}

/** `get_weather` is wanted by who says weather, or its name. */
function isWanted(name: string, text: string): boolean {
  const words = name.toLowerCase().split(/[^a-z]+/)
  return words.some((word) => word.length > 3 && text.toLowerCase().includes(word))
}

/** "in Oslo and Paris" names two. */
function subjects(text: string): readonly string[] {
  const [, list] = /\b(?:in|of|at) (\p{Lu}\p{L}+(?:(?:, | and )\p{Lu}\p{L}+)*)/u.exec(text) ?? []
  return list?.split(/, | and /) ?? ['Nowhere']
}

function argumentsFor(schema: unknown, subject: string): Json {
  const made = valueFor(schema, subject)
  return isJson(made) ? made : {}
}

/** A value that a JSON schema allows; strings are the subject where nothing says otherwise. */
export function valueFor(schema: unknown, subject: string, root: unknown = schema, depth = 0): unknown {
  if (!isJson(schema) || depth > 12) return subject
  if (typeof schema.$ref === 'string') return valueFor(resolve(schema.$ref, root), subject, root, depth + 1)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const [choice] = [schema.anyOf, schema.oneOf].filter(Array.isArray)
  if (choice) return valueFor(choice[0], subject, root, depth + 1)
  return typedValue(schema, subject, root, depth)
}

function typedValue(schema: Json, subject: string, root: unknown, depth: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type[0] : (schema.type ?? (schema.properties && 'object'))
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as Json).map(([key, inner]) => [
          key,
          valueFor(inner, subject, root, depth + 1),
        ]),
      )
    case 'array':
      return Array.from({ length: Math.max(1, Number(schema.minItems ?? 1)) }, () =>
        valueFor(schema.items, subject, root, depth + 1),
      )
    case 'integer':
    case 'number':
      return Number(schema.minimum ?? 7)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return subject
  }
}

function resolve(reference: string, root: unknown): unknown {
  return reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter(Boolean)
    .reduce<unknown>((found, key) => (isJson(found) ? found[key] : undefined), root)
}

export function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 24)
}

/** A count of tokens that nobody would take for a real one, but that grows with the text. */
export function tokensOf(value: unknown): number {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return Math.ceil(text.length / 4)
}

/** Cut before the first stop sequence, and at a limit of tokens; says which of them it was. */
export function cut(
  text: string,
  stops: readonly string[],
  tokensMax: number | undefined,
): { readonly text: string; readonly by: 'stop' | 'limit' | undefined; readonly stop?: string } {
  const found = stops
    .map((stop) => ({ stop, at: text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]
  const stopped = found === undefined ? text : text.slice(0, found.at)
  if (tokensMax !== undefined && tokensOf(stopped) > tokensMax) {
    return { text: [...stopped].slice(0, tokensMax * 4).join(''), by: 'limit' }
  }
  return found === undefined ? { text, by: undefined } : { text: stopped, by: 'stop', stop: found.stop }
}

/** Deltas of a text: short ones of uneven length, never within a character. */
export function deltasOf(text: string, lengths: readonly number[] = [1, 4, 9]): readonly string[] {
  const characters = [...text]
  const deltas: string[] = []
  for (let at = 0; at < characters.length; ) {
    const size = lengths[deltas.length % lengths.length]!
    deltas.push(characters.slice(at, at + size).join(''))
    at += size
  }
  return deltas
}

/** What a prompt asks to go wrong: `fail:429`, `break:stream`, `error:stream`, `bad:json`. */
export interface Mishap {
  readonly status: number | undefined
  readonly breaks: boolean
  readonly errs: boolean
  readonly garbles: boolean
}

export function mishapOf(text: string): Mishap {
  const status = /\bfail:(\d{3})\b/.exec(text)?.[1]
  return {
    status: status === undefined ? undefined : Number(status),
    breaks: text.includes('break:stream'),
    errs: text.includes('error:stream'),
    garbles: text.includes('bad:json'),
  }
}

/** The MIME type and the size of a `data:` URL; undefined when it is none. */
export function readDataUrl(url: string): { mimeType: string; base64: string; bytes: number } | undefined {
  const found = /^data:([\w.+-]+\/[\w.+-]+);base64,([A-Za-z0-9+/]+={0,2})$/.exec(url)
  if (!found) return undefined
  const [, mimeType = '', base64 = ''] = found
  return base64.length % 4 === 0
    ? { mimeType, base64, bytes: Buffer.from(base64, 'base64').length }
    : undefined
}
