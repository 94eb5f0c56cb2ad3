import type { RouteOverride } from '../../nouns/directory.ts'
import type { TargetState } from '../../nouns/health.ts'
import type { ExplainedTarget, ModelEntry, RouteExplanation } from '../../nouns/routing.ts'
import { type Static, Type } from '../../wire/type.ts'
import { timestampOrNull } from '../instants.ts'
import { usd } from '../money.ts'

const Strategy = Type.Enum(['order', 'weight', 'cheapest', 'fastest'])
const OrNull = (text: string) => Type.Union([Type.String({ description: text }), Type.Null()])

export const ModelEntryShape = Type.Object({
  name: Type.String({ description: 'A name or a glob.' }),
  strategy: Strategy,
  targets: Type.Array(Type.String({ description: 'upstream, or upstream/model.' })),
  fallback: OrNull('Another model.'),
  affinity: Type.Boolean(),
})

export function modelEntryShape(entry: ModelEntry): Static<typeof ModelEntryShape> {
  const { name, strategy, targets, fallback, hasAffinity } = entry
  return { name, strategy, targets: [...targets], fallback: fallback ?? null, affinity: hasAffinity }
}

const TargetShape = Type.Object({
  upstream: Type.String(),
  kind: Type.String(),
  model: Type.String({ description: 'Its name at the upstream.' }),
  standsFor: Type.String({
    description: 'The model that was to be had; another than the one asked for is a fallback.',
  }),
  weight: Type.Integer(),
  thinking: Type.Enum(['pass', 'adapt']),
  state: Type.Enum(['ok', 'half-open', 'open', 'parked']),
  until: OrNull('When it is asked again; null: now.'),
  firstByteMs: Type.Union([Type.Number(), Type.Null()]),
  price: Type.Union([
    Type.Object({
      version: Type.String(),
      inputUsdPerMillion: Type.String(),
      outputUsdPerMillion: Type.String(),
    }),
    Type.Null(),
  ]),
  reasons: Type.Array(Type.String()),
})

export const ExplanationShape = Type.Object({
  model: Type.String(),
  override: Type.Union([
    Type.Object({
      of: Type.Enum(['key', 'project']),
      id: Type.String(),
      pattern: Type.String({ description: 'The name or glob that fits.' }),
      to: Type.Union([Type.String(), Type.Array(Type.String())]),
    }),
    Type.Null(),
  ]),
  matchedBy: Type.Enum(['name', 'glob', 'upstream', 'default']),
  entry: OrNull('The entry of the configuration that the name led to.'),
  strategy: Strategy,
  affinity: Type.Boolean({
    description: 'Whether the target that answered the turn before comes first, whatever the order here.',
  }),
  fallbacks: Type.Array(Type.String()),
  targets: Type.Array(TargetShape),
})

export function explanationShape(explanation: RouteExplanation): Static<typeof ExplanationShape> {
  const { model, override, match, strategy, hasAffinity, fallbacks, targets } = explanation
  return {
    model,
    override: override === undefined ? null : overrideShape(override),
    matchedBy: match.by,
    entry: match.entry ?? null,
    strategy,
    affinity: hasAffinity,
    fallbacks: [...fallbacks],
    targets: targets.map(targetShape),
  }
}

function overrideShape({ of, id, pattern, to }: RouteOverride) {
  return { of, id, pattern, to: typeof to === 'string' ? to : [...to] }
}

function targetShape(target: ExplainedTarget): Static<typeof TargetShape> {
  const { upstream, kind, model, standsFor, weight, thinking, state, firstByteMs, price, reasons } = target
  return {
    ...{ upstream, kind, model, standsFor, weight, thinking, state: state.kind },
    until: timestampOrNull(untilOf(state)),
    firstByteMs: firstByteMs ?? null,
    price:
      price === undefined
        ? null
        : {
            version: price.version,
            inputUsdPerMillion: usd(price.inputNanoUsd),
            outputUsdPerMillion: usd(price.outputNanoUsd),
          },
    reasons: [...reasons],
  }
}

function untilOf(state: TargetState): number | undefined {
  return 'until' in state ? state.until : undefined
}
