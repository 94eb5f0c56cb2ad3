/** The push source that hands responses out, at once or at the pace of a model. */
import type { Sink, Source } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'

/** Milliseconds to wait before a response; called once for each, in order. */
export type Pace = (response: GenerateContentResponse) => number

export interface SourceOptions {
  /** The only response rides on the end. */
  readonly single: boolean
  readonly observe: (response: GenerateContentResponse) => void
  /** Undefined: nothing waits. */
  readonly pace: Pace | undefined
}

/**
 * A source over responses that are made one by one, as the sink takes them. `start` and `resume` push until the sink
 * pauses, a pace wants to wait, or the end.
 */
export function createSource(
  responses: Iterator<GenerateContentResponse>,
  { single, observe, pace }: SourceOptions,
): Source {
  let sink: Sink | undefined
  let paused = false
  let ended = false
  let pushing = false
  let held: GenerateContentResponse | undefined
  let timer: NodeJS.Timeout | undefined

  const deliver = (to: Sink, response: GenerateContentResponse): void => {
    held = undefined
    ended = single
    observe(response)
    if (single) to.end({ response })
    else to.chunk({ response })
  }
  const wait = (response: GenerateContentResponse, delayMs: number): void => {
    held = response
    timer = setTimeout(() => {
      timer = undefined
      push()
    }, delayMs)
  }
  const pushOne = (to: Sink): void => {
    if (held !== undefined) return deliver(to, held)
    const { value, done } = responses.next()
    if (done) {
      ended = true
      return to.end()
    }
    const delayMs = pace?.(value) ?? 0
    if (delayMs > 0) wait(value, delayMs)
    else deliver(to, value)
  }
  const push = (): void => {
    // A sink may pause and resume inside `chunk`: the loop that is running goes on, no second one is nested in it.
    if (pushing || sink === undefined) return
    pushing = true
    try {
      while (!paused && !ended && timer === undefined) pushOne(sink)
    } finally {
      pushing = false
    }
  }
  return {
    start(to) {
      sink = to
      push()
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      push()
    },
    cancel() {
      ended = true
      clearTimeout(timer)
    },
  }
}
