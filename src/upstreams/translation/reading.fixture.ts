/** What the tests of reading share: a target with narrow rules, a library with one file and one cache, and calls. */
import { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import type { Library, StoredFile } from '../../nouns/resources.ts'
import type { Loss } from '../../nouns/translation.ts'
import type { Call, Caller, Verb } from '../../nouns.ts'
import type { Conversation, TargetRules } from './conversation.ts'
import type { FunctionNames } from './names.ts'
import { type ReadOptions, readConversation, readCountable } from './read.ts'
import type { Seals } from './seals.ts'

export const RULES: TargetRules = {
  functionName: /^[a-zA-Z_][a-zA-Z0-9_-]*$/,
  functionNameCharsMax: 20,
  callId: /^[a-zA-Z0-9_-]{1,40}$/,
  makeCallId: (digest) => `call_${digest}`,
}

/** `own:<json>` is this target's, `foreign:` another's, `broken:` was tampered with. */
export const SEALS: Seals = {
  seal: (_origin, state) => `own:${JSON.stringify(state)}`,
  open(_origin, signature) {
    const text = Buffer.from(signature, 'base64').toString('utf8')
    if (text.startsWith('own:')) return { kind: 'own', state: JSON.parse(text.slice(4)) }
    if (text.startsWith('broken:')) {
      throw new GatewayError('invalid_argument', 'Corrupted thought signature.')
    }
    return { kind: text.startsWith('foreign:') ? 'foreign' : 'unknown' }
  },
}

/** A signature as `SEALS` reads it. */
export function signature(text: string): string {
  return Buffer.from(text).toString('base64')
}

export const CALLER: Caller = {
  ...{ keyId: 'test', name: 'test', models: [], limits: {} },
  ...{ project: undefined, isBudgeted: false },
}

function storedFile(name: string, mimeType: string, bytes: Buffer, sizeBytes = bytes.length): StoredFile {
  return { name, mimeType, sizeBytes, read: async () => bytes }
}

const FILES: ReadonlyMap<string, StoredFile> = new Map([
  ['pixel', storedFile('files/pixel', 'image/png', Buffer.from('pixel'))],
  ['huge', storedFile('files/huge', 'video/mp4', Buffer.from('x'), 101 * 1024 * 1024)],
  ['odd', storedFile('files/odd', 'application/octet-stream', Buffer.from('x'))],
])

/** `cachedContents/known` is whatever a test says. */
export function libraryOf(document: Readonly<Record<string, unknown>> = {}): Library {
  return {
    file: async (_caller, uri) => {
      const file = FILES.get(uri.slice(uri.lastIndexOf('/') + 1))
      if (file !== undefined) return file
      throw new GatewayError(
        'permission_denied',
        'You do not have permission to access the File or it may not exist.',
      )
    },
    cachedContent: async (_caller, name) => {
      if (name === 'cachedContents/known') return { name, model: 'models/m', document }
      throw new GatewayError('permission_denied', 'CachedContent not found (or permission denied)')
    },
    documents: async () => [],
  }
}

/** Only what reading looks at. */
function callOf(verb: Verb, body: unknown): Call {
  const call: Partial<Call> = { verb, model: 'm', document: () => body as Record<string, unknown> }
  return call as Call
}

export interface Read {
  readonly conversation: Conversation
  readonly names: FunctionNames
  readonly report: Report
  readonly losses: readonly Loss[]
  /** The paths of the losses. */
  readonly lost: readonly string[]
}

async function read(
  reader: typeof readConversation,
  verb: Verb,
  body: unknown,
  options: Partial<ReadOptions>,
): Promise<Read> {
  const report = new Report('target')
  const given: ReadOptions = {
    ...{ model: 'm', rules: RULES, caller: CALLER, library: libraryOf(), seals: SEALS },
    ...{ origin: 'target/m', report },
    ...options,
  }
  const result = await reader(callOf(verb, body), given)
  const losses = report.losses()
  return { ...result, report, losses, lost: losses.map(({ path }) => path) }
}

export function readBody(body: unknown, options: Partial<ReadOptions> = {}): Promise<Read> {
  return read(readConversation, 'generateContent', body, options)
}

export function readCount(body: unknown, options: Partial<ReadOptions> = {}): Promise<Read> {
  return read(readCountable, 'countTokens', body, options)
}

/** The error of a request that is refused, as `field: message`. */
export async function refusalOf(body: unknown, options: Partial<ReadOptions> = {}): Promise<string> {
  try {
    await readBody(body, options)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const [detail] = error.details as { fieldViolations?: { field?: string }[] }[]
    return `${error.http} ${detail?.fieldViolations?.[0]?.field ?? ''}: ${error.message}`
  }
  throw new Error('it was not refused')
}

export function user(...parts: object[]): object {
  return { role: 'user', parts }
}

export function model(...parts: object[]): object {
  return { role: 'model', parts }
}

export function call(name: string, args: object = {}, id?: string): object {
  return { functionCall: { name, args, ...(id !== undefined && { id }) } }
}

export function response(name: string, answer: object = {}, id?: string): object {
  return { functionResponse: { name, response: answer, ...(id !== undefined && { id }) } }
}
