/** Answers under way, so that a server that has to go can wait for them, and tell those that it cannot wait for. */

export interface Flight {
  /** Streams are given more time to end by themselves. */
  readonly isStream: boolean
  /** Where the flight stands in the list; the list's own business. */
  seat: number
  /** Ends the answer as broken: the client is told, the use so far is settled. */
  interrupt(error: Error): void
}

export interface Flights {
  add(flight: Flight): void
  /** Adding or deleting twice changes nothing. */
  delete(flight: Flight): void
  readonly size: number
  interrupt(which: 'unary' | 'all', error: Error): void
  /** Resolves when no answer is under way. */
  landed(): Promise<void>
}

export const NO_SEAT = -1

/**
 * A list with seats, not a `Set`: each time that a Set outgrows its table, the old table keeps the new one and all
 * that was in flight reachable until the next full collection. At thousands of requests a second that promoted most
 * of them to the old generation: a fifth of the processor's time, and twice the memory.
 */
export function createFlights(): Flights {
  const flights: Flight[] = []
  let waiting: (() => void)[] = []

  function remove(flight: Flight): void {
    const last = flights.pop() as Flight
    if (last !== flight) {
      flights[flight.seat] = last
      last.seat = flight.seat
    }
    flight.seat = NO_SEAT
  }

  return {
    add: (flight) => {
      if (flight.seat === NO_SEAT) flight.seat = flights.push(flight) - 1
    },
    delete: (flight) => {
      if (flight.seat === NO_SEAT) return
      remove(flight)
      if (flights.length > 0 || waiting.length === 0) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    get size() {
      return flights.length
    },
    interrupt: (which, error) => {
      for (const flight of [...flights]) if (which === 'all' || !flight.isStream) flight.interrupt(error)
    },
    landed: () =>
      flights.length === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
  }
}
