/** A call with another body: what was read of the first one stays. */
import type { Call } from '../nouns.ts'

export function withBody(call: Call, body: Buffer): Call {
  if (body === call.body) return call
  let document: Record<string, unknown> | undefined
  return {
    ...call,
    body,
    document: () => {
      // A byte order mark is no JSON.
      document ??= JSON.parse(body.toString('utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>
      return document
    },
  }
}
