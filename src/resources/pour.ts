import type { HttpResponse } from '../nouns.ts'

/**
 * Writes the pieces as fast as the client takes them, and no further than it stays. When the pieces break off, so does
 * the connection: what is missing must be seen.
 */
export async function pour(
  pieces: AsyncIterable<Buffer | string>,
  response: Pick<HttpResponse, 'write' | 'end' | 'destroy' | 'onDrain' | 'onClientLeft'>,
): Promise<void> {
  let isGone = false
  let wake = () => {}
  response.onDrain(() => wake())
  response.onClientLeft(() => {
    isGone = true
    wake()
  })
  try {
    for await (const piece of pieces) {
      const room = new Promise<void>((resolve) => {
        wake = resolve
      })
      if (isGone) return
      if (!response.write(piece)) await room
      if (isGone) return
    }
  } catch {
    return response.destroy()
  }
  if (!isGone) response.end()
}
