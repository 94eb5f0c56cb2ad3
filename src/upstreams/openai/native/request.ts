/** A client's request in this wire on its way out: the same bytes, but for the model's name. */
import { HOP_HEADER } from '../../../nouns/headers.ts'
import type { Call, Caller, WireFormat } from '../../../nouns.ts'
import { type Edit, type Member, membersOf, parsedAt, rootOf, withEdits } from '../../../wire/json-spans.ts'
import type { Outgoing } from '../../translation/outgoing.ts'
import type { VendorFlags } from '../vendor.ts'

const PATHS: Readonly<Record<Exclude<WireFormat, 'gemini'>, string>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'openai-embeddings': '/embeddings',
  'openai-images': '/images/generations',
}

/** What of the client's headers goes on; the rest says who the client is, or was meant for us. */
const FORWARDED = [HOP_HEADER, 'traceparent', 'tracestate', 'user-agent'] as const

/** Whose streams are asked for their usage although the client did not ask. */
export type StreamUsage = 'budgeted' | 'always' | 'never'

/**
 * Whether a call of that wire is taken as it is. Of chat completions only the operator may say that there are none: where
 * we would choose another API for a model's sake, the client has chosen. A server without pictures says so itself.
 */
export function isSpoken(wire: WireFormat, flags: VendorFlags): boolean {
  switch (wire) {
    case 'openai-chat':
      return flags.api !== 'responses'
    case 'openai-responses':
      return flags.hasResponses || flags.api === 'responses'
    case 'openai-embeddings':
      return flags.hasEmbeddings
    default:
      return true
  }
}

/**
 * A server that knows the older name alone answers without a limit when it is given the newer one. Who knows the newer one
 * keeps to the older one as well, or refuses it.
 */
export function mayIgnoreLimit({ wire, body }: Call, { maxTokensField }: VendorFlags): boolean {
  if (wire !== 'openai-chat' || maxTokensField !== 'max_tokens') return false
  return !membersOf(body, rootOf(body)).some(({ name }) => name === maxTokensField)
}

export interface NativeRequest extends Outgoing {
  /** Whether usage was asked for that the client did not ask for, and is not to see. */
  readonly hasAddedUsage: boolean
}

export interface NativeRequestOptions {
  readonly model: string
  readonly flags: VendorFlags
  readonly streamUsage: StreamUsage
  readonly caller: Pick<Caller, 'isBudgeted'>
}

export function nativeRequest(call: Call, options: NativeRequestOptions): NativeRequest {
  const { body, wire, forwardHeaders } = call
  const root = rootOf(body)
  const members = membersOf(body, root)
  const usage = asksForUsage(call, options) ? usageEdits(body, root, members) : []
  const headers = FORWARDED.flatMap((name) => {
    const value = forwardHeaders[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    path: PATHS[wire as keyof typeof PATHS],
    headers: Object.fromEntries(headers),
    body: withEdits(body, [...modelEdits(body, members, options.model), ...usage]),
    hasAddedUsage: usage.length > 0,
  }
}

/** Wherever it stands, should it stand there twice: whoever reads it finds the same. */
function modelEdits(body: Buffer, members: readonly Member[], model: string): Edit[] {
  return members
    .filter((member) => member.name === 'model' && parsedAt(body, member) !== model)
    .map(({ start, end }) => ({ start, end, text: JSON.stringify(model) }))
}

function asksForUsage(call: Call, { flags, streamUsage, caller }: NativeRequestOptions): boolean {
  if (call.wire !== 'openai-chat' || call.delivery === 'unary' || !flags.hasStreamOptions) return false
  return streamUsage === 'always' || (streamUsage === 'budgeted' && caller.isBudgeted)
}

const ASKED = '"include_usage":true'

/** None when the client asks for it itself, or for something that the upstream is to judge. */
function usageEdits(body: Buffer, root: number, members: readonly Member[]): Edit[] {
  const options = members.findLast(({ name }) => name === 'stream_options')
  if (options === undefined) {
    return [memberAt(root, `"stream_options":{${ASKED}}`, members.length > 0)]
  }
  const value = parsedAt(body, options)
  if (value === null) return [{ ...spanOf(options), text: `{${ASKED}}` }]
  if (typeof value !== 'object' || Array.isArray(value)) return []
  const inner = membersOf(body, options.start)
  const asked = inner.filter(({ name }) => name === 'include_usage')
  if (asked.length === 0) return [memberAt(options.start, ASKED, inner.length > 0)]
  return asked
    .filter((member) => parsedAt(body, member) !== true)
    .map((member) => ({ ...spanOf(member), text: 'true' }))
}

/** As the first member of the object that begins there. */
function memberAt(object: number, text: string, hasOthers: boolean): Edit {
  return { start: object + 1, end: object + 1, text: hasOthers ? `${text},` : text }
}

const spanOf = ({ start, end }: Member) => ({ start, end })
