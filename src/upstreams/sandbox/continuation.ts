/**
 * Long answers of Gemini 4: one request tells so many tokens at most, then ends with CONTINUATION and a token; the same
 * request with that token goes on where it ended.
 */
import { GatewayError } from '../../errors.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { digestOf } from './digest.ts'
import type { SandboxModel } from './models.ts'

type Request = GeminiMessage<'GenerateContentRequest'>

const CONTINUES_SINCE_FAMILY = 4
const UNARY_TOKENS_MAX = 32_768
const STREAM_TOKENS_MAX = 65_536
/** Lowers the limit for a test: `sandbox:hop=100` in the prompt. */
const HOP_PHRASE = /\bsandbox:hop=(\d{1,5})\b/
const DIGEST_BYTES = 16
const TOKEN_BYTES = DIGEST_BYTES + 4

/** The stretch of an answer that one request tells. */
export interface Hop {
  /** Tokens that were told before. */
  readonly from: number
  readonly tokensMax: number
  /** The token for a request that goes on after so many tokens in all. */
  tokenAfter(tokens: number): string
}

/** Undefined for a model that tells its answer in one go. Throws for a token that is not of this very request. */
export function hopOf(request: Request, model: SandboxModel, isStream: boolean): Hop | undefined {
  const { continuationToken, ...same } = request
  if (model.family < CONTINUES_SINCE_FAMILY) {
    if (!continuationToken) return undefined
    throw new GatewayError('invalid_argument', 'continuation_token is not supported for this model.')
  }
  const digest = digestOf(same).subarray(0, DIGEST_BYTES)
  return {
    from: continuationToken ? readToken(continuationToken, digest) : 0,
    tokensMax: Math.min(isStream ? STREAM_TOKENS_MAX : UNARY_TOKENS_MAX, wishOf(request)),
    tokenAfter: (tokens) => {
      const bytes = Buffer.alloc(TOKEN_BYTES)
      digest.copy(bytes)
      bytes.writeUInt32BE(tokens, DIGEST_BYTES)
      return bytes.toString('base64')
    },
  }
}

function readToken(token: string, digest: Buffer): number {
  const bytes = Buffer.from(token, 'base64')
  const isOurs = bytes.length === TOKEN_BYTES && bytes.subarray(0, DIGEST_BYTES).equals(digest)
  if (!isOurs) throw new GatewayError('invalid_argument', 'Invalid continuation token.')
  return bytes.readUInt32BE(DIGEST_BYTES)
}

function wishOf({ contents = [] }: Request): number {
  const text = contents.at(-1)?.parts?.[0]?.text ?? ''
  const wish = text.includes('sandbox:hop=') ? Number(HOP_PHRASE.exec(text)?.[1] ?? 0) : 0
  return wish > 0 ? wish : Number.POSITIVE_INFINITY
}
