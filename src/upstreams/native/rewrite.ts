/** What even an upstream of Gemini's own wire must not be sent as it came. Next to always nothing. */
import type { Call, Target } from '../../nouns.ts'
import type { TellLosses } from './losses.ts'
import { withoutSeals } from './signatures.ts'
import { withAdaptedThinking } from './thinking.ts'

export function rewriteNative(
  call: Call,
  { model, thinking }: Pick<Target, 'model' | 'thinking'>,
  tell: TellLosses,
): Call {
  if (call.wire !== 'gemini') return call
  const own = withoutSeals(call, tell)
  return thinking === 'adapt' ? withAdaptedThinking(own, model, tell) : own
}
