/** Names that a typing mistake most probably meant. */

/** Names longer than this are not compared: the cost grows with the square. */
const NAME_CHARACTERS_MAX = 64

/** The candidate that a typing mistake most probably meant, or undefined. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > NAME_CHARACTERS_MAX) return undefined
  const wanted = simplified(name)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, simplified(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `base_url`, `base-url` and `BaseURL` all mean `baseUrl`. */
function simplified(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let previous: number[] = []
  let current = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1
      let distance = Math.min(current[j]! + 1, next[j - 1]! + 1, current[j - 1]! + cost)
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      if (swapped) distance = Math.min(distance, previous[j - 2]! + 1)
      next.push(distance)
    }
    previous = current
    current = next
  }
  return current[right.length]!
}
