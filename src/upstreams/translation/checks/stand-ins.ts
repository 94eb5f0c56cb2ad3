/** What stands where a thought signature would be, when the history is another model's. */

/**
 * Google's stand-ins for a history that another model wrote. They come raw, since all their characters are of the
 * url-safe alphabet, or as base64 of themselves from clients that take the field for bytes.
 */
const STAND_INS: ReadonlySet<string> = new Set(
  ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'].flatMap((word) => {
    const encoded = Buffer.from(word).toString('base64')
    return [word, encoded, encoded.replace(/=+$/, '')]
  }),
)

export function isStandIn(signature: string): boolean {
  return STAND_INS.has(signature)
}
