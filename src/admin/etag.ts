import { createHash } from 'node:crypto'
import { Refusal } from './problem.ts'

const DIGEST_LENGTH = 22
const ETAG = /(W\/)?"([\x21\x23-\x7e]*)"/g

/** Of what an operator sees and can set: the same for as long as nobody changed it. */
export function etagOf(shape: object): string {
  const digest = createHash('sha256').update(JSON.stringify(shape)).digest('base64url')
  return `"${digest.slice(0, DIGEST_LENGTH)}"`
}

/** Throws the 412 of two operators at one thing; a weak tag never matches, as RFC 9110 says. */
export function requireMatch(ifMatch: string, etag: string): void {
  if (ifMatch.trim() === '*') return
  for (const [tag, weak] of ifMatch.matchAll(ETAG)) if (weak === undefined && tag === etag) return
  throw new Refusal(412, 'It was changed in the meantime: read it again, and send the new ETag as If-Match.')
}
