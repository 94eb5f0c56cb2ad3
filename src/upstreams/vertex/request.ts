/** Call → the request that goes to Vertex: the same bytes wherever both read them alike. */
import type { Call, Target } from '../../nouns.ts'
import { type Member, parsedAt, removals, rootOf, withEdits } from '../../wire/json-spans.ts'
import type { OutgoingRequest } from '../http/pool.ts'
import { camelCase, childIn, memberIn, type Place, pathTo, placeAt } from '../native/places.ts'
import { expanded } from './cache.ts'
import type { Access } from './credentials.ts'
import { type Context, editsOf } from './differences.ts'
import { type Endpoint, modelPath } from './endpoint.ts'

/** A request's body and what of it is said in the headers. */
export interface Prepared {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const TIER_HEADER = 'x-vertex-ai-llm-shared-request-type'
const TIERS: ReadonlySet<string> = new Set(['flex', 'priority'])
/** What Vertex counts; in the developer API's own words a whole request may be given. */
const COUNTED: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'generationConfig',
  'instances',
])

/** For `generateContent`, `streamGenerateContent` and `countTokens`. Throws `untranslatable`, and Google's 400 and 403. */
export async function prepare(call: Call, target: Target, context: Context): Promise<Prepared> {
  const models = [call.model, target.model]
  if (call.verb === 'countTokens') return { body: await countable(call.body, models, context), headers: {} }
  const rootIn = (json: Buffer) => placeAt(json, rootOf(json), '')
  const request = rootIn(call.body)
  const headers = context.isVertexShaped ? {} : tierHeader(call.body, request)
  const edited = withEdits(call.body, await editsOf(call.body, request, context))
  if (memberIn(request, 'cachedContent') === undefined) return { body: edited, headers }
  return { body: await expanded(edited, rootIn(edited), models, context), headers }
}

/** `{generateContentRequest: {contents, tools, …}}` → `{contents, tools}`. */
async function countable(body: Buffer, models: readonly string[], context: Context): Promise<Buffer> {
  const root = placeAt(body, rootOf(body), '')
  const wrapped = childIn(body, root, 'generateContentRequest')
  const path = wrapped?.path ?? ''
  const start = wrapped?.start ?? root.start
  const end = memberIn(root, 'generateContentRequest')?.end ?? body.length
  const bare = wrapped === undefined ? body : body.subarray(start, end)
  const at = (json: Buffer) => placeAt(json, rootOf(json), path)
  const edited = withEdits(bare, await editsOf(bare, at(bare), context))
  const whole = await expanded(edited, at(edited), models, context)
  return context.isVertexShaped ? whole : withoutUncounted(whole, at(whole), context)
}

function withoutUncounted(json: Buffer, request: Place, { report }: Context): Buffer {
  const isUncounted = (member: Member) => !COUNTED.has(camelCase(member.name))
  for (const member of request.members.filter(isUncounted)) {
    report.dropped(pathTo(request, camelCase(member.name)), 'Vertex AI counts without it')
  }
  return withEdits(json, removals(request.members, isUncounted))
}

/** Flex and priority are asked for by a header there. */
function tierHeader(json: Buffer, request: Place): Record<string, string> {
  const member = memberIn(request, 'serviceTier')
  const tier = member === undefined ? '' : String(parsedAt(json, member)).toLowerCase()
  return TIERS.has(tier) ? { [TIER_HEADER]: tier } : {}
}

export function buildRequest(
  call: Call,
  { verb, model, access, endpoint }: { verb: string; model: string; access: Access; endpoint: Endpoint },
  { body, headers }: Prepared,
): OutgoingRequest {
  const alt = call.delivery === 'sse' ? 'alt=sse' : ''
  const query = [alt, call.forwardQuery].filter((part) => part !== '').join('&')
  const path = modelPath(endpoint, call.apiVersion, access.project, model)
  return {
    method: 'POST',
    path: `${path}:${verb}${query && `?${query}`}`,
    headers: {
      'content-type': 'application/json',
      ...call.forwardHeaders,
      ...headers,
      // Asked for as it is, so that what we read on the side is what the client gets.
      'accept-encoding': 'identity',
      ...access.headers,
    },
    body,
  }
}
