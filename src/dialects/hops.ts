/**
 * `x-wasat-hop`: how many gateways of this kind a request has passed. One may stand behind another; a circle of them would
 * send one request round until every socket is taken.
 */
import { GatewayError } from '../errors.ts'
import { HOP_HEADER } from '../nouns/headers.ts'

/** A gateway for a team behind one for a company behind one for a region is still no circle. */
const HOPS_MAX = 3

/** The header for the next one. Throws `failed_precondition` when this one is one too many. */
export function nextHop(header: string | readonly string[] | undefined): string {
  if (header === undefined) return '1'
  // Twice in one request is one list; whoever wrote what is no number wrote a loop, or means us no good.
  const hops = String(header)
    .split(',')
    .map((hop) => (/^\s*\d{1,3}\s*$/.test(hop) ? Number(hop) : HOPS_MAX))
  const passed = Math.max(...hops)
  if (passed < HOPS_MAX) return String(passed + 1)
  throw new GatewayError(
    'failed_precondition',
    `The request has passed ${HOPS_MAX} gateways already and would go on in a circle.`,
    { hint: `an upstream leads back to this gateway, or to one before it (${HOP_HEADER})` },
  )
}
