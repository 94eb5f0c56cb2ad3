import { GatewayError } from '../../errors.ts'
import { type Static, Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import type { AdminUpstreams } from '../parts.ts'
import { type Tried, tryCredentials } from './try-credentials.ts'

export const TestUpstreamAnswer = Type.Object({
  upstream: Type.String(),
  ok: Type.Boolean({ description: 'Whether it answered with each credential.' }),
  reachable: Type.Boolean({ description: 'Whether it answered at all.' }),
  credentials: Type.Object({
    tried: Type.Integer(),
    good: Type.Integer(),
    refused: Type.Integer(),
  }),
  models: Type.Union([Type.Integer(), Type.Null()], { description: 'How many it names.' }),
  durationMs: Type.Integer({ description: 'Of the slowest answer.' }),
  failures: Type.Array(Type.Object({ code: Type.String(), detail: Type.String() })),
})

/** Lists the models of an upstream with each of its credentials. */
export const testUpstream = endpoint({
  method: 'POST',
  path: '/admin/v1/upstreams/{id}:test',
  // It changes nothing, and may wait for somebody who does not answer.
  isLong: true,
  handle: async ({ id }, { upstreams }) => {
    const upstream = upstreams.list().find(({ name }) => name === id)
    if (upstream === undefined) throw new GatewayError('not_found', 'There is no such upstream.')
    return { status: 200, body: answerOf(id, await tryCredentials(upstream), upstreams) }
  },
})

/** Failures before which nothing was heard. */
const UNREACHED: ReadonlySet<string> = new Set(['upstream_unreachable', 'upstream_timeout'])

function answerOf(
  upstream: string,
  tried: readonly Tried[],
  { textOf }: AdminUpstreams,
): Static<typeof TestUpstreamAnswer> {
  const errors = tried.flatMap(({ error }) => error ?? [])
  const refused = errors.filter(({ code }) => code === 'upstream_refused_credential').length
  const models = tried.flatMap((one) => one.models ?? [])
  // With many keys the same trouble would stand there many times.
  const failures = new Map(errors.map((error) => [`${error.code} ${textOf(error)}`, error]))
  return {
    upstream,
    ok: errors.length === 0,
    reachable: errors.length < tried.length || errors.some(({ code }) => !UNREACHED.has(code)),
    credentials: { tried: tried.length, good: models.length, refused },
    models: models.length === 0 ? null : Math.max(...models),
    durationMs: Math.max(...tried.map(({ durationMs }) => durationMs)),
    failures: Array.from(failures.values(), (error) => ({ code: error.code, detail: textOf(error) })),
  }
}
