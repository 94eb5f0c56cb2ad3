/** Takes secrets out of text that goes to a log: the ones we know, and the ones that look like one. */

const MASK = '••••'

/** Keys of providers and of Wasat, bearer tokens, and credentials in a query string. */
const LOOKS_SECRET =
  /\bws[ta]_[A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9_-]{16,}|\bya29\.[A-Za-z0-9._-]{16,}|(?<=\bBearer\s)\S+|(?<=[?&](?:key|access_token|oauth_token)=)[^&\s"']+/g

export type Redact = (text: string) => string

/** `known` are exact values, such as the keys of the upstreams; short ones would blot out innocent text. */
export function createRedact(known: readonly string[]): Redact {
  const secrets = known.filter((secret) => secret.length >= 8)
  return (text) => {
    let clean = text
    for (const secret of secrets) clean = clean.replaceAll(secret, MASK)
    return clean.replaceAll(LOOKS_SECRET, MASK)
  }
}
