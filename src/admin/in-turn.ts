import { GatewayError } from '../errors.ts'

/** Changes that wait for each other; an operator never has more under way. */
const WAITING_MAX = 1_000

export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

/**
 * Runs one piece of work after the other, in the order in which they came: between what a change read and what it
 * writes there is no other. Throws `overloaded`.
 */
export function createInTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return (work) => {
    if (waiting >= WAITING_MAX) {
      return Promise.reject(new GatewayError('overloaded', 'Too many changes at once.'))
    }
    waiting++
    const done = last.then(work).finally(() => waiting--)
    last = done.catch(() => undefined)
    return done
  }
}
