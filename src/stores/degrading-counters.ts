/**
 * Counters that several processes share, and what each of them does when nobody answers: it counts by itself, up to
 * its share of each limit, and goes back by itself. One failure is enough, so that no other request waits for it.
 */
import type { Claim, ClaimState, Counters, Taken } from '../nouns/counters.ts'

/** How often somebody asks whether the shared counters answer again. */
const PROBE_INTERVAL_MS = 500

export interface SharedCounters {
  /** Takes every claim or none. Undefined: nobody answered in time, and nothing stays taken. Never rejects. */
  take(claims: readonly Claim[], requestId: string): Promise<Taken | undefined>
  /** See `Counters`. What cannot be sent now is sent later. */
  giveBack(ticket: unknown, tokens: number | undefined): void
  /** Whether they take claims now. Never rejects. */
  probe(): Promise<boolean>
  /** Why they did not answer, the last time. */
  readonly trouble: string | undefined
  close(): Promise<void>
}

export interface DegradingOptions {
  readonly shared: SharedCounters
  /** Counters of this process. */
  readonly local: Counters
  /** How many processes share the limits now, this one included. */
  readonly replicas: () => number
  /** Told once at each change. `trouble` says why they are lost. */
  readonly onChange: (isDegraded: boolean, trouble: string | undefined) => void
}

export function createDegradingCounters({ shared, local, replicas, onChange }: DegradingOptions): Counters {
  let isDegraded = false
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  function degrade(): void {
    if (isDegraded || isClosed) return
    isDegraded = true
    onChange(true, shared.trouble)
    probeLater()
  }

  function probeLater(): void {
    timer = setTimeout(async () => {
      const isBack = await shared.probe()
      if (isClosed) return
      if (!isBack) return probeLater()
      isDegraded = false
      onChange(false, undefined)
    }, PROBE_INTERVAL_MS).unref()
  }

  return {
    get isDegraded() {
      return isDegraded
    },
    take: async (claims, requestId) => {
      if (!isDegraded) {
        const taken = await shared.take(claims, requestId)
        if (taken !== undefined) return signed(taken, 'shared')
        degrade()
      }
      const shares = shareOut(claims, replicas())
      return signed(whole(await local.take(shares, requestId), claims, shares), 'local')
    },
    giveBack: (ticket, tokens) => {
      if (ticket instanceof SignedTicket)
        (ticket.of === 'shared' ? shared : local).giveBack(ticket.ticket, tokens)
    },
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await Promise.all([shared.close(), local.close()])
    },
  }
}

/** Rounded up, so that nobody is locked out: together the processes grant one less than their number too much. */
function shareOut(claims: readonly Claim[], replicas: number): readonly Claim[] {
  const count = Number.isFinite(replicas) ? Math.max(1, Math.floor(replicas)) : 1
  return claims.map((claim) => {
    const max = Math.ceil(claim.max / count)
    return { ...claim, max, amount: Math.min(claim.amount, max) }
  })
}

/** The client is told of its limit, not of our share of it. */
function whole(taken: Taken, claims: readonly Claim[], shares: readonly Claim[]): Taken {
  const asClaimed = (state: ClaimState): ClaimState => ({
    ...state,
    claim: claims[shares.indexOf(state.claim)] ?? state.claim,
  })
  return taken.granted
    ? { ...taken, states: taken.states.map(asClaimed) }
    : { ...taken, refused: asClaimed(taken.refused) }
}

/** Whose ticket it is: both kinds are given back while one of them answers. */
class SignedTicket {
  readonly of: 'shared' | 'local'
  readonly ticket: unknown

  constructor(of: 'shared' | 'local', ticket: unknown) {
    this.of = of
    this.ticket = ticket
  }
}

function signed(taken: Taken, of: 'shared' | 'local'): Taken {
  return taken.granted ? { ...taken, ticket: new SignedTicket(of, taken.ticket) } : taken
}
