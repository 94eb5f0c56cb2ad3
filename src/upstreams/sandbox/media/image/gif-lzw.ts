/** GIF's variable-length LZW, decoded only as far as counting how often each colour index occurs. */
import { letOthersRun } from '../file.ts'

const CODES_MAX = 4_096
const CODE_BITS_MAX = 12
/** Sub-blocks (of at most 255 bytes) between two turns of the event loop. */
const BLOCKS_PER_TURN = 512

/**
 * How often each colour index occurs in the first `pixels` pixels; `undefined` when the codes make no sense or end
 * too early. A code's string is never written out: it has the counts of its prefix and one index more, so a chain is
 * only followed as far as there are pixels left.
 */
export async function countIndexes(
  blocks: readonly Buffer[],
  codeBits: number,
  pixels: number,
): Promise<Float64Array | undefined> {
  if (codeBits < 1 || codeBits > 8 || pixels === 0) return undefined
  const decoder = createDecoder(codeBits, pixels)
  for (const [index, block] of blocks.entries()) {
    for (const byte of block) {
      const state = decoder.push(byte)
      if (state === 'full') return decoder.counts
      if (state === 'broken') return undefined
    }
    if (index % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1) await letOthersRun()
  }
  return undefined
}

type State = 'more' | 'full' | 'broken'

interface Decoder {
  readonly counts: Float64Array
  push(byte: number): State
}

function createDecoder(codeBits: number, pixels: number): Decoder {
  const counts = new Float64Array(256)
  const table = createTable(codeBits)
  let left = pixels
  let buffered = 0
  let bits = 0
  const take = (code: number): State => {
    if (code === table.clear) {
      table.reset()
      return 'more'
    }
    // The end before the last pixel is a picture that was cut.
    if (code === table.clear + 1 || !table.accept(code)) return 'broken'
    left -= table.spend(code, left, counts)
    return left === 0 ? 'full' : 'more'
  }
  return {
    counts,
    push(byte) {
      buffered |= byte << bits
      bits += 8
      while (bits >= table.width()) {
        const width = table.width()
        const code = buffered & ((1 << width) - 1)
        buffered >>>= width
        bits -= width
        const state = take(code)
        if (state !== 'more') return state
      }
      return 'more'
    },
  }
}

interface Table {
  readonly clear: number
  reset(): void
  /** Bits of the next code. */
  width(): number
  /** Learns what the code teaches; false when there can be no such code. */
  accept(code: number): boolean
  /** Counts the indexes of a code's string, at most `left` of them. Gives how many. */
  spend(code: number, left: number, counts: Float64Array): number
}

function createTable(codeBits: number): Table {
  const clear = 1 << codeBits
  const prefix = new Int16Array(CODES_MAX)
  const suffix = new Uint8Array(CODES_MAX)
  const first = new Uint8Array(CODES_MAX)
  const length = new Uint16Array(CODES_MAX)
  for (let code = 0; code < clear; code++) {
    suffix[code] = code
    first[code] = code
    length[code] = 1
    prefix[code] = -1
  }
  let next = clear + 2
  let width = codeBits + 1
  let previous = -1
  const learn = (index: number): void => {
    if (next >= CODES_MAX) return
    prefix[next] = previous
    suffix[next] = index
    first[next] = first[previous]!
    length[next] = length[previous]! + 1
    next++
    if (next === 1 << width && width < CODE_BITS_MAX) width++
  }
  return {
    clear,
    reset() {
      next = clear + 2
      width = codeBits + 1
      previous = -1
    },
    width: () => width,
    accept(code) {
      if (code > next || (code === next && previous === -1) || (previous === -1 && code >= clear))
        return false
      // A code that is just about to be learned begins with what the one before it begins with.
      if (previous !== -1) learn(first[code < next ? code : previous]!)
      if (code >= next) return false
      previous = code
      return true
    },
    spend(code, left, counts) {
      const whole = length[code]!
      let at = code
      // The string ends with the code's own index, so what does not fit any more is cut from there.
      for (let extra = whole - left; extra > 0; extra--) at = prefix[at]!
      for (let step = at; step !== -1; step = prefix[step]!) counts[suffix[step]!]! += 1
      return Math.min(whole, left)
    },
  }
}
