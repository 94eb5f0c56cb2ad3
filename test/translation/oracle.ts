/**
 * What of a request arrived at a target, judged by what the target received and by nothing that the gateway knows.
 * A text arrives when it stands anywhere in what was received, for each of them is unlike all others; everything else has
 * to stand where the tables below say, and what they do not name does not arrive.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Loss } from '../../src/nouns/translation.ts'
import { covers, type Leaf, leavesOf, saysNothing } from './leaves.ts'
import { asJsonSchema } from './oracle-schema.ts'
import type { Loose } from './schema-requests.ts'

export type Wire = 'chat' | 'responses' | 'anthropic'

interface Arrived {
  readonly wire: Wire
  readonly request: Loose
  readonly bodies: readonly Loose[]
  /** Of the first request. */
  readonly body: Loose
  /** All of it, what is JSON inside strings included. */
  readonly text: string
  readonly objects: readonly unknown[]
  readonly losses: readonly Loss[]
}

/** Paths of what was lost without a word; empty when everything arrived or is on the report. */
export function silentLosses(
  wire: Wire,
  request: Loose,
  bodies: readonly Loose[],
  losses: readonly Loss[],
): string[] {
  const objects: unknown[] = []
  collect(bodies, objects)
  const arrived: Arrived = {
    wire,
    request,
    bodies,
    body: bodies[0] ?? {},
    text: JSON.stringify(objects),
    objects,
    losses,
  }
  return leavesOf(request)
    .filter((leaf) => !saysNothing(leaf) && !losses.some(({ path }) => covers(path, leaf.path)))
    .filter((leaf) => !hasArrived(leaf, arrived) && !arrivedButFor(leaf, arrived, losses))
    .map(({ path, value }) => `${path} = ${JSON.stringify(value)}`)
}

/** Every object and text, and those that are printed inside a text. */
function collect(value: unknown, into: unknown[]): void {
  into.push(value)
  if (typeof value === 'string') collectPrinted(value, into)
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collect(inner, into)
  }
}

function collectPrinted(text: string, into: unknown[]): void {
  if (!/^\s*[[{]/.test(text)) return
  try {
    collect(JSON.parse(text), into)
  } catch {
    // A text like any other.
  }
}

const PART = 'contents[].parts[]'
const CONFIG = 'generationConfig'
const DECLARED = 'tools[].functionDeclarations[]'

type Rule = (leaf: Leaf, arrived: Arrived) => boolean

const anyway: Rule = () => true
const occurs: Rule = ({ value }, { text }) => text.includes(JSON.stringify(value).slice(1, -1))
const asObject: Rule = ({ value }, { objects }) => objects.some((object) => isDeepStrictEqual(object, value))
const asSchema: Rule = ({ value }, { objects }) => {
  const schema = asJsonSchema(value as Loose)
  return objects.some((object) => isDeepStrictEqual(object, schema))
}
/** A function without parameters has an object of none. */
const asParameters: Rule = ({ value }, { objects }) => {
  const schema = { properties: {}, ...asJsonSchema(value as Loose) }
  return objects.some((object) => isDeepStrictEqual(object, schema))
}
/** Google's own answers have no members but those of the schema, so a target may close its objects. */
const asFormat: Rule = (leaf, arrived) => {
  const { value } = leaf
  const closed = { ...asJsonSchema(value as Loose), additionalProperties: false }
  return asSchema(leaf, arrived) || arrived.objects.some((object) => isDeepStrictEqual(object, closed))
}

/** A member of the body that has the same value; names differ by wire, and by vendor. */
const member =
  (names: Partial<Record<Wire, string>>): Rule =>
  ({ value }, { wire, body }) =>
    (names[wire] ?? '').split(' ').some((name) => name !== '' && isDeepStrictEqual(body[name], value))

/** Models that think take one value alone: who asks for that is given it. */
const sampled =
  (name: string): Rule =>
  (leaf, arrived) =>
    member({ chat: name, responses: name, anthropic: name })(leaf, arrived) ||
    (leaf.value === 1 && REASONING.test(String(arrived.body.model)))

const REASONING = /^gpt-5/

const bytes: Rule = ({ value }, { text }) => {
  const decoded = Buffer.from(String(value), 'base64').toString()
  return text.includes(String(value)) || text.includes(decoded)
}

const KINDS: Readonly<Record<string, RegExp>> = {
  'text/csv': /"(?:type":"(?:input_)?text|media_type":"text\/plain)"/,
  'audio/wav': /"format":"wav"/,
  'video/mp4': /"type":"input_video"/,
}
const mimeType: Rule = (leaf, arrived) =>
  occurs(leaf, arrived) || (KINDS[String(leaf.value)]?.test(JSON.stringify(arrived.body)) ?? false)

const uri: Rule = (leaf, arrived) =>
  leaf.value === 'files/known' ? arrived.text.includes('c3RvcmVkLWJ5dGVz') : occurs(leaf, arrived)

const MODES: Readonly<Record<string, RegExp>> = {
  AUTO: /^(?:undefined|"auto"|\{"type":"auto"\})$/,
  NONE: /"none"/,
  ANY: /"(?:required|any)"|"type":"(?:function|tool)"/,
  VALIDATED: /^(?:undefined|"auto"|\{"type":"auto"\})$/,
}
const mode: Rule = ({ value }, { body }) =>
  // Without functions there is nothing to choose from.
  body.tools === undefined || MODES[String(value)]?.test(String(JSON.stringify(body.tool_choice))) === true

const allowed: Rule = ({ value }, { body }) =>
  String(JSON.stringify(body.tool_choice)).includes(`"${value}"`) ||
  JSON.stringify(body.tools).includes(`"${value}"`)

const level: Rule = ({ value }, { wire, body }) => {
  const word = String(value).toLowerCase()
  if (wire === 'chat') return body.reasoning_effort === word
  if (wire === 'responses') return (body.reasoning as Loose | undefined)?.effort === word
  return (body.output_config as Loose | undefined)?.effort === word
}

const budget: Rule = ({ value }, { wire, body }) => {
  const thinking = (body.thinking ?? {}) as Loose
  if (wire === 'anthropic' && value === 0) return body.thinking === undefined || thinking.type === 'disabled'
  if (wire === 'anthropic' && value === -1) return thinking.type === 'adaptive'
  if (wire === 'anthropic') return thinking.budget_tokens === value
  const effort = wire === 'chat' ? body.reasoning_effort : (body.reasoning as Loose | undefined)?.effort
  // A model that never thinks has nothing to be turned off.
  if (value === 0) return effort === 'none' || (effort === undefined && !REASONING.test(String(body.model)))
  return value === -1 && effort === undefined
}

/** The words of a MIME type say no more than the format does, which may be emulated. */
const format: Rule = (_, { body, losses }) => {
  if (losses.some(({ path }) => path.startsWith(`${CONFIG}.response`))) return true
  const native = body.response_format ?? (body.text as Loose | undefined)?.format
  return native !== undefined || (body.output_config as Loose | undefined)?.format !== undefined
}

const logprobs: Rule = ({ value }, { wire, body }) => {
  if (wire === 'chat') return body.logprobs === value
  return wire === 'responses' && JSON.stringify(body.include).includes('message.output_text.logprobs')
}

const candidates: Rule = ({ value }, { wire, body }) => wire === 'chat' && body.n === value

const TIERS: Readonly<Record<string, string>> = { flex: 'flex', priority: 'priority' }
const tier: Rule = ({ value }, { wire, body }) =>
  wire !== 'anthropic' && body.service_tier === TIERS[String(value)]

/** Texts stand with the role of who said them. */
const SPEAKERS: Readonly<Record<string, readonly string[]>> = { user: ['user'], model: ['assistant'] }
const textOfContents: Rule = (leaf, arrived) => {
  if (!occurs(leaf, arrived)) return false
  const index = Number(/^contents\[(\d+)\]/.exec(leaf.path)?.[1])
  const role = String((arrived.request.contents as Loose[])[index]?.role ?? 'user').toLowerCase()
  const messages = (arrived.body.messages ?? arrived.body.input) as Loose[]
  const holder = messages.find((message) => JSON.stringify(message).includes(String(leaf.value)))
  return (SPEAKERS[role] ?? ['user']).includes(String(holder?.role))
}

/** How closely images are looked at, where there are any. */
const resolution: Rule = ({ value }, { wire, text }) => {
  const word =
    value === 'MEDIA_RESOLUTION_LOW' ? 'low' : value === 'MEDIA_RESOLUTION_HIGH' ? 'high' : undefined
  return wire !== 'anthropic' && word !== undefined && text.includes(`"detail":"${word}"`)
}

/** A filter that is turned off is none. */
const safety: Rule = (_, { request }) =>
  (request.safetySettings as Loose[]).every(
    ({ threshold }) => threshold === 'OFF' || threshold === 'BLOCK_NONE',
  )

const server =
  (pattern: RegExp): Rule =>
  ({ value }, { body }) =>
    Object.keys(value as object).length === 0 && pattern.test(JSON.stringify(body.tools ?? []))

/** Where things have to stand, by path. */
const RULES: Readonly<Record<string, Rule>> = {
  'contents[].role': anyway,
  'systemInstruction.role': anyway,
  [`${PART}.text`]: textOfContents,
  [`${PART}.thought`]: () => false,
  [`${PART}.thoughtSignature`]: ({ value }) => value === 'skip_thought_signature_validator',
  [`${PART}.inlineData.mimeType`]: mimeType,
  [`${PART}.inlineData.data`]: bytes,
  [`${PART}.fileData.fileUri`]: uri,
  [`${PART}.fileData.mimeType`]: anyway,
  [`${PART}.functionCall.name`]: occurs,
  [`${PART}.functionCall.id`]: occurs,
  [`${PART}.functionCall.args`]: asObject,
  // A result says whose it is by the call's id, or by its name.
  [`${PART}.functionResponse.name`]: occurs,
  [`${PART}.functionResponse.id`]: occurs,
  [`${PART}.functionResponse.response`]: asObject,
  [`${PART}.functionResponse.parts[].inlineData.mimeType`]: mimeType,
  [`${PART}.functionResponse.parts[].inlineData.data`]: bytes,
  [`${DECLARED}.name`]: occurs,
  [`${DECLARED}.parameters`]: asParameters,
  [`${DECLARED}.parametersJsonSchema`]: asObject,
  'tools[].googleSearch': server(/"web_search/),
  'tools[].urlContext': server(/"web_fetch/),
  'toolConfig.functionCallingConfig.mode': mode,
  'toolConfig.functionCallingConfig.allowedFunctionNames[]': allowed,
  [`${CONFIG}.temperature`]: sampled('temperature'),
  [`${CONFIG}.topP`]: sampled('top_p'),
  [`${CONFIG}.topK`]: member({ chat: 'top_k', anthropic: 'top_k' }),
  [`${CONFIG}.seed`]: member({ chat: 'seed random_seed' }),
  [`${CONFIG}.presencePenalty`]: member({ chat: 'presence_penalty' }),
  [`${CONFIG}.frequencyPenalty`]: member({ chat: 'frequency_penalty' }),
  [`${CONFIG}.maxOutputTokens`]: member({
    chat: 'max_completion_tokens max_tokens',
    responses: 'max_output_tokens',
    anthropic: 'max_tokens',
  }),
  [`${CONFIG}.stopSequences`]: member({ chat: 'stop', anthropic: 'stop_sequences' }),
  [`${CONFIG}.candidateCount`]: candidates,
  [`${CONFIG}.responseLogprobs`]: logprobs,
  [`${CONFIG}.logprobs`]: member({ chat: 'top_logprobs', responses: 'top_logprobs' }),
  [`${CONFIG}.responseMimeType`]: format,
  [`${CONFIG}.responseFormat[].text.mimeType`]: format,
  [`${CONFIG}.responseSchema`]: asFormat,
  [`${CONFIG}.responseJsonSchema`]: asObject,
  [`${CONFIG}.responseFormat[].text.schema`]: asObject,
  // Whether thoughts come back is our own matter, where the target thinks.
  [`${CONFIG}.thinkingConfig.includeThoughts`]: anyway,
  [`${CONFIG}.thinkingConfig.thinkingBudget`]: budget,
  [`${CONFIG}.thinkingConfig.thinkingLevel`]: level,
  [`${CONFIG}.mediaResolution`]: resolution,
  'safetySettings[].category': safety,
  'safetySettings[].threshold': safety,
  store: member({ chat: 'store', responses: 'store' }),
  cachedContent: (_, { text }) => text.includes('zq-cached-q'),
  serviceTier: tier,
}

function hasArrived(leaf: Leaf, arrived: Arrived): boolean {
  const rule = RULES[leaf.pattern]
  if (rule !== undefined) return rule(leaf, arrived)
  // A text that may be anything is unlike all others: it is enough that it is there.
  return typeof leaf.value === 'string' && /zq\d+q/.test(leaf.value) && occurs(leaf, arrived)
}

/** Where a part of a whole thing is on the report, and the rest has arrived. */
function arrivedButFor({ path, value }: Leaf, arrived: Arrived, losses: readonly Loss[]): boolean {
  const inside = losses.filter((loss) => covers(path, loss.path))
  if (inside.length === 0 || typeof value !== 'object' || value === null) return false
  return leavesOf(value)
    .filter((leaf) => !inside.some((loss) => covers(loss.path, joined(path, leaf.path))))
    .filter(({ value: text }) => typeof text === 'string' && /zq\d+q/.test(text))
    .every((leaf) => occurs(leaf, arrived))
}

const joined = (path: string, inner: string): string =>
  inner.startsWith('[') ? path + inner : `${path}.${inner}`
