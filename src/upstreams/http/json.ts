/** A provider's answer is JSON only if it chose to be: what is not is `undefined`. */
export function jsonOrUndefined(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
