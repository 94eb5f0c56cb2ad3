/** The end of an answer that broke. */
import type { HttpResponse } from '../nouns.ts'

/** Between the forms of an error and the cut: some clients look at each network read on its own. */
const ERROR_STEP_MS = 20

/**
 * Writes the steps apart, then cuts the connection: a clean end would be taken for a whole answer. Each step sets the
 * timer of the next: timers of several lengths are not run in their order when the process is late.
 */
export function breakOff(response: HttpResponse, [step, ...rest]: readonly string[], afterMs = 0): void {
  setTimeout(() => {
    if (step === undefined) return response.destroy()
    response.write(step)
    breakOff(response, rest, ERROR_STEP_MS)
  }, afterMs)
}
