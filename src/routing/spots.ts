/** What health is kept for: one model with one credential of an upstream. */
import type { Target } from '../nouns.ts'

/** By names: upstreams themselves are replaced by a reload. */
export interface Spot {
  readonly upstream: string
  readonly model: string
  readonly credential: number
  /** Of this very spot. */
  readonly key: string
  /** Of the credential, for all models. */
  readonly accountKey: string
  /** Of the model: whoever's credential it is, the way there is as long. */
  readonly speedKey: string
}

/** Spots whose keys are kept ready. */
const KEPT_MAX = 10_000

/** Putting the keys together and hashing them took 2 µs of each request. */
export function createSpots(): (target: Target) => Spot {
  const known = new Map<string, Map<string, Spot[]>>()
  let kept = 0

  return ({ upstream, model, credential: turn }) => {
    const credential = turn % Math.max(1, upstream.credentials)
    const before = known.get(upstream.name)?.get(model)?.[credential]
    if (before !== undefined) return before
    if (kept >= KEPT_MAX) {
      known.clear()
      kept = 0
    }
    kept++
    const models = known.get(upstream.name) ?? new Map<string, Spot[]>()
    const spots = models.get(model) ?? []
    known.set(upstream.name, models.set(model, spots))
    const spot = spotOf(upstream.name, model, credential)
    spots[credential] = spot
    return spot
  }
}

// An upstream's name has no line break, so that no model's name can make one key look like another.
function spotOf(upstream: string, model: string, credential: number): Spot {
  return {
    ...{ upstream, model, credential },
    key: `${upstream}\n${credential}\n${model}`,
    accountKey: `${upstream}\n${credential}`,
    speedKey: `${upstream}\n${model}`,
  }
}
