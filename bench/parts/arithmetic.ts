/** What no store is asked for: the arithmetic of prices, and the limits of one process. */
import { MONEY } from '../../src/main/money.ts'
import type { Hold } from '../../src/nouns.ts'
import { createLimits } from '../../src/policies/limits.ts'
import { createMemoryCounters } from '../../src/stores/memory/counters.ts'
import { formatUsd } from '../../src/wire/usd.ts'
import { median } from '../statistics.ts'
import { cpuMicros } from './cpu.ts'
import { type PartFigures, TURN_SIZES, type TurnSize } from './names.ts'
import { CALL, CALLER, findPrice, SETTLEMENT } from './request.ts'

/** Of one repetition; some hundredths of a second. */
const REQUESTS = 8_192
const WARM_UPS = 6

/** What a request does when it begins and when it ends; each answers a number that depends on all of it. */
interface Arithmetic {
  begin(): number
  end(): number
}

const price: Arithmetic = {
  begin: () => MONEY.bound(CALL, findPrice(), {}),
  end: () => {
    const quantities = MONEY.quantities(CALL, SETTLEMENT)
    // The header of the answer is part of it.
    return formatUsd(MONEY.cost(findPrice(), quantities, CALL.tier)).length
  },
}

function createLimited(): Arithmetic {
  const policy = createLimits(createMemoryCounters())
  const held: Hold[] = []
  return {
    begin: () => {
      const hold = policy(CALL, CALLER, [])
      if (hold === undefined || hold instanceof Promise) throw new Error('The limits did not answer at once')
      return held.push(hold) + Object.keys(hold.headers ?? {}).length
    },
    end: () => {
      held.pop()?.release(SETTLEMENT)
      return 1
    },
  }
}

export function measureArithmetic(repetitions: number, requests = REQUESTS): PartFigures {
  const limits = createLimited()
  const entries = TURN_SIZES.flatMap((turn) => [
    [`priceMicrosAt${turn}`, medianMicros(price, { turn, requests, repetitions })],
    [`limitsMicrosAt${turn}`, medianMicros(limits, { turn, requests, repetitions })],
  ])
  return Object.fromEntries(entries) as PartFigures
}

interface Amount {
  readonly turn: TurnSize
  readonly requests: number
  readonly repetitions: number
}

function medianMicros(work: Arithmetic, { turn, requests, repetitions }: Amount): number {
  const all = Array.from({ length: WARM_UPS + repetitions }, () => microsEach(work, turn, requests))
  return median(all.slice(WARM_UPS))
}

function microsEach({ begin, end }: Arithmetic, turn: TurnSize, requests: number): number {
  let sum = 0
  const before = cpuMicros()
  for (let done = 0; done < requests; done += turn) {
    for (let index = 0; index < turn; index += 1) sum += begin()
    for (let index = 0; index < turn; index += 1) sum += end()
  }
  const micros = cpuMicros() - before
  // Whoever uses the sum keeps the compiler from leaving the work out.
  if (!(sum > 0)) throw new Error('Nothing was reckoned')
  return micros / requests
}
