import type { TargetHealth } from '../../nouns/health.ts'
import { type Static, Type } from '../../wire/type.ts'
import { timestampOrNull } from '../instants.ts'
import type { AdminUpstream } from '../parts.ts'

const HealthShape = Type.Object({
  model: Type.String({ description: 'Its name at the upstream.' }),
  credential: Type.Integer({ description: 'Which of the credentials, from 0.' }),
  state: Type.Enum(['ok', 'half-open', 'open', 'parked']),
  reason: Type.Union([Type.Enum(['limited', 'credential']), Type.Null()], {
    description: 'Why it is parked.',
  }),
  until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  consecutiveFailures: Type.Integer(),
  firstByteMs: Type.Union([Type.Number(), Type.Null()]),
})

export const UpstreamShape = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  host: Type.Union([Type.String(), Type.Null()], {
    description: 'Where requests go; null when the kind itself decides that.',
  }),
  credentials: Type.Integer(),
  health: Type.Array(HealthShape, { description: 'Whatever was asked lately, as this process saw it.' }),
})

export function upstreamShape(
  { name, kind, host, credentials }: AdminUpstream,
  health: readonly TargetHealth[],
): Static<typeof UpstreamShape> {
  const own = health.filter(({ upstream }) => upstream === name)
  return { name, kind, host: host ?? null, credentials, health: own.map(healthShape) }
}

function healthShape(health: TargetHealth): Static<typeof HealthShape> {
  const { model, credential, state, consecutiveFailures, firstByteMs } = health
  return {
    ...{ model, credential, state: state.kind },
    reason: state.kind === 'parked' ? state.reason : null,
    until: timestampOrNull('until' in state ? Math.round(state.until) : undefined),
    consecutiveFailures,
    firstByteMs: firstByteMs === undefined ? null : Math.round(firstByteMs),
  }
}
