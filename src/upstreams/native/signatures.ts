/** Signatures that we handed out for a target of another wire: sealed reasoning, which Gemini would call corrupt. */
import { withBody } from '../../nouns/call.ts'
import type { Call } from '../../nouns.ts'
import { withEdits } from '../../wire/json-spans.ts'
import type { TellLosses } from './losses.ts'
import { memberIn, partsIn, pathTo, requestIn } from './places.ts'

/** Every signature of ours starts so: base64 of `wasat1`. In either alphabet of base64, padded or not. */
export const SEAL_PREFIX = 'd2FzYXQx'
/** Google's word for a part of a history that another model wrote; it goes out as it stands here. */
const STAND_IN = '"skip_thought_signature_validator"'
/** With its quote, because quotes are rare in a long body, and the search passes over what is none. */
const TRACE = Buffer.from(`"${SEAL_PREFIX}`)

/** The same call without seals of ours, all other bytes as they came; next to always it is the very call. */
export function withoutSeals(call: Call, tell: TellLosses): Call {
  const { body } = call
  if (!body.includes(TRACE)) return call
  const edits = partsIn(body, requestIn(body)).flatMap((part) => {
    const member = memberIn(part, 'thoughtSignature')
    if (member === undefined || !isSeal(body, member.start)) return []
    tell().dropped(pathTo(part, 'thoughtSignature'), 'it is the reasoning of another provider')
    return [{ start: member.start, end: member.end, text: STAND_IN }]
  })
  return withBody(call, withEdits(body, edits))
}

/** A quote within a text of JSON has a backslash before it: what looks so is a member. */
const SEALED = /(?<!\\)("thought(?:S|_s)ignature"\s*:\s*)"d2FzYXQx[A-Za-z0-9+/=_\\-]*"/g

/** The same for JSON that is stored at Google, such as a cache: wherever in it a part may lie. */
export function withoutSealsInJson(json: Buffer): Buffer {
  if (!json.includes(TRACE)) return json
  return Buffer.from(json.toString('latin1').replaceAll(SEALED, `$1${STAND_IN}`), 'latin1')
}

function isSeal(body: Buffer, start: number): boolean {
  return body.compare(TRACE, 0, TRACE.length, start, start + TRACE.length) === 0
}
