/** Offsets count Unicode characters here, and bytes of UTF-8 with Gemini. */
export function bytesBefore(text: string, characters: number): number {
  let count = 0
  let bytes = 0
  for (const character of text) {
    if (count++ >= characters) break
    bytes += Buffer.byteLength(character)
  }
  return bytes
}
