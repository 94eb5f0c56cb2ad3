/** What is remembered of requests with an idempotency key: those under way, and for a day those that were answered. */
import type { Answer, Chunk } from '../nouns.ts'

/** How long a key stands for its request. */
export const KEPT_MS = 24 * 3_600_000

export interface KeptLimits {
  /** Keys of requests that were answered; 200 to 400 bytes each. */
  readonly keys: number
  /** Of one answer; a larger one is not kept, its key is. */
  readonly answerBytes: number
  /** Of all answers. */
  readonly bytes: number
}

const MIB = 1024 * 1024
/** Beyond them the oldest go: first its answer, then its key. */
export const KEPT_LIMITS: KeptLimits = { keys: 50_000, answerBytes: 8 * MIB, bytes: 64 * MIB }

/** A whole unary answer, as its upstream gave it. */
export interface KeptAnswer {
  readonly requestId: string
  readonly answer: Pick<Answer, 'status' | 'wire' | 'delivery' | 'headers'>
  /** What the gateway said of it. */
  readonly headers: Readonly<Record<string, string>>
  readonly chunks: readonly Chunk[]
  readonly bytes: number
}

/** One request by its key. */
export interface Known {
  /** Digest of what was asked. */
  readonly asked: string
  readonly isUnderWay: boolean
  /** Undefined while it is under way, and for an answer that is not kept. */
  readonly answer: KeptAnswer | undefined
}

export interface Kept {
  find(name: string): Known | undefined
  begin(name: string, asked: string): void
  finish(name: string, answer: KeptAnswer | undefined): void
  /** As if it had never been sent. */
  forget(name: string): void
  readonly bytes: number
}

interface Done extends Known {
  readonly at: number
}

export function createKept(limits: KeptLimits, now: () => number): Kept {
  /** No more of them than requests under way. */
  const underWay = new Map<string, Known>()
  /** In the order of their ends; those of `holding` keep an answer. */
  const done = new Map<string, Done>()
  const holding = new Set<string>()
  let bytes = 0

  function drop(name: string): void {
    bytes -= done.get(name)?.answer?.bytes ?? 0
    holding.delete(name)
    done.delete(name)
  }

  function dropOld(): void {
    for (const [name, { at }] of done) {
      if (now() - at < KEPT_MS && done.size <= limits.keys) return
      drop(name)
    }
  }

  function dropAnswers(): void {
    for (const name of holding) {
      if (bytes <= limits.bytes) return
      const known = done.get(name) as Done
      bytes -= known.answer?.bytes ?? 0
      holding.delete(name)
      done.set(name, { ...known, answer: undefined })
    }
  }

  return {
    get bytes() {
      return bytes
    },
    find: (name) => {
      dropOld()
      return underWay.get(name) ?? done.get(name)
    },
    begin: (name, asked) => void underWay.set(name, { asked, isUnderWay: true, answer: undefined }),
    finish: (name, answer) => {
      const known = underWay.get(name)
      if (known === undefined) return
      underWay.delete(name)
      done.set(name, { asked: known.asked, isUnderWay: false, answer, at: now() })
      if (answer !== undefined) {
        holding.add(name)
        bytes += answer.bytes
      }
      dropOld()
      dropAnswers()
    },
    forget: (name) => void underWay.delete(name),
  }
}
