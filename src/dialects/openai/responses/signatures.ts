/**
 * Signatures of Gemini's as `encrypted_content` of a reasoning item: opaque to the client, which sends it back where it
 * stood. The mark says which part it belongs to, because a stream may learn of it only behind that part, and tells ours
 * from those of other services.
 */
import type { Json } from '../values.ts'

/** `next`: of the part that the next item is; `last`: of the part right before it. */
export type SignedPart = 'next' | 'last'

const MARK = /^wasat\.(next|last)\.(.+)$/s

export function sealed(part: SignedPart, signature: string): string {
  return `wasat.${part}.${signature}`
}

export interface Signed {
  readonly part: SignedPart
  readonly signature: string
}

/** Undefined for what another service wrote. */
export function opened(content: string): Signed | undefined {
  const [, part, signature] = MARK.exec(content) ?? []
  return signature === undefined ? undefined : { part: part as SignedPart, signature }
}

export function reasoningItem(id: string, summary: readonly Json[], content: string | undefined): Json {
  return { id, type: 'reasoning', summary, ...(content !== undefined && { encrypted_content: content }) }
}
