/** Other forms of a call. */
import type { Call, Target } from '../nouns.ts'

/** The call as a target reads it. Throws `untranslatable`. */
export function spokenTo({ upstream, model }: Pick<Target, 'upstream' | 'model'>, call: Call): Call {
  if (call.inGemini === undefined || upstream.speaks?.(call.wire, model)) return call
  return call.inGemini(model)
}

/** With another body: what was read of the first one stays. */
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
