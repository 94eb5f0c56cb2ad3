/** Bits and bytes written one after another into memory that grows as it is needed. */

const START_BYTES = 64 * 1024

/** Highest bit first, as JPEG and H.264 want them. */
export class BitWriter {
  #bytes = new Uint8Array(START_BYTES)
  #length = 0
  #pending = 0
  #pendingBits = 0
  readonly #stuffing: boolean

  /** With `stuffing`, a 0 follows every byte of ones: JPEG's way of telling data from markers. */
  constructor(stuffing = false) {
    this.#stuffing = stuffing
  }

  /** The lowest `count` bits of `value`; at most 24. */
  bits(value: number, count: number): void {
    this.#pending = (this.#pending << count) | (value & ((1 << count) - 1))
    this.#pendingBits += count
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8
      this.#byte((this.#pending >> this.#pendingBits) & 0xff)
    }
    this.#pending &= (1 << this.#pendingBits) - 1
  }

  /** Whole bytes; the writer must stand at the beginning of a byte. */
  bytes(values: Uint8Array): void {
    this.#reserve(values.length)
    this.#bytes.set(values, this.#length)
    this.#length += values.length
  }

  /** Fills the byte that is begun with `bit`. */
  align(bit: 0 | 1): void {
    const missing = (8 - this.#pendingBits) % 8
    this.bits(bit === 0 ? 0 : (1 << missing) - 1, missing)
  }

  /** What was written; bits that make no whole byte are not in it. */
  take(): Buffer {
    return Buffer.from(this.#bytes.buffer, 0, this.#length)
  }

  #byte(value: number): void {
    this.#reserve(2)
    this.#bytes[this.#length++] = value
    if (this.#stuffing && value === 0xff) this.#bytes[this.#length++] = 0
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
