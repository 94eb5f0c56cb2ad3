/**
 * An open loop: so many requests a second, whether the ones before were answered or not, over kept-alive connections.
 * What each client was told is kept.
 */
import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { type Ask, ask, type Told } from '../money/rig.ts'
import { drawsFrom } from '../servers/billing-plan.ts'

export interface LoadOptions {
  readonly port: number
  readonly requestsPerSecond: number
  readonly next: (id: string) => Omit<Ask, 'id' | 'agent'>
  /**
   * `fifo` uses all connections in turn, so that none is idle for long and each learns from an answer that its replica is
   * going; `lifo`, the default, lets those go that a burst has made.
   */
  readonly scheduling?: 'fifo' | 'lifo'
}

export interface Load {
  /** As far as they are over. */
  readonly told: readonly Timed[]
  readonly sent: number
  /** Requests that were due and not sent, because too many were under way: a fault of the machine or of a test. */
  readonly withheld: number
  /** By the second since the start. */
  readonly sentBySecond: readonly number[]
  readonly inFlight: number
  /** Every connection on which an answer is under way is cut by its client. */
  abortAll(): number
  /** Sends nothing more; resolves when every answer is over. */
  stop(): Promise<void>
}

/** What a client was told, when it asked (since the start of the load) and how long it took. */
export interface Timed extends Told {
  readonly sentAtMs: number
  readonly tookMs: number
}

const TICK_MS = 10
const IN_FLIGHT_MAX = 2_000
/** What is kept of an answer's text. */
const TEXT_MAX = 300

export function startLoad({ port, requestsPerSecond, next, scheduling = 'lifo' }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT_MAX, scheduling })
  const told: Timed[] = []
  const open = new Set<Promise<void>>()
  const sentBySecond: number[] = []
  const startedAtMs = performance.now()
  let sent = 0
  let withheld = 0

  async function sendOne(): Promise<void> {
    const sentAtMs = performance.now() - startedAtMs
    const second = Math.floor(sentAtMs / 1_000)
    while (sentBySecond.length <= second) sentBySecond.push(0)
    sentBySecond[second] = (sentBySecond[second] as number) + 1
    const id = `r${sent++}`
    const answer = await ask({ port }, { ...next(id), id, agent, isTagged: true })
    // Texts of whole answers would be most of the memory of an hour.
    const text = answer.isWhole ? '' : answer.text.slice(0, TEXT_MAX)
    told.push({ ...answer, text, sentAtMs, tookMs: performance.now() - startedAtMs - sentAtMs })
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) / 1_000) * requestsPerSecond) - sent - withheld
    for (let at = 0; at < due; at++) {
      if (open.size >= IN_FLIGHT_MAX) {
        withheld++
        continue
      }
      const one = sendOne().finally(() => open.delete(one))
      open.add(one)
    }
  }, TICK_MS)

  return {
    told,
    sentBySecond,
    get sent() {
      return sent
    },
    get withheld() {
      return withheld
    },
    get inFlight() {
      return open.size
    },
    abortAll() {
      const busy = Object.values(agent.sockets).flatMap((sockets) => sockets as Socket[])
      for (const socket of busy) socket.destroy()
      return busy.length
    },
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}

/** The slowest, one line each. */
export function slowest(told: readonly Timed[], count = 5): string[] {
  return [...told]
    .sort((one, other) => other.tookMs - one.tookMs)
    .slice(0, count)
    .map(({ id, form, status, isWhole, sentAtMs, tookMs, text }) =>
      [
        `${id} ${form} ${status}${isWhole ? '' : ' not whole'}`,
        `${Math.round(tookMs)} ms from ${Math.round(sentAtMs)} ms ${text}`,
      ].join(' '),
    )
}

export interface Mix {
  readonly seed: string | number
  readonly keys: readonly string[]
  /** Of a hundred requests, for each kind of fault; 0 without it. */
  readonly faultPercent?: number
}

const STREAM_PERCENT = 40
const MAX_OUTPUT_TOKENS = 200
const FAULTS = ['fail=503', 'fail=reset', 'cut=2 chunks=4', 'usage=none', 'leave'] as const

/** Six unary answers to four streams, none longer than half a second. */
export function mixOf({ seed, keys, faultPercent = 0 }: Mix): LoadOptions['next'] {
  const draw = drawsFrom(`load ${seed}`)
  return () => {
    const form = draw(100) < STREAM_PERCENT ? 'sse' : 'unary'
    const fault = FAULTS.find(() => draw(100) < faultPercent)
    const words = `chunks=${1 + draw(8)} delay=${draw(60)} before=${draw(40)}`
    return {
      form,
      // The last of two words with one name counts.
      prompt: fault === undefined || fault === 'leave' ? words : `${words} ${fault}`,
      key: keys[draw(keys.length)] as string,
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      leaveEarly: fault === 'leave' && form === 'sse',
    }
  }
}
