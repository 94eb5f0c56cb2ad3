/** Bytes that a hostile file cannot make anybody read beyond: every access is checked, and the first bad one throws. */
import type { GatewayError } from '../../../errors.ts'

export interface View {
  readonly bytes: Buffer
  readonly length: number
  u8(at: number): number
  u16(at: number): number
  u24(at: number): number
  u32(at: number): number
  /** Beyond 2^53 it is not exact. */
  u64(at: number): number
  u16le(at: number): number
  u24le(at: number): number
  u32le(at: number): number
  u64le(at: number): number
  f64(at: number): number
  /** One character a byte. */
  latin1(at: number, length: number): string
  slice(at: number, length: number): Buffer
  part(at: number, length: number): View
  /** The view's bytes from `at` to its end. */
  rest(at: number): View
}

const U32 = 2 ** 32

/** `broken` makes the error for an access outside of the bytes. */
export function viewOf(bytes: Buffer, broken: () => GatewayError): View {
  const checked = (at: number, length: number): number => {
    if (at >= 0 && length >= 0 && at + length <= bytes.length) return at
    throw broken()
  }
  const slice = (at: number, length: number): Buffer => bytes.subarray(checked(at, length), at + length)
  return {
    bytes,
    length: bytes.length,
    u8: (at) => bytes.readUInt8(checked(at, 1)),
    u16: (at) => bytes.readUInt16BE(checked(at, 2)),
    u24: (at) => bytes.readUIntBE(checked(at, 3), 3),
    u32: (at) => bytes.readUInt32BE(checked(at, 4)),
    u64: (at) => bytes.readUInt32BE(checked(at, 8)) * U32 + bytes.readUInt32BE(at + 4),
    u16le: (at) => bytes.readUInt16LE(checked(at, 2)),
    u24le: (at) => bytes.readUIntLE(checked(at, 3), 3),
    u32le: (at) => bytes.readUInt32LE(checked(at, 4)),
    u64le: (at) => bytes.readUInt32LE(checked(at, 8)) + bytes.readUInt32LE(at + 4) * U32,
    f64: (at) => bytes.readDoubleBE(checked(at, 8)),
    latin1: (at, length) => bytes.toString('latin1', checked(at, length), at + length),
    slice,
    part: (at, length) => viewOf(slice(at, length), broken),
    rest: (at) => viewOf(slice(at, Math.max(0, bytes.length - at)), broken),
  }
}
