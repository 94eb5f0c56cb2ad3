/** What can be said of where models go, for operators. */
import type { RouteOverride } from './directory.ts'
import type { TargetState } from './health.ts'
import type { NanoUsd } from './money.ts'

export type StrategyName = 'order' | 'weight' | 'cheapest' | 'fastest'

/** One entry of the configuration. */
export interface ModelEntry {
  /** A name or a glob. */
  readonly name: string
  readonly strategy: StrategyName
  /** `upstream`, or `upstream/model` where the model has another name there; in the order of the configuration. */
  readonly targets: readonly string[]
  readonly fallback: string | undefined
  readonly hasAffinity: boolean
}

/** What would happen to a request for a model's name now, and why. */
export interface RouteExplanation {
  readonly model: string
  /** What led the name elsewhere; `match` and all else are of where it led to. */
  readonly override: RouteOverride | undefined
  readonly match: RouteMatch
  readonly strategy: StrategyName
  /** Whether a conversation stays with the target that answered it: that one then comes first. */
  readonly hasAffinity: boolean
  /** The names of the models that stand in, nearest first. */
  readonly fallbacks: readonly string[]
  /** In the order in which they would be asked. */
  readonly targets: readonly ExplainedTarget[]
}

/**
 * How a name was found: an entry of its own, a glob, `upstream/model`, or without any entries, the upstreams that are
 * known for the name or serve every name.
 */
export interface RouteMatch {
  readonly by: 'name' | 'glob' | 'upstream' | 'default'
  /** The entry of the configuration; undefined with `upstream` and `default`. */
  readonly entry: string | undefined
}

export interface ExplainedTarget {
  readonly upstream: string
  readonly kind: string
  readonly model: string
  /** The model that was to be had; another than the one asked for is a fallback. */
  readonly standsFor: string
  readonly weight: number
  readonly thinking: 'pass' | 'adapt'
  /** Of its best credential. */
  readonly state: TargetState
  /** Milliseconds until the first byte, lately. */
  readonly firstByteMs: number | undefined
  readonly price: ExplainedPrice | undefined
  /** Sentences without a full stop, the weightiest first. */
  readonly reasons: readonly string[]
}

/** Of a million tokens each. */
export interface ExplainedPrice {
  readonly version: string
  readonly inputNanoUsd: NanoUsd
  readonly outputNanoUsd: NanoUsd
}
