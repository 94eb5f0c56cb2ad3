/** Where a place of `text` is in UTF-8 bytes. Must be asked in the order of the text, which is then walked once. */
export function byteOffsets(text: string): (at: number) => number {
  let bytes = 0
  let counted = 0
  return (at) => {
    bytes += Buffer.byteLength(text.slice(counted, at))
    counted = at
    return bytes
  }
}
