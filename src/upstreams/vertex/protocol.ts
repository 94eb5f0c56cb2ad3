/** Gemini's own wire as Vertex speaks it; the little that its answers say otherwise. */
import { GatewayError } from '../../errors.ts'
import type { Answer, Call, Chunk } from '../../nouns.ts'
import { type Edit, withEdits } from '../../wire/json-spans.ts'
import type { Protocol } from '../http/exchange.ts'
import { jsonOrUndefined } from '../http/json.ts'
import { detailsOf } from '../native/errors.ts'
import { childIn, listIn, memberIn, placeAt } from '../native/places.ts'
import { nativeProtocol } from '../native/protocol.ts'

/** About our account and not about the client's request. Their texts name our project. */
const ACCOUNT_REASONS: ReadonlySet<string> = new Set([
  'ACCESS_TOKEN_EXPIRED',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  'ACCESS_TOKEN_TYPE_UNSUPPORTED',
  'ACCOUNT_STATE_INVALID',
  'BILLING_DISABLED',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
  'IAM_PERMISSION_DENIED',
  'USER_PROJECT_DENIED',
])

export function vertexProtocol(
  name: string,
  call: Pick<Call, 'delivery' | 'facts' | 'apiVersion'>,
  translation?: Answer['translation'],
): Protocol {
  const native = nativeProtocol(name, call, translation)
  const guarded: Protocol = {
    ...native,
    refusal: (status, headers, body) =>
      status === 403 && isAboutAccount(body)
        ? refusedAccount(name, status)
        : native.refusal(status, headers, body),
  }
  return isDeveloper(call) && call.delivery !== 'array' ? withCitationSources(guarded) : guarded
}

/** Whose SDK asks: versions that only the developer API has. */
function isDeveloper({ apiVersion }: Pick<Call, 'apiVersion'>): boolean {
  return apiVersion === 'v1beta' || apiVersion === 'v1alpha'
}

function isAboutAccount(body: Buffer): boolean {
  return detailsOf(jsonOrUndefined(body)).some(
    ({ reason }) => typeof reason === 'string' && ACCOUNT_REASONS.has(reason),
  )
}

function refusedAccount(name: string, status: number): GatewayError {
  return new GatewayError(
    'upstream_refused_credential',
    `The upstream ${name} refused the gateway's credential.`,
    { hint: `${name}: check the roles and the billing of this upstream's project (it answered ${status})` },
  )
}

const CITATIONS = Buffer.from('"citationMetadata"')

/**
 * Citations go by two names, and SDKs of the developer API leave out what goes by Vertex's.
 * An answer in an array, or of more than a quarter of a MiB, passes as it is: there a name could be cut in two.
 */
function withCitationSources(protocol: Protocol): Protocol {
  const renamed = (chunk: Chunk): Chunk =>
    chunk.bytes?.includes(CITATIONS) ? { bytes: renameCitations(chunk.bytes) } : chunk
  return {
    ...protocol,
    reader: (pass, eventBytesMax) => {
      const reader = protocol.reader((chunk) => pass(renamed(chunk)), eventBytesMax)
      return {
        write: (piece) => reader.write(piece),
        end: () => {
          const last = reader.end()
          return last && renamed(last)
        },
        reading: () => reader.reading(),
        get isEmpty() {
          return reader.isEmpty ?? false
        },
        get events() {
          return reader.events
        },
      }
    },
    headers: (headers, status) => {
      const { 'content-length': _, ...visible } = protocol.headers(headers, status)
      return visible
    },
  }
}

/** In whole answers, or whole events of a stream. */
export function renameCitations(bytes: Buffer): Buffer {
  const edits: Edit[] = []
  let renamedTo = -1
  for (let at = bytes.indexOf(CITATIONS); at >= 0; at = bytes.indexOf(CITATIONS, at + 1)) {
    const start = startOfAnswer(bytes, at)
    // Several candidates of one answer were renamed with the first.
    if (start < 0 || start <= renamedTo) continue
    renamedTo = start
    for (const candidate of listIn(bytes, placeAt(bytes, start, ''), 'candidates')) {
      const metadata = childIn(bytes, candidate, 'citationMetadata')
      const citations = metadata && memberIn(metadata, 'citations')
      if (citations === undefined) continue
      const end = citations.nameStart + '"citations"'.length
      edits.push({ start: citations.nameStart, end, text: '"citationSources"' })
    }
  }
  return withEdits(bytes, edits)
}

/** Of the answer, or of the event, that holds what stands at `at`. */
function startOfAnswer(bytes: Buffer, at: number): number {
  const line = bytes.lastIndexOf(0x0a, at) + 1
  const isEvent = bytes.toString('latin1', line, line + 5) === 'data:'
  const start = bytes.indexOf(0x7b, isEvent ? line : 0)
  return start < at ? start : -1
}
