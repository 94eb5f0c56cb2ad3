/** Sends a call to where the things lie that it uses. */
import { GatewayError } from '../../errors.ts'
import { withBody } from '../../nouns/call.ts'
import type { Placed } from '../../nouns/resources.ts'
import type { Call, Caller, Target } from '../../nouns.ts'
import { type Hosts, WISH_HEADER } from './hosts.ts'
import type { References, Used } from './references.ts'

export type Place = (call: Call, caller: Caller, targets: readonly Target[]) => Placed | Promise<Placed>

export function createPlace(hosts: Hosts, references: References): Place {
  return (call, caller, targets) => {
    if (!hosts.any() || references.isPlain(call.body)) return { call, targets }
    const used = references.find(caller, call.body)
    return used === undefined ? { call, targets } : used.then((found) => placed(call, targets, found))
  }
}

function placed(call: Call, targets: readonly Target[], used: Used): Placed {
  const { home, local, body } = used
  if (home === undefined && local === undefined) return { call, targets }
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
