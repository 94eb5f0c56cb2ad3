/** What a case of the features is given: one version of `@google/genai`, a client of it, and a folder. */
import assert from 'node:assert/strict'
import type { Content, GenerateContentResponse, GoogleGenAI, Part } from 'genai-3'

export type Sdk = typeof import('genai-3')

export interface FeatureRig {
  readonly sdk: Sdk
  /** The major version of the client. */
  readonly major: 1 | 2 | 3
  readonly ai: GoogleGenAI
  /** A folder of this case's own. */
  readonly folder: string
}

export interface FeatureCase {
  readonly name: string
  /** Major versions whose client offers this to an API key at all; all of them when left out. */
  readonly majors?: readonly FeatureRig['major'][]
  run(rig: FeatureRig): Promise<void>
}

/** Steered by budget, without signatures. */
export const FLASH = 'gemini-2.5-flash'
/** Signs what it says, and wants the signatures back. */
export const PRO = 'gemini-3.1-pro-preview'

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

export function joined(chunks: readonly GenerateContentResponse[]): string {
  return chunks.map(({ text }) => text ?? '').join('')
}

export function partsOf(answer: GenerateContentResponse | undefined): Part[] {
  return answer?.candidates?.[0]?.content?.parts ?? []
}

/** All parts of a stream, in order, as a client would send them back. */
export function contentOf(chunks: readonly GenerateContentResponse[]): Content {
  return { role: 'model', parts: chunks.flatMap(partsOf) }
}

/** Exactly one end, in the last chunk; the same answer in all of them; usage that adds up. */
export function checkStream(chunks: readonly GenerateContentResponse[], finishReason = 'STOP'): void {
  assert.ok(chunks.length >= 2, `a stream of ${chunks.length} chunks`)
  const reasons = chunks.map((chunk) => chunk.candidates?.[0]?.finishReason)
  assert.deepEqual(reasons, [...reasons.slice(1).map(() => undefined), finishReason])
  assert.equal(new Set(chunks.map(({ responseId }) => responseId)).size, 1)
  checkUsage(chunks.at(-1))
}

export function checkUsage(answer: GenerateContentResponse | undefined): void {
  const usage = answer?.usageMetadata
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage ?? {}
  assert.ok(promptTokenCount > 0, JSON.stringify(usage))
  const sum =
    promptTokenCount + candidatesTokenCount + thoughtsTokenCount + (usage?.toolUsePromptTokenCount ?? 0)
  assert.equal(usage?.totalTokenCount, sum, JSON.stringify(usage))
}

/** What a client throws when the gateway answers 400, with Google's text inside. */
export function refusedWith(sdk: Sdk, text: RegExp, status = 400) {
  return (error: unknown) => {
    assert.ok(error instanceof sdk.ApiError, String(error))
    assert.equal(error.status, status)
    assert.match((JSON.parse(error.message) as { error: { message: string } }).error.message, text)
    return true
  }
}
