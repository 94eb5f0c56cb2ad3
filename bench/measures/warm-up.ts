/** Requests before the measured ones. */
import type { Running } from '../subjects/subject.ts'
import type { Bench, Started } from './bench.ts'

const CONNECTIONS = 64
/** A burst is more work than a unary request. */
const BURST_SHARE = 0.4

export interface WarmUp {
  readonly connections: number
  readonly unaryRequests: number
  readonly burstRequests: number
}

export async function warmUp(bench: Bench, running: Running, amount: WarmUp): Promise<void> {
  for (const [model, requests] of [
    ['bench-unary', amount.unaryRequests],
    ['bench-burst', amount.burstRequests],
  ] as const) {
    const target = { port: running.port, request: running.request(model) }
    await bench.load.ask({ kind: 'prepare', ...target, connections: amount.connections, warmUp: requests })
  }
  await bench.load.ask({ kind: 'close' })
}

/** Until the compilers are done with the code that is measured. */
export async function warmSubject(bench: Bench, { subject, running }: Started): Promise<void> {
  const unaryRequests = Math.round(bench.plan.warmUpRequests / subject.shareOfRequests)
  const burstRequests = Math.round(unaryRequests * BURST_SHARE)
  await warmUp(bench, running, { connections: CONNECTIONS, unaryRequests, burstRequests })
}
