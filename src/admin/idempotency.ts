import { createHash } from 'node:crypto'
import { GatewayError, invalidField } from '../errors.ts'
import type { Reply } from './endpoint.ts'
import { Refusal } from './problem.ts'

/** How long an answer is kept for whoever asks the same again. */
const KEPT_MS = 24 * 3_600_000
/** Answers kept; beyond it the oldest goes. */
const ENTRIES_MAX = 10_000
const KEY = /^[\x20-\x7e]{1,255}$/

interface Entry {
  readonly asked: string
  readonly at: number
  readonly answer: Promise<Reply>
}

/**
 * Answers to changes by their `Idempotency-Key`, in the memory of this process: a restart forgets them. What was
 * answered once, a failure too, is answered again without doing it again; an answer under way is waited for.
 * A second request of another content throws the `Refusal` 422.
 */
export interface Idempotency {
  once(key: string, request: AskedOnce, work: () => Promise<Reply>): Promise<Reply>
}

export interface AskedOnce {
  readonly method: string
  readonly path: readonly string[]
  readonly body: Buffer
}

export function createIdempotency(now: () => number = Date.now): Idempotency {
  /** In the order of their arrival. */
  const entries = new Map<string, Entry>()

  function forget(isEnough: (entry: Entry) => boolean): void {
    for (const [key, entry] of entries) {
      if (isEnough(entry)) return
      entries.delete(key)
    }
  }

  function remember(key: string, entry: Entry): void {
    forget(() => entries.size < ENTRIES_MAX)
    entries.set(key, entry)
    // Nothing was begun: whoever asks again must not be refused for a day.
    entry.answer.catch((error) => isOverloaded(error) && entries.delete(key))
  }

  return Object.freeze({
    async once(key: string, request: AskedOnce, work: () => Promise<Reply>): Promise<Reply> {
      if (!KEY.test(key)) {
        throw invalidField(
          'Idempotency-Key',
          'The Idempotency-Key must be 1 to 255 printable ASCII characters.',
        )
      }
      forget(({ at }) => now() - at < KEPT_MS)
      const asked = digestOf(request)
      const entry = entries.get(key)
      if (entry === undefined) {
        const answer = work()
        remember(key, { asked, at: now(), answer })
        return answer
      }
      if (entry.asked !== asked) {
        throw new Refusal(422, 'This Idempotency-Key belongs to another request: choose a new one.')
      }
      return entry.answer.then(replayed)
    },
  })
}

function isOverloaded(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'overloaded'
}

function replayed(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } }
}

function digestOf({ method, path, body }: AskedOnce): string {
  const hash = createHash('sha256').update(JSON.stringify([method, path]))
  return hash.update(body).digest('base64url')
}
