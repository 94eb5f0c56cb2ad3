/** A call to rewrite, and what was told of it. */
import { callOf } from '../../nouns.fixture.ts'
import type { Call, Target } from '../../nouns.ts'
import type { Losses } from './losses.ts'
import { rewriteNative } from './rewrite.ts'

export function rewritten(
  body: string,
  target: Pick<Target, 'model' | 'thinking'>,
  rest: Partial<Call> = {},
): { call: Call; same: boolean; body: string; told: string[] } {
  const told: string[] = []
  const losses: Losses = {
    dropped: (path) => told.push(`dropped ${path}`),
    approximated: (path) => told.push(`approximated ${path}`),
  }
  const asked = callOf({ body: Buffer.from(body), ...rest })
  const call = rewriteNative(asked, target, () => losses)
  return { call, same: call === asked, body: call.body.toString(), told }
}
