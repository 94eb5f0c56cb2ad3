/** The messages of a chat as Gemini's contents and its system instruction. */
import type { Report } from '../../../nouns/report.ts'
import type { Content, Part } from '../../../wire/gemini.ts'
import { dropUntaken } from '../leftovers.ts'
import { invalid, isObject, type Members, unspeakable, wrongType } from '../values.ts'
import { partOf, textOfPart } from './parts.ts'

export interface MessageContext {
  readonly report: Report
  /** Whether the model refuses a call of its own history that comes without a signature. */
  readonly needsSignatures: boolean
}

export interface Conversation {
  readonly systemInstruction: Content | undefined
  readonly contents: readonly Content[]
}

/** Google's own word for a call in a history that was not written by this model, or that lost its signature. */
const STAND_IN = 'skip_thought_signature_validator'

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const

/** Of messages of each role. */
const SOFT = { extra_content: 'only answers have it', name: 'the model is not told names' }

/** Throws `invalid_argument` for a message that is none, `untranslatable` for what Gemini has no word for. */
export function conversationOf(messages: readonly Members[], context: MessageContext): Conversation {
  if (messages.length === 0) throw invalid('messages', "Invalid 'messages': at least one message is needed.")
  const system: Part[] = []
  const contents: Content[] = []
  /** The function of each call, by the call's id. */
  const functions = new Map<string, string>()
  for (const message of messages) {
    const role = message.word('role', ROLES)
    if (role === undefined)
      throw invalid(message.pathOf('role'), `Missing required parameter: '${message.pathOf('role')}'.`)
    if (role === 'system' || role === 'developer') {
      if (contents.length > 0)
        context.report.approximated(message.path, 'the model is told it before the conversation begins')
      system.push(...textsOf(message))
    } else append(contents, contentOf(role, message, functions, context))
    dropUntaken(message, context.report, SOFT)
  }
  if (contents.length === 0 && system.length > 0) {
    context.report.approximated('messages', 'without a turn of the user, the instructions are one')
    return { systemInstruction: undefined, contents: [{ role: 'user', parts: system }] }
  }
  return { systemInstruction: system.length === 0 ? undefined : { parts: system }, contents }
}

function contentOf(
  role: 'user' | 'assistant' | 'tool' | 'function',
  message: Members,
  functions: Map<string, string>,
  context: MessageContext,
): Content {
  if (role === 'user') return { role: 'user', parts: partsOf(message) }
  if (role === 'assistant') return { role: 'model', parts: answerParts(message, functions, context) }
  return { role: 'user', parts: [resultPart(role, message, functions)] }
}

/** Neighbours of one role are one turn: results of parallel calls come as messages of their own. */
function append(contents: Content[], content: Content): void {
  if (content.parts?.length === 0) return
  const last = contents.at(-1)
  if (last !== undefined && isOfResults(last) && isOfResults(content))
    last.parts?.push(...(content.parts ?? []))
  else contents.push(content)
}

function isOfResults({ parts = [] }: Content): boolean {
  return parts.every(({ functionResponse }) => functionResponse !== undefined)
}

function textsOf(message: Members): Part[] {
  const content = message.take('content')
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  if (!Array.isArray(content)) throw wrongType(message.pathOf('content'), 'a string or an array', content)
  return message.objects('content').map((part) => ({ text: textOfPart(part) }))
}

function partsOf(message: Members): Part[] {
  const content = message.take('content')
  if (typeof content === 'string') return [{ text: content }]
  if (!Array.isArray(content)) throw wrongType(message.pathOf('content'), 'a string or an array', content)
  return message.objects('content').map(partOf)
}

function answerParts(message: Members, functions: Map<string, string>, context: MessageContext): Part[] {
  const thoughts = message.text('reasoning_content') ?? message.text('reasoning')
  const texts = message.take('content') === undefined ? [] : textsOf(message)
  const refusal = message.text('refusal')
  if (refusal) texts.push({ text: refusal })
  const signature = signatureOf(message, context.report)
  if (signature !== undefined && texts.length === 0) texts.push({ text: '' })
  const last = texts.at(-1)
  if (signature !== undefined && last !== undefined) last.thoughtSignature = signature
  for (const name of TOLD) message.take(name)
  if (message.take('audio') !== undefined)
    throw unspeakable(message.pathOf('audio'), 'what a model said aloud cannot be shown to it again')
  return [
    ...(thoughts ? [{ text: thoughts, thought: true }] : []),
    ...texts,
    ...pictureParts(message, context.report),
    ...callParts(message, functions, context),
  ]
}

/** Where our own answers have them: a picture is worked on over several turns. */
function pictureParts(message: Members, report: Report): Part[] {
  return message.objects('images').map((image) => {
    image.take('index')
    const signature = signatureOf(image, report)
    return { ...partOf(image), ...(signature !== undefined && { thoughtSignature: signature }) }
  })
}

function callParts(message: Members, functions: Map<string, string>, context: MessageContext): Part[] {
  const parts = message.objects('tool_calls').map((call) => {
    if (call.word('type', ['function', 'custom']) === 'custom')
      throw unspeakable(call.path, 'there are no custom tools')
    const id = call.text('id')
    const part = callPart(call.object('function') ?? missing(call, 'function'), id)
    if (id !== undefined) functions.set(id, part.functionCall?.name ?? '')
    const signature = signatureOf(call, context.report)
    call.take('index')
    return signature === undefined ? part : { ...part, thoughtSignature: signature }
  })
  const legacy = message.object('function_call')
  if (legacy !== undefined) parts.push(callPart(legacy, undefined))
  const [first] = parts
  if (first !== undefined && first.thoughtSignature === undefined && context.needsSignatures)
    first.thoughtSignature = STAND_IN
  return parts
}

function callPart(called: Members, id: string | undefined): Part {
  const name = called.required('name')
  const text = called.text('arguments') ?? ''
  const args = text.trim() === '' ? {} : jsonOrUndefined(text)
  if (!isObject(args))
    throw invalid(called.pathOf('arguments'), `Invalid '${called.pathOf('arguments')}': not a JSON object.`)
  return { functionCall: { ...(id !== undefined && { id }), name, args } }
}

function missing(members: Members, name: string): never {
  throw invalid(members.pathOf(name), `Missing required parameter: '${members.pathOf(name)}'.`)
}

const TEXTS: ReadonlySet<unknown> = new Set(['text', 'refusal'])

/** A tool's result: a JSON object as it is, everything else as its output. */
function resultPart(role: 'tool' | 'function', message: Members, functions: Map<string, string>): Part {
  const id = role === 'tool' ? message.required('tool_call_id') : undefined
  const name = id === undefined ? message.required('name') : functions.get(id)
  if (name === undefined)
    throw invalid(
      message.pathOf('tool_call_id'),
      `Invalid '${message.pathOf('tool_call_id')}': no call of an earlier message has this id.`,
    )
  message.take('name')
  const content = message.take('content')
  const media = Array.isArray(content)
    ? message.objects('content').filter((part) => !TEXTS.has(part.take('type')))
    : []
  const text = textsOfResult(message, content)
  const value = jsonOrUndefined(text)
  const response = isObject(value) ? value : { output: text }
  return {
    functionResponse: {
      ...(id !== undefined && { id }),
      name,
      response,
      ...(media.length > 0 && { parts: media.map(partOf) }),
    },
  }
}

function textsOfResult(message: Members, content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw wrongType(message.pathOf('content'), 'a string or an array', content)
  return message
    .objects('content')
    .filter((part) => TEXTS.has(part.take('type')))
    .map(textOfPart)
    .join('\n')
}

/** Where Google's own endpoint puts them: `extra_content.google.thought_signature`. */
function signatureOf(members: Members, report: Report): string | undefined {
  const google = members.object('extra_content')?.object('google')
  for (const name of TOLD_BY_GOOGLE) google?.take(name)
  if (google?.take('parts') !== undefined)
    report.dropped(google.pathOf('parts'), 'what tools of the service did is not shown to the model again')
  return google?.text('thought_signature')
}

/** What answers have and no request needs, because it says nothing that the parts do not say. */
const TOLD = [
  'annotations',
  // What the client's own `parse` read in the text.
  'parsed',
  'reasoning_details',
  'provider_specific_fields',
]
const TOLD_BY_GOOGLE = [
  'thought',
  'citation_metadata',
  'grounding_metadata',
  'safety_ratings',
  'url_context_metadata',
]

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
