/** Answers under way, so that a server that has to go can wait for them, and tell those that it cannot wait for. */

export interface Flight {
  /** Streams are given more time to end by themselves. */
  readonly isStream: boolean
  /** Ends the answer as broken: the client is told, the use so far is settled. */
  interrupt(error: Error): void
}

export interface Flights {
  add(flight: Flight): void
  delete(flight: Flight): void
  readonly size: number
  interrupt(which: 'unary' | 'all', error: Error): void
  /** Resolves when no answer is under way. */
  landed(): Promise<void>
}

export function createFlights(): Flights {
  const flights = new Set<Flight>()
  let waiting: (() => void)[] = []
  return {
    add: (flight) => void flights.add(flight),
    delete: (flight) => {
      flights.delete(flight)
      if (flights.size > 0 || waiting.length === 0) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    get size() {
      return flights.size
    },
    interrupt: (which, error) => {
      for (const flight of [...flights]) if (which === 'all' || !flight.isStream) flight.interrupt(error)
    },
    landed: () => (flights.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
