/** Sends a call to where the things lie that it uses. */
import { GatewayError } from '../../errors.ts'
import { spokenTo, withBody } from '../../nouns/call.ts'
import type { Placed } from '../../nouns/resources.ts'
import type { Call, Caller, Target } from '../../nouns.ts'
import { type Hosts, WISH_HEADER } from './hosts.ts'
import type { References, Used } from './references.ts'

export type Place = (call: Call, caller: Caller, targets: readonly Target[]) => Placed | Promise<Placed>

export function createPlace(hosts: Hosts, references: References): Place {
  return (call, caller, targets) => {
    if (!hosts.any()) return { call, targets }
    const read = asHostsRead(call, targets)
    if (read === undefined || references.isPlain(read.body)) return { call, targets }
    const used = references.find(caller, read.body)
    if (used === undefined) return { call, targets }
    return used.then((found) =>
      found.home === undefined && found.local === undefined
        ? { call, targets }
        : placed(read, targets, found),
    )
  }
}

/**
 * What a target would read that stores things for its clients, whatever the client speaks: a name in any other words
 * would be looked up by nobody, and might be another client's. Undefined when none of them reads it.
 */
function asHostsRead(call: Call, targets: readonly Target[]): Call | undefined {
  const host = targets.find(({ upstream }) => upstream.resources !== undefined)
  if (call.inGemini === undefined) return call
  if (host === undefined) return undefined
  try {
    return spokenTo(host, call)
  } catch (error) {
    // Then it does not go there.
    if (GatewayError.from(error).code === 'untranslatable') return undefined
    throw error
  }
}

function placed(call: Call, targets: readonly Target[], used: Used): Placed {
  const { home, body } = used
  const left =
    home === undefined
      ? targets.filter(({ upstream }) => upstream.resources === undefined)
      : targets
          .filter(({ upstream }) => upstream.name === home.upstream)
          .map((target) => ({ ...target, credential: home.account.credential, pinned: true }))
  if (left.length === 0) throw elsewhere(call, targets, used)
  return { call: withBody(call, body), targets: left }
}

function elsewhere(call: Call, targets: readonly Target[], { home, shown }: Used): GatewayError {
  const where = home === undefined ? 'lies in this gateway' : `lies at the upstream ${home.upstream}`
  const names = [...new Set(targets.map(({ upstream }) => upstream.name))].join(', ')
  return new GatewayError(
    'invalid_argument',
    `${shown} ${where}, but the model ${call.model} is served by ${names}, which cannot see it. ` +
      `Store it there, with the header ${WISH_HEADER}: ${targets[0]?.upstream.name}, or ask a model of where it lies.`,
  )
}
