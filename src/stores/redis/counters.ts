/** Counters that several processes share, in Redis or Valkey. They hold no money: all of it may be lost at any time. */
import type { Redis } from 'iovalkey'
import type { Claim, Taken } from '../../nouns/counters.ts'
import { correction } from '../counter-windows.ts'
import type { SharedCounters } from '../degrading-counters.ts'
import { connect, createBatching } from './connection.ts'
import { patience, SILENCE_MAX_MS } from './patience.ts'
import { createScriptRunner, type RunScript, type Script, script } from './script-runner.ts'
import { CODES, GIVE_BACK_TEXT, REDIS_TIME, takeText } from './scripts.ts'

/** What was sent may still be answered before the connection is closed. */
const CLOSE_TIMEOUT_MS = 100
/** Operations that wait for their answer; more of them than this is no answer. */
const IN_FLIGHT_MAX = 10_000
/** What has to be given back once somebody answers again. What is beyond it is over when its lease is. */
const BACKLOG_MAX = 10_000
/** How many of these go out after each operation that went well. */
const BACKLOG_STEP = 100
/** Longer than any request lasts. A process that died holds its requests until then. */
const HOLDER_LEASE_MS = 35 * 60_000

export interface RedisCountersOptions {
  /** Lua that gives seconds and microseconds, so that a test can let time pass. */
  readonly time?: string
  /** How long the server may say nothing at all; 100 without it. */
  readonly silenceMaxMs?: number
}

/**
 * `url`: `redis://`, `rediss://`, `valkey://` or `valkeys://`, with user, password and database as usual. It connects at
 * once and goes on trying for ever. Throws `failed_precondition` for what is no such address.
 */
export function createRedisCounters(url: string, options: RedisCountersOptions = {}): SharedCounters {
  return new RedisCounters(url, options)
}

/** How a claim was taken: enough to give it back. */
class RedisTicket {
  readonly requestId: string
  readonly claims: readonly Claim[]
  readonly slots: readonly number[]
  isOver = false

  constructor(requestId: string, claims: readonly Claim[], slots: readonly number[]) {
    this.requestId = requestId
    this.claims = claims
    this.slots = slots
  }
}

/** What is given back of one request. */
interface GiveBack {
  readonly requestId: string
  readonly entries: readonly {
    readonly key: string
    /** Undefined: a holder, which is removed. */
    readonly slot: number | undefined
    readonly by: number
  }[]
}

class RedisCounters implements SharedCounters {
  trouble: string | undefined
  readonly #takeScript: Script
  readonly #silenceMaxMs: number
  readonly #client: Redis
  readonly #run: RunScript
  readonly #batch: () => void
  /** Set until the first attempt to connect is over: what comes before it waits, within its own time. */
  #connecting: Promise<void> | undefined
  #inFlight = 0
  #lastHeardAtMs = 0
  readonly #heardAtMs = () => this.#lastHeardAtMs
  readonly #backlog: GiveBack[] = []

  constructor(url: string, { time = REDIS_TIME, silenceMaxMs = SILENCE_MAX_MS }: RedisCountersOptions) {
    const { client, first } = connect(url, (trouble) => {
      this.trouble = trouble
    })
    this.#takeScript = script(takeText(time, HOLDER_LEASE_MS))
    this.#silenceMaxMs = silenceMaxMs
    this.#client = client
    this.#run = createScriptRunner(client)
    this.#batch = createBatching(client)
    this.#connecting = first.then(() => {
      this.#connecting = undefined
    })
  }

  take(claims: readonly Claim[], requestId: string): Promise<Taken | undefined> {
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      this.trouble = `${IN_FLIGHT_MAX} operations wait for an answer`
      return Promise.resolve(undefined)
    }
    return new Promise((resolve) => {
      let isLate = false
      const stop = patience(this.#silenceMaxMs, this.#heardAtMs, () => {
        isLate = true
        this.trouble = 'no answer in time'
        resolve(undefined)
      })
      this.#send(this.#takeScript, claims.map(keyOf), takeArguments(claims, requestId)).then(
        (reply) => {
          stop()
          const taken = readTaken(reply as readonly number[], claims, requestId)
          // Nobody uses what came too late.
          if (isLate && taken.granted) this.giveBack(taken.ticket, undefined)
          else resolve(taken)
        },
        (error: Error) => {
          stop()
          this.trouble = error.message
          // It may have been done all the same, and a holder would stay.
          this.#later(holdersOf(requestId, claims))
          resolve(undefined)
        },
      )
    })
  }

  giveBack(ticket: unknown, tokens: number | undefined): void {
    if (!(ticket instanceof RedisTicket) || ticket.isOver) return
    ticket.isOver = true
    const giveBack = giveBackOf(ticket.requestId, ticket.claims, ticket.slots, tokens)
    if (giveBack.entries.length > 0) this.#giveBack(giveBack)
  }

  async probe(): Promise<boolean> {
    return (await this.take([PROBE], 'probe')) !== undefined
  }

  async close(): Promise<void> {
    const timeout = Promise.withResolvers<void>()
    const timer = setTimeout(timeout.resolve, CLOSE_TIMEOUT_MS)
    // Answered after everything that was sent before it.
    await Promise.race([this.#client.quit().catch(() => undefined), timeout.promise])
    clearTimeout(timer)
    this.#client.disconnect()
  }

  #giveBack(giveBack: GiveBack): void {
    if (this.#client.status !== 'ready' || this.#inFlight >= IN_FLIGHT_MAX) return this.#later(giveBack)
    const keys = giveBack.entries.map(({ key }) => key)
    this.#send(GIVE_BACK, keys, giveBackArguments(giveBack)).catch((error: Error) => {
      this.trouble = error.message
      // It may have been done all the same: what is added must not be added twice, what is removed may be.
      this.#later(onlyHolders(giveBack))
    })
  }

  #later(giveBack: GiveBack): void {
    if (giveBack.entries.length > 0 && this.#backlog.length < BACKLOG_MAX) this.#backlog.push(giveBack)
  }

  async #send(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    this.#inFlight++
    try {
      if (this.#connecting !== undefined) await this.#connecting
      this.#batch()
      const reply = await this.#run(script, keys, args)
      this.#lastHeardAtMs = performance.now()
      if (this.#backlog.length > 0) this.#workOff()
      return reply
    } finally {
      this.#inFlight--
    }
  }

  #workOff(): void {
    for (const giveBack of this.#backlog.splice(0, BACKLOG_STEP)) this.#giveBack(giveBack)
  }
}

const GIVE_BACK = script(GIVE_BACK_TEXT)
const PROBE: Claim = Object.freeze({
  scope: 'probe',
  kind: 'requestsPerMinute',
  max: Number.MAX_SAFE_INTEGER,
  amount: 1,
})

/** The kind comes first, because a scope may hold any character. In a cluster, all lie on one node. */
function keyOf({ scope, kind }: Claim): string {
  return `wasat:{counters}:${kind}:${scope}`
}

function takeArguments(claims: readonly Claim[], requestId: string): string[] {
  const args = [requestId]
  for (const { kind, max, amount } of claims) args.push(CODES[kind], String(max), String(amount))
  return args
}

/** The script's answer, as `takeText` says. */
function readTaken(reply: readonly number[], claims: readonly Claim[], requestId: string): Taken {
  const [isGranted, ...numbers] = reply
  if (isGranted === 0) {
    const [position = 1, remaining = 0, resetMs = 0, retryAfterMs = 0] = numbers
    return { granted: false, refused: { claim: claims[position - 1]!, remaining, resetMs }, retryAfterMs }
  }
  const states = claims.map((claim, index) => ({
    claim,
    remaining: numbers[index * 3] ?? 0,
    resetMs: numbers[index * 3 + 1] ?? 0,
  }))
  const slots = claims.map((_, index) => numbers[index * 3 + 2] ?? 0)
  return { granted: true, states, ticket: new RedisTicket(requestId, claims, slots) }
}

function giveBackOf(
  requestId: string,
  claims: readonly Claim[],
  slots: readonly number[],
  tokens: number | undefined,
): GiveBack {
  const entries = claims.map((claim, index) => ({
    key: keyOf(claim),
    slot: claim.kind === 'concurrentRequests' ? undefined : slots[index],
    by: correction(claim, tokens),
  }))
  return { requestId, entries: entries.filter(({ by }) => by !== 0) }
}

/** What a take leaves behind when it was done and nobody heard of it. */
function holdersOf(requestId: string, claims: readonly Claim[]): GiveBack {
  return giveBackOf(
    requestId,
    claims.filter(({ kind }) => kind === 'concurrentRequests'),
    [],
    undefined,
  )
}

function onlyHolders({ requestId, entries }: GiveBack): GiveBack {
  return { requestId, entries: entries.filter(({ slot }) => slot === undefined) }
}

function giveBackArguments({ requestId, entries }: GiveBack): string[] {
  return [
    requestId,
    ...entries.flatMap(({ slot, by }) => [slot === undefined ? '' : String(slot), String(by)]),
  ]
}
