/** What the process as a whole may hold, and whether it gets to run. */
import type { Config } from '../config/schema.ts'
import { type Memory, watchMemory } from '../edge/memory.ts'
import { createHeld, type Held } from '../nouns/held.ts'
import type { Log } from '../observe/log.ts'
import { watchLoop } from '../observe/loop-watch.ts'
import type { AnswerBounds } from '../upstreams/http/bounds.ts'

export interface Bounds {
  /** Of all answers, what waits here. */
  readonly answers: Held
  /** The same for upstreams, with what one answer may be. */
  readonly taken: AnswerBounds
  readonly memory: Memory
  /** Whether the process gets to run, and has for a while. */
  readonly isRunning: () => boolean
  /** How often it did not. */
  readonly blocks: () => number
  close(): void
}

export function createBounds({ server: { limits, timeouts } }: Config, log: Log): Bounds {
  const answers = createHeld(limits.answersInFlight)
  const memory = watchMemory(limits, (isTight, usage) => {
    if (isTight) log.warn(usage, 'memory is tight: new request bodies are refused with 503')
    else log.info(usage, 'memory is no longer tight')
  })
  let blocks = 0
  const loop = watchLoop(
    timeouts.eventLoopBlock,
    (blockedMs) => {
      blocks++
      log.error({ blockedMs }, 'the process did not get to run; it is not ready for a while')
    },
    () => log.info({}, 'the process runs well again'),
  )
  return {
    answers,
    taken: { answerBytesMax: limits.answer, eventBytesMax: limits.event, held: answers },
    memory,
    isRunning: () => loop.isWell,
    blocks: () => blocks,
    close: () => {
      memory.close()
      loop.close()
    },
  }
}
