/** What the sandbox's own tests share: a Call made of a body, and an answer taken to its end. */

import { GatewayError } from '../../errors.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Answer, Call, Caller, Upstream, Verb } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { createSandboxUpstream } from './upstream.ts'

export const NOW = new Date('2026-11-20T10:11:12.345Z')

export const CALLER: Caller = {
  ...{ keyId: 'test', name: 'test', models: [], limits: {} },
  ...{ project: undefined, isBudgeted: false },
}

/** A library without a book. */
export const EMPTY_LIBRARY: Library = {
  file: async (_caller, uri) => {
    throw new GatewayError(
      'permission_denied',
      `You do not have permission to access the File ${uri} or it may not exist.`,
    )
  },
  cachedContent: async () => {
    throw new GatewayError('permission_denied', 'CachedContent not found (or permission denied)')
  },
  documents: async () => [],
}

export const sandbox: Upstream = createSandboxUpstream({
  name: 'sandbox',
  now: () => NOW,
  library: EMPTY_LIBRARY,
})

/** A Call as the Gemini dialect makes it; `body` is the parsed document. */
export function callOf(verb: Verb, model: string, body: unknown): Call {
  const bytes = Buffer.from(JSON.stringify(body))
  return {
    id: 'test',
    verb,
    model,
    apiVersion: 'v1beta',
    delivery: verb === 'streamGenerateContent' ? 'sse' : 'unary',
    credential: undefined,
    wire: 'gemini',
    body: bytes,
    document: () => body as Record<string, unknown>,
    facts: {
      maxOutputTokens: undefined,
      candidateCount: 1,
      thinkingBudget: undefined,
      items: 1,
      bodyBytes: bytes.length,
      ...{ mediaBytes: 0, mediaParts: 0, imageBytes: 0, imageParts: 0 },
      ...{ usesStored: false, usesSearch: false, hasFormat: false },
    },
    ...{ tags: undefined, idempotencyKey: undefined, tier: 'standard' as const, isStrict: false },
    forwardHeaders: {},
    forwardQuery: '',
    receivedAtMs: 0,
    deadlineAtMs: undefined,
    clientLeft: () => false,
  } satisfies Omit<Call, never>
}

export function send(verb: Verb, model: string, body: unknown): Promise<Answer> {
  return sandbox.send(
    callOf(verb, model, body),
    { upstream: sandbox, model, credential: 0, price: undefined, thinking: 'pass' },
    CALLER,
  )
}

/** Every response of an answer, in order. */
export function drain(answer: Answer): GenerateContentResponse[] {
  const responses: GenerateContentResponse[] = []
  const take = (chunk: { readonly response?: GenerateContentResponse | undefined } | undefined): void => {
    if (chunk?.response) responses.push(chunk.response)
  }
  let ends = 0
  answer.source.start({
    weigh: () => 0,
    chunk: take,
    end(last) {
      take(last)
      ends++
    },
    fail(error) {
      throw error
    },
  })
  if (ends !== 1) throw new Error(`the source ended ${ends} times`)
  return responses
}

export async function unary(model: string, body: unknown): Promise<GenerateContentResponse> {
  return drain(await send('generateContent', model, body))[0]!
}

export async function stream(model: string, body: unknown): Promise<GenerateContentResponse[]> {
  return drain(await send('streamGenerateContent', model, body))
}

/** The visible text of one candidate over all responses. */
export function textOfCandidate(responses: readonly GenerateContentResponse[], index = 0): string {
  return responses
    .flatMap((response) => response.candidates ?? [])
    .filter((candidate) => candidate.index === index)
    .flatMap((candidate) => candidate.content?.parts ?? [])
    .filter((part) => part.thought !== true)
    .map((part) => part.text ?? '')
    .join('')
}

/** A real image of one pixel. */
export const PIXEL_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** A body with one user turn. */
export function asking(text: string, others: Record<string, unknown> = {}): Record<string, unknown> {
  return { contents: [{ role: 'user', parts: [{ text }] }], ...others }
}
