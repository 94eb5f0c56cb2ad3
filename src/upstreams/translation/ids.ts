/** Ids of calls, which every target but Gemini wants: the client's own where they fit, else made from the call. */
import { hash } from 'node:crypto'
import { untranslatable } from '../../nouns/report.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import type { TargetRules } from './conversation.ts'

type FunctionCall = GeminiMessage<'FunctionCall'>

/** What `TargetRules.makeCallId` is given. */
const DIGEST_DIGITS = 32
/** Digests that are tried for one call; a target whose ids are nine characters long has collisions. */
const TRIES_MAX = 100

/**
 * Gives ids to calls in the order of the conversation. What a call gets depends on it and on those before it alone, so
 * that it is the same when the history comes back with one turn more.
 */
export class CallIds {
  readonly #rules: Pick<TargetRules, 'callId' | 'makeCallId'>
  readonly #taken = new Set<string>()

  constructor(rules: Pick<TargetRules, 'callId' | 'makeCallId'>) {
    this.#rules = rules
  }

  next(call: FunctionCall, path: string): string {
    const id = this.#own(call.id) ?? this.#made(call, path)
    this.#taken.add(id)
    return id
  }

  #own(id: string | undefined): string | undefined {
    return id && this.#rules.callId.test(id) && !this.#taken.has(id) ? id : undefined
  }

  #made({ name = '', args = {} }: FunctionCall, path: string): string {
    const text = `${this.#taken.size}\n${name}\n${JSON.stringify(args)}`
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const digest = hash('sha256', attempt === 0 ? text : `${attempt}\n${text}`, 'hex')
      const id = this.#rules.makeCallId(digest.slice(0, DIGEST_DIGITS))
      if (!this.#taken.has(id)) return id
    }
    throw untranslatable(path, 'there are more calls than this target has ids for')
  }
}
