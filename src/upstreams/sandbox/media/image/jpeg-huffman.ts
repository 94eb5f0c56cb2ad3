/** Huffman codes of a JPEG, and the bits that they are read from. */

/** Codes up to this length are found by one look. */
const FAST_BITS = 8
const CODE_BITS_MAX = 16

export interface Huffman {
  /** By the next 8 bits: the symbol and the length of its code, or 0 for a longer code. */
  readonly fast: Uint16Array
  /** By length: the largest code and 1, brought to 16 bits; then where the symbols of that length begin. */
  readonly limits: Int32Array
  readonly offsets: Int32Array
  readonly symbols: Buffer
}

/** `counts` says how many codes there are of each length from 1 to 16. `undefined` when these cannot be codes. */
export function buildHuffman(counts: Buffer, symbols: Buffer): Huffman | undefined {
  const fast = new Uint16Array(1 << FAST_BITS)
  const limits = new Int32Array(CODE_BITS_MAX + 1)
  const offsets = new Int32Array(CODE_BITS_MAX + 1)
  let code = 0
  let index = 0
  for (let length = 1; length <= CODE_BITS_MAX; length++) {
    const count = counts[length - 1]!
    offsets[length] = index - code
    if (code + count > 1 << length) return undefined
    for (let step = 0; step < count; step++, code++, index++) {
      if (length > FAST_BITS) continue
      const from = code << (FAST_BITS - length)
      fast.fill((length << 8) | symbols[index]!, from, from + (1 << (FAST_BITS - length)))
    }
    limits[length] = code << (CODE_BITS_MAX - length)
    code <<= 1
  }
  return { fast, limits, offsets, symbols }
}

export interface Bits {
  /** The next symbol, or -1 for a code that there is not. */
  symbol(table: Huffman): number
  /** A number of `length` bits, as JPEG writes signed ones. */
  signed(length: number): number
  skip(length: number): void
  /** Whether more was read than there is. */
  isOver(): boolean
  /** Goes to the restart marker that has to be here, and over it. False when there is none. */
  restart(): boolean
  /** Where the bytes that were not read begin, or the marker that ended them. */
  position(): number
}

/** Bits of a scan, from `start` up to the next marker. Beyond that it reads zeros, and `isOver`. */
export function createBits(bytes: Buffer, start: number): Bits {
  let at = start
  let buffer = 0
  let held = 0
  let missing = 0
  const fill = (): void => {
    while (held <= 16) {
      let byte = 0
      if (at >= bytes.length || (bytes[at] === 0xff && bytes[at + 1] !== 0)) missing += 8
      else {
        byte = bytes[at]!
        at += byte === 0xff ? 2 : 1
      }
      buffer = (buffer << 8) | byte
      held += 8
    }
  }
  const peek16 = (): number => {
    fill()
    return (buffer >>> (held - 16)) & 0xffff
  }
  return {
    symbol(table) {
      const next = peek16()
      const entry = table.fast[next >> FAST_BITS]!
      if (entry !== 0) {
        held -= entry >> 8
        return entry & 0xff
      }
      let length = FAST_BITS + 1
      while (length <= CODE_BITS_MAX && next >= table.limits[length]!) length++
      if (length > CODE_BITS_MAX) return -1
      held -= length
      return table.symbols[(next >> (CODE_BITS_MAX - length)) + table.offsets[length]!] ?? -1
    },
    signed(length) {
      if (length === 0) return 0
      const value = peek16() >> (16 - length)
      held -= length
      return value < 1 << (length - 1) ? value - (1 << length) + 1 : value
    },
    skip(length) {
      peek16()
      held -= length
    },
    isOver: () => missing > held,
    restart() {
      held = 0
      missing = 0
      buffer = 0
      while (at < bytes.length && bytes[at] === 0xff && bytes[at + 1] === 0xff) at++
      const marker = bytes[at + 1] ?? 0
      if (bytes[at] !== 0xff || marker < 0xd0 || marker > 0xd7) return false
      at += 2
      return true
    },
    position: () => at,
  }
}
