/**
 * How much memory the process has left, looked at a few times a second, and again before a large body comes in. What was
 * let in and is still to come is counted beforehand: a thousand uploads may begin between two looks.
 */
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

export interface MemoryLimits {
  /** Bytes that the process may take; 0: what the container allows, else what the machine has. */
  readonly memory: number
  readonly memoryShedPercent: number
}

export interface Memory {
  /** Whether a body of so many bytes may still come in, while so many bytes of others are on their way. */
  hasRoom(bytes: number, comingBytes: number): boolean
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
/** A look costs some microseconds, and a body of this size many more. */
const LARGE_BYTES = 256 * 1024
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
    hasRoom: (bytes, comingBytes) => {
      if (isEver && bytes >= LARGE_BYTES) see()
      return !isTight && (bytes + comingBytes) * COPIES_OF_A_BODY <= roomBytes
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
