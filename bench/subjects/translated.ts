/** Wasat with everything on, before a server that speaks Chat Completions: each request and each event is translated. */
import { PRICES } from '../money.ts'
import { UPSTREAM_KEY } from '../wire.ts'
import type { Place, Running, Subject } from './subject.ts'
import { startWasat, wasat } from './wasat.ts'

/** One upstream for each workload, because the route says nothing of what is asked. */
const WORKLOADS = ['unary', 'burst', 'drip', 'hold']

export function translatedConfiguration(mockPort: number): string {
  const upstreams = WORKLOADS.map(
    (name) =>
      `  ${name}: { kind: openai, vendor: generic, baseUrl: "http://127.0.0.1:${mockPort}/chat-${name}/v1", keys: ["${UPSTREAM_KEY}"] }`,
  )
  const models = WORKLOADS.map((name) => `  bench-${name}: { targets: [${name}] }`)
  return `upstreams:\n${upstreams.join('\n')}\nmodels:\n${models.join('\n')}\nprices: ${JSON.stringify(PRICES)}\n`
}

function start(place: Place): Promise<Running> {
  return startWasat(place, { config: translatedConfiguration(place.mockPort) })
}

export const translated: Subject = {
  name: 'translated',
  note: 'the same Wasat before a server that speaks Chat Completions: every request and every event is translated both ways',
  shareOfRequests: 4,
  native: false,
  missing: wasat.missing,
  version: wasat.version,
  start,
}
