/** Where a medium's bytes come from: a request's own, or a file that is read in slices. */

export interface MediumSource {
  /** As the client named it. */
  readonly mimeType: string
  readonly sizeBytes: number
  /** All of it: for sources known to be small. */
  bytes(): Promise<Buffer>
  /** The bytes from `start` up to but not including `end`; fewer when the source ends before. */
  read(start: number, end: number): Promise<Buffer>
}

export function sourceOfBytes(mimeType: string, bytes: Buffer): MediumSource {
  return Object.freeze({
    mimeType,
    sizeBytes: bytes.length,
    bytes: () => Promise.resolve(bytes),
    read: (start: number, end: number) => Promise.resolve(bytes.subarray(start, end)),
  })
}
