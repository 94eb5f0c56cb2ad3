/** The child's side of its pipes. They block, so that nothing of it runs while it waits. */
import { closeSync, readSync, writeSync } from 'node:fs'
import { CONTROL, STDIN, STDOUT } from './agreement.ts'

const READ_BYTES = 65_536

/** Exactly `count` bytes of what the gateway sends; fewer when it ends before. */
export function readBytes(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count)
  let filled = 0
  while (filled < count) {
    const read = readSync(STDIN, bytes, filled, count - filled, null)
    if (read === 0) break
    filled += read
  }
  return bytes.subarray(0, filled)
}

/** All that is still to come. */
export function readRest(): Buffer {
  const pieces: Buffer[] = []
  for (;;) {
    const piece = readBytes(READ_BYTES)
    pieces.push(piece)
    if (piece.length < READ_BYTES) return Buffer.concat(pieces)
  }
}

export function writeOutput(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(STDOUT, bytes, written)
}

export function writeMark(mark: number): void {
  writeSync(CONTROL, Uint8Array.of(mark))
}

/** The gateway need not wait for the process to be taken down, which takes far longer than a small program. */
export function hangUp(): void {
  closeSync(STDOUT)
  closeSync(CONTROL)
}
