/** Whether a conversation brings back the signatures that were given with it. */
import { GatewayError } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import { roleOf } from '../../translation/checks/contents.ts'
import { isStandIn } from '../../translation/checks/stand-ins.ts'
import type { SandboxModel } from '../models.ts'
import { hasResponse } from './concern.ts'
import { contentDigest, familyByte, kindOf, readSignature, SIGNED_SINCE_FAMILY } from './signatures.ts'

type Content = GeminiMessage<'Content'>
type Part = GeminiMessage<'Part'>

/**
 * Throws Google's 400 when a step of the current turn lacks its signature, or has one that is not its own.
 * Only what came after the user's last words is looked at, and nothing at all before family 3.
 */
export function checkSignatures(contents: readonly Content[], model: SandboxModel): void {
  if (model.family < SIGNED_SINCE_FAMILY) return
  let isFirstCall = true
  for (let index = startOfTurn(contents); index < contents.length; index++) {
    const content = contents[index]!
    if (roleOf(content, `contents[${index}]`) === 'user') {
      isFirstCall = true
      continue
    }
    for (const part of content.parts ?? []) {
      if (part.thoughtSignature) checkSignature(part, part.thoughtSignature, model)
      else if (part.functionCall && isFirstCall) throw missing(part.functionCall.name ?? '', index)
      if (part.functionCall) isFirstCall = false
    }
  }
}

/** A turn begins with what the user says; responses of functions continue it. */
function startOfTurn(contents: readonly Content[]): number {
  const last = contents.findLastIndex(
    (content, index) => roleOf(content, `contents[${index}]`) === 'user' && !hasResponse(content),
  )
  return Math.max(0, last)
}

function checkSignature(part: Part, signature: string, model: SandboxModel): void {
  if (isStandIn(signature)) return
  const seal = readSignature(signature)
  if (seal === undefined) throw new GatewayError('invalid_argument', 'Corrupted thought signature.')
  const kind = kindOf(part)
  const isOfPart =
    kind === undefined ||
    // A stream sends a text's signature beside an empty text, so it says nothing about the words.
    (kind === seal.kind && (kind === 'text' || contentDigest(part, kind) === seal.digest))
  if (seal.family === familyByte(model) && isOfPart) return
  throw new GatewayError('invalid_argument', 'Invalid thought signature.')
}

/** `index` is the content's, from 0; Google counts from 1. */
function missing(name: string, index: number): GatewayError {
  return new GatewayError(
    'invalid_argument',
    'Function call is missing a thought_signature in functionCall parts. This is required for tools to work ' +
      'correctly, and missing thought_signature may lead to degraded model performance. Additional data, function ' +
      `call \`default_api:${shorten(name)}\` , position ${index + 1}. Please refer to ` +
      'https://ai.google.dev/gemini-api/docs/thought-signatures for more details.',
  )
}
