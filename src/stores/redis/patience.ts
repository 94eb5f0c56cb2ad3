/** A server that says nothing at all for so long is not waited for. */
export const SILENCE_MAX_MS = 100
/** Nor one that answers others and is late with this: so many times the silence that is allowed. */
const ANSWER_SILENCES_MAX = 5

/**
 * Calls `giveUp` once, unless the function that it returns is called before. A burst keeps the server busy for longer
 * than the silence that is allowed: as long as it answers something, it is there. `heardAtMs` says when it did.
 */
export function patience(silenceMaxMs: number, heardAtMs: () => number, giveUp: () => void): () => void {
  const answerMaxMs = silenceMaxMs * ANSWER_SILENCES_MAX
  const beganAtMs = performance.now()
  let timer = setTimeout(lookLater, silenceMaxMs)
  let isOver = false

  /** One turn more: it may be this process that was slow, and the answer lies there unread. */
  function lookLater(): void {
    setImmediate(look)
  }

  function look(): void {
    if (isOver) return
    const nowMs = performance.now()
    const silentMs = nowMs - Math.max(beganAtMs, heardAtMs())
    if (silentMs >= silenceMaxMs || nowMs - beganAtMs >= answerMaxMs) return giveUp()
    timer = setTimeout(lookLater, Math.ceil(silenceMaxMs - silentMs))
  }

  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
