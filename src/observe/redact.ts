/** Takes secrets out of text that goes to a log: the ones we know, and the ones that look like one. */

const MASK = '••••'

/** Keys of providers and of Wasat, bearer tokens, and credentials in a query string. */
const LOOKS_SECRET =
  /\bws[ta]_[A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9_-]{16,}|\bya29\.[A-Za-z0-9._-]{16,}|(?<=\bBearer\s)\S+|(?<=[?&](?:key|access_token|oauth_token)=)[^&\s"']+/g

/** Shorter ones would blot out innocent text. */
export const SECRET_CHARACTERS_MIN = 8

export interface Redact {
  (text: string): string
  /** Adds exact values, such as the keys of the upstreams of a new configuration. What was secret once stays so. */
  learn(secrets: readonly string[]): void
}

export function createRedact(known: readonly string[]): Redact {
  const secrets = new Set<string>()
  const redact = (text: string): string => {
    let clean = text
    for (const secret of secrets) clean = clean.replaceAll(secret, MASK)
    return clean.replaceAll(LOOKS_SECRET, MASK)
  }
  const learn = (more: readonly string[]) => {
    for (const secret of more) if (secret.length >= SECRET_CHARACTERS_MIN) secrets.add(secret)
  }
  learn(known)
  return Object.assign(redact, { learn })
}
