/** Thought signatures that come with a conversation: our own of this target are opened, all others stay behind. */
import { GatewayError, invalidField } from '../../errors.ts'
import { type Report, snakeCase } from '../../nouns/report.ts'
import { isStandIn } from './checks/stand-ins.ts'
import type { Seals } from './seals.ts'

export interface SignatureReader {
  readonly seals: Seals
  /** Who may read its own: upstream and model. */
  readonly origin: string
  readonly report: Report
}

/** The state that it carries; undefined when there is none for this target. `path` is the signature's own. */
export function openSignature(signature: string, path: string, reader: SignatureReader): unknown {
  // What another model's history has in place of one: there is nothing in it.
  if (isStandIn(signature)) return undefined
  const opened = open(signature, path, reader)
  if (opened.kind === 'own') return opened.state ?? undefined
  reader.report.dropped(path, 'it is the reasoning of another provider')
  return undefined
}

function open(
  signature: string,
  path: string,
  { seals, origin }: SignatureReader,
): ReturnType<Seals['open']> {
  try {
    return seals.open(origin, signature)
  } catch (error) {
    const isWrong = error instanceof GatewayError && error.code === 'invalid_argument'
    throw isWrong ? invalidField(snakeCase(path), error.message) : error
  }
}
