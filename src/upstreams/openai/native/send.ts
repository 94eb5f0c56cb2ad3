/** The way of a call whose client speaks the upstream's own wire. */
import type { Upstream } from '../../../nouns.ts'
import { type Line, launch } from '../../translation/outgoing.ts'
import type { VendorFlags } from '../vendor.ts'
import { nativeProtocol } from './protocol.ts'
import { nativeRequest, type StreamUsage } from './request.ts'

export interface NativeSendOptions extends Omit<Line, 'key'> {
  readonly keys: readonly string[]
  readonly flagsFor: (model: string) => VendorFlags
  readonly streamUsage: StreamUsage
}

export function createNativeSend(options: NativeSendOptions): Upstream['send'] {
  const { name, keys, flagsFor, streamUsage } = options
  // Whatever is thrown before anything was sent is a rejection too.
  return async (call, { model, credential }, caller) => {
    const line: Line = { ...options, key: keys[credential % Math.max(1, keys.length)] ?? '' }
    const request = nativeRequest(call, { model, flags: flagsFor(model), streamUsage, caller })
    const protocol = nativeProtocol(name, call, request.hasAddedUsage)
    return launch(line, request, { protocol, isStream: call.delivery !== 'unary', call }).answer
  }
}
