/** What a case of `@google/genai` is given, and what several of them need. */
import assert from 'node:assert/strict'
import type { GoogleGenAI } from 'genai-3'
import type { Backend } from './backends.ts'

export interface Rig {
  readonly backend: Backend
  readonly client: GoogleGenAI
  /** The same client with another key. */
  clientWithKey(key: string): GoogleGenAI
  /** The class that this version throws for an answer that is an error. */
  readonly ApiError: new (
    ...words: never[]
  ) => Error
  /** The version that this client puts into its paths by itself. */
  readonly apiVersion: string
}

export interface SdkCase {
  readonly name: string
  run(rig: Rig): Promise<void>
}

export const MODEL = 'gemini-2.5-flash'
export const EMBEDDING_MODEL = 'gemini-embedding-001'
export const PROMPT = 'Why is the sky blue?'

/** Accepts an error of the SDK's own class, with the status and Google's text inside. */
export function isApiError(ApiError: Rig['ApiError'], status: number, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ApiError, String(error))
    assert.equal((error as Error & { status: number }).status, status)
    const body = JSON.parse(error.message) as { error: { code: number; message: string; status: string } }
    assert.equal(body.error.code, status)
    assert.match(body.error.message, message)
    return true
  }
}
