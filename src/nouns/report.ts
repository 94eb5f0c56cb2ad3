/** Keeps what one translation could not carry exactly: nothing gets lost without a line here. */
import { badRequest, GatewayError, invalidField } from '../errors.ts'
import type { Loss, LossKind, Translation } from './translation.ts'

/** Losses that are kept one by one; what comes after is one entry at the root. */
const LOSSES_MAX = 1_000

export class Report implements Translation {
  /** Who the target is, in an error's words: the upstream's name, or the model's. */
  readonly target: string
  readonly #kind: 'upstream' | 'model'
  readonly #losses = new Map<string, Loss>()

  /** `kind`: what `target` is the name of. */
  constructor(target: string, kind: 'upstream' | 'model' = 'upstream') {
    this.target = target
    this.#kind = kind
  }

  /** It does not arrive, and nothing hangs on it: a sampling knob, a hint. */
  dropped(path: string, reason: string): void {
    this.#add(path, 'dropped', reason)
  }

  /** Something near it arrives. */
  approximated(path: string, reason: string): void {
    this.#add(path, 'approximated', reason)
  }

  /** The target cannot do it, and we do it in another way. */
  emulated(path: string, reason: string): void {
    this.#add(path, 'emulated', reason)
  }

  losses(): readonly Loss[] {
    return [...this.#losses.values()]
  }

  /** In strict mode nothing may be on the list when the request goes out. Throws `untranslatable`. */
  throwIfStrict(isStrict: boolean): void {
    if (!isStrict || this.#losses.size === 0) return
    const lines = this.losses().map(({ path, kind, reason }) => `* ${path} would be ${kind}: ${reason}\n`)
    const fieldViolations = this.losses().map(({ path, reason }) => ({
      field: snakeCase(path),
      description: reason,
    }))
    throw new GatewayError(
      'untranslatable',
      `The ${this.#kind} ${this.target} would not carry this request exactly, and x-wasat-translation is strict:\n${lines.join('')}`,
      { details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }] },
    )
  }

  #add(path: string, kind: LossKind, reason: string): void {
    if (this.#losses.has(path)) return
    if (this.#losses.size < LOSSES_MAX) this.#losses.set(path, { path, kind, reason })
    else
      this.#losses.set('', {
        path: '',
        kind,
        reason: `more than ${LOSSES_MAX} losses; the rest are not listed`,
      })
  }
}

/** What the target cannot honour, and what would be a lie to leave out: a tool, a modality, a part of the content. */
export function untranslatable(path: string, reason: string): GatewayError {
  const field = snakeCase(path)
  return new GatewayError('untranslatable', `${field}: ${reason}`, { details: [badRequest(field, reason)] })
}

/** What no target could honour, because it is wrong by itself. */
export function refused(path: string, reason: string): GatewayError {
  return invalidField(snakeCase(path), reason)
}

/** Google writes the paths of its errors so. */
export function snakeCase(path: string): string {
  return path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
