/**
 * How much memory the process has left, looked at a few times a second. What is let in between two looks is counted
 * beforehand: a thousand uploads may come in one of them.
 */
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

export interface MemoryLimits {
  /** Bytes that the process may take; 0: what the container allows, else what the machine has. */
  readonly memory: number
  readonly memoryShedPercent: number
}

export interface Memory {
  /** Whether a body of so many bytes may still come in. */
  hasRoom(bytes: number): boolean
  /** Whether bodies are refused for want of memory, as far as the last look knows. */
  readonly isTight: boolean
  close(): void
}

/** What a look finds: bytes taken, and bytes that there are. */
export interface Usage {
  readonly heapUsed: number
  readonly heapMax: number
  readonly resident: number
  readonly residentMax: number
}

const LOOK_MS = 100
/** A body's pieces, and the whole that is made of them. */
const COPIES_OF_A_BODY = 2
/** It is tight until so much less is taken: at the bound itself it would change with every look. */
const RELIEF = 0.95

export function watchMemory(
  limits: MemoryLimits,
  onChange: (isTight: boolean, usage: Usage) => void,
  look: () => Usage = lookAt(limits.memory),
): Memory {
  const share = limits.memoryShedPercent / 100
  const isEver = limits.memoryShedPercent < 100
  let isTight = false
  let roomBytes = Number.POSITIVE_INFINITY

  function see(): void {
    const usage = look()
    const taken = Math.max(usage.heapUsed / usage.heapMax, usage.resident / usage.residentMax)
    roomBytes = usage.residentMax * share - usage.resident
    const wasTight = isTight
    isTight = taken >= (wasTight ? share * RELIEF : share)
    if (wasTight !== isTight) onChange(isTight, usage)
  }
  if (isEver) see()
  const timer = isEver ? setInterval(see, LOOK_MS) : undefined
  timer?.unref()

  return {
    hasRoom: (bytes) => {
      if (isTight || roomBytes < bytes * COPIES_OF_A_BODY) return false
      roomBytes -= bytes * COPIES_OF_A_BODY
      return true
    },
    get isTight() {
      return isTight
    },
    close: () => clearInterval(timer),
  }
}

function lookAt(memory: number): () => Usage {
  const residentMax = memory > 0 ? memory : residentMaxHere()
  return () => {
    const { used_heap_size: heapUsed, heap_size_limit: heapMax } = getHeapStatistics()
    return { heapUsed, heapMax, resident: process.memoryUsage.rss(), residentMax }
  }
}

/** Without a bound of the container the system answers with 0, or with more than there is. */
function residentMaxHere(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
