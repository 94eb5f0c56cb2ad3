/** What clients of Google's cloud platform write otherwise than this API reads it. */
import { withBody } from '../../nouns/call.ts'
import type { Call } from '../../nouns.ts'
import { removals, rootOf, withEdits } from '../../wire/json-spans.ts'
import type { TellLosses } from '../native/losses.ts'
import { camelCase, memberIn, placeAt } from '../native/places.ts'

/** The version that only the cloud platform has: who asks for it speaks its language. */
const CLOUD_VERSION = 'v1beta1'
/** What the cloud platform counts beside the contents; here it is counted in a whole request only. */
const COUNTED: ReadonlySet<string> = new Set(['systemInstruction', 'tools', 'toolConfig', 'generationConfig'])
const LABELS = Buffer.from('"labels"')

export function withoutDifferences(call: Call, model: string, tell: TellLosses): Call {
  if (call.verb === 'countTokens') return withBody(call, wrapped(call.body, model))
  return call.apiVersion === CLOUD_VERSION ? withoutLabels(call, tell) : call
}

/** `{contents, tools}` → `{generateContentRequest: {model, contents, tools}}`. */
function wrapped(body: Buffer, model: string): Buffer {
  const root = placeAt(body, rootOf(body), '')
  if (!root.members.some(({ name }) => COUNTED.has(camelCase(name)))) return body
  if (memberIn(root, 'generateContentRequest') !== undefined) return body
  const named = memberIn(root, 'model') === undefined ? `"model":${JSON.stringify(`models/${model}`)},` : ''
  return withEdits(body, [
    { start: root.start + 1, end: root.start + 1, text: `"generateContentRequest":{${named}` },
    { start: body.lastIndexOf('}'), end: body.lastIndexOf('}'), text: '}' },
  ])
}

function withoutLabels(call: Call, tell: TellLosses): Call {
  const { body } = call
  if (!body.includes(LABELS)) return call
  const root = placeAt(body, rootOf(body), '')
  const edits = removals(root.members, ({ name }) => name === 'labels')
  if (edits.length > 0) tell().dropped('labels', 'this API has no labels')
  return withBody(call, withEdits(body, edits))
}
