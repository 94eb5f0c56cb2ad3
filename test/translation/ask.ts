/** Sends one request to one upstream in this process, as the line does, and takes the answer to its end. */

import { createGeminiDialect } from '../../src/dialects/gemini/dialect.ts'
import { errorBody } from '../../src/dialects/gemini/errors.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Library } from '../../src/nouns/resources.ts'
import type { Loss } from '../../src/nouns/translation.ts'
import { bodyOf, CALLER, requestOf } from '../../src/nouns.fixture.ts'
import type { Call, Chunk, Upstream } from '../../src/nouns.ts'
import { createAnthropicUpstream } from '../../src/upstreams/anthropic/upstream.ts'
import { createOpenAiUpstream } from '../../src/upstreams/openai/upstream.ts'
import { createSeals } from '../../src/upstreams/translation/seals.ts'
import { createVertexUpstream } from '../../src/upstreams/vertex/upstream.ts'
import type { CaseTarget, Json, Step } from './case.ts'

const dialect = createGeminiDialect({ depth: 200, nodes: 1_000_000, keysPerObject: 10_000 })
export const TIMEOUTS = {
  ...{ connect: 2_000, firstByte: 5_000, streamFirstByte: 5_000 },
  ...{ streamIdle: 5_000, streamTotal: 10_000 },
}
export const UPSTREAM_KEY = 'the-upstream-key'

type Seals = ReturnType<typeof createSeals>

/** Signatures of one installation. */
export function newSeals(): Seals {
  const seals = createSeals()
  seals.use(Buffer.alloc(32, 7))
  return seals
}

/** The upstream that the gateway would make of such a section, at another address. */
export function upstreamFor(target: CaseTarget, origin: string, library: Library, seals: Seals): Upstream {
  const shared = { keys: [UPSTREAM_KEY], timeouts: TIMEOUTS, connectionsMax: 8, library, seals }
  if (target.kind === 'anthropic') {
    return createAnthropicUpstream({ ...shared, name: 'claude', baseUrl: origin })
  }
  if (target.kind === 'vertex') {
    const { project, location = 'global' } = target
    return createVertexUpstream({ ...shared, name: 'vertex', project, location, baseUrl: origin })
  }
  return createOpenAiUpstream({
    ...{ ...shared, name: 'other', vendor: target.vendor ?? 'openai', baseUrl: `${origin}/v1` },
    flags: (target.flags ?? {}) as NonNullable<Parameters<typeof createOpenAiUpstream>[0]['flags']>,
  })
}

/** What a client has stored with us, as a step says. */
export function libraryOf({ files = {}, caches = {} }: Pick<Step, 'files' | 'caches'>): Library {
  return {
    file: async (_, uri) => {
      const name = /files\/[^/:?]+$/.exec(uri)?.[0] ?? ''
      const file = files[name]
      if (file === undefined) throw new GatewayError('permission_denied', `No access to the File ${uri}.`)
      const bytes = Buffer.from(file.data, 'base64')
      const read = async (start?: number, end?: number) => bytes.subarray(start, end)
      return { name, mimeType: file.mimeType, sizeBytes: bytes.length, read }
    },
    cachedContent: async (_, name) => {
      const document = caches[name]
      if (document === undefined) {
        throw new GatewayError('permission_denied', 'CachedContent not found (or permission denied)')
      }
      return { name, model: String(document.model), document }
    },
    documents: async () => [],
  }
}

/** The call that a client's request becomes. */
export async function callOf({ model, verb, headers = {}, request }: Asked): Promise<Call> {
  const alt = verb === 'streamGenerateContent' ? '?alt=sse' : ''
  const heard = requestOf(`/v1beta/models/${model}:${verb}${alt}`, {
    headers: { 'content-type': 'application/json', ...headers },
    ...bodyOf(JSON.stringify(request)),
  })
  return dialect.decode(heard, dialect.open(heard), CALLER)
}

type Asked = Pick<Step, 'model' | 'verb' | 'headers'> & { readonly request: unknown }

export interface Outcome {
  /** Chunks in order; a failure is `{"error"}` at the end. */
  readonly chunks: readonly Json[]
  readonly losses: readonly Loss[]
  /** What was thrown or failed. */
  readonly error: unknown
}

export async function ask(upstream: Upstream, asked: Asked): Promise<Outcome> {
  const chunks: Json[] = []
  let losses: () => readonly Loss[] = () => []
  try {
    const call = await callOf(asked)
    const target = {
      upstream,
      model: asked.model,
      credential: 0,
      price: undefined,
      thinking: 'pass' as const,
    }
    const answer = await upstream.send(call, target, CALLER)
    losses = () => answer.translation?.losses() ?? []
    await drained(answer, (chunk) => chunks.push(...jsonOf(chunk)))
    return { chunks, losses: losses(), error: undefined }
  } catch (error) {
    return { chunks: [...chunks, plain(errorBody(error))], losses: losses(), error }
  }
}

function drained(
  { source }: Awaited<ReturnType<Upstream['send']>>,
  take: (chunk: Chunk) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    source.start({
      weigh: () => 0,
      chunk: take,
      end(last) {
        if (last !== undefined) take(last)
        resolve()
      },
      fail: reject,
    })
  })
}

/** Objects as they are printed; native bytes parsed, event by event. */
function jsonOf({ response, bytes }: Chunk): Json[] {
  if (response !== undefined) return [plain(response)]
  const text = bytes.toString()
  if (!text.startsWith('data:')) return [JSON.parse(text)]
  return text.split(/\r?\n\r?\n/).flatMap((event) => (event === '' ? [] : [JSON.parse(event.slice(5))]))
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value))
}
