import type { WindowKind } from '../counter-windows.ts'
import { Holders, type SlidingWindow } from './sliding-window.ts'

/** All that is counted for one key or project. */
export class Scope {
  readonly name: string
  readonly holders = new Holders()
  readonly windows: Partial<Record<WindowKind, SlidingWindow>> = {}
  /** Neighbours by time of last use. */
  older: Scope | undefined
  newer: Scope | undefined

  constructor(name: string) {
    this.name = name
  }
}

/**
 * The scopes that were used last, as a map and a linked list: a map in the order of use would be written anew with
 * each request, and so would be rehashed again and again.
 */
export class Scopes {
  readonly #max: number
  readonly #byName = new Map<string, Scope>()
  #oldest: Scope | undefined
  #newest: Scope | undefined

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#byName.size
  }

  /** The scope of this name, made when there is none; it is the newest from then on. */
  use(name: string): Scope {
    let scope = this.#byName.get(name)
    if (scope === this.#newest && scope !== undefined) return scope
    if (scope === undefined) {
      scope = new Scope(name)
      this.#byName.set(name, scope)
    } else this.#unlink(scope)
    this.#append(scope)
    if (this.#byName.size > this.#max) this.#forgetOne()
    return scope
  }

  /**
   * The least recently used one goes that no request holds. One that is held moves to the front, so that nobody looks
   * at it again and again; when all are held, none goes: there are no more of those than requests under way.
   */
  #forgetOne(): void {
    for (let looks = this.#byName.size; looks > 1; looks--) {
      const scope = this.#oldest as Scope
      this.#unlink(scope)
      if (scope.holders.count === 0) {
        this.#byName.delete(scope.name)
        return
      }
      this.#append(scope)
    }
  }

  #append(scope: Scope): void {
    scope.older = this.#newest
    scope.newer = undefined
    if (this.#newest === undefined) this.#oldest = scope
    else this.#newest.newer = scope
    this.#newest = scope
  }

  #unlink(scope: Scope): void {
    if (scope.older === undefined) this.#oldest = scope.newer
    else scope.older.newer = scope.newer
    if (scope.newer === undefined) this.#newest = scope.older
    else scope.newer.older = scope.older
  }
}
