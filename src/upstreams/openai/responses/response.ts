/** What an answer says of itself: whole, or with a stream's last event. */
import { GatewayError } from '../../../errors.ts'
import type { Report } from '../../../nouns/report.ts'
import { answerError } from '../../http/errors.ts'
import type { Composer } from '../../translation/composer.ts'
import type { Asking } from '../../translation/translator.ts'
import { nameAnswer } from '../response.ts'
import { isObject, type Json, objectOf, textOf } from './json.ts'
import { readOutput } from './output.ts'
import { Pieces } from './pieces.ts'
import { readUsage } from './usage.ts'

/** Throws for what is no answer. */
export function readWhole(document: unknown, composer: Composer, asking: Asking, report: Report): void {
  if (!isObject(document)) throw answerError(report.target, 'sent an answer that is none', false)
  if (document.status === 'failed' || isObject(document.error))
    throw failure(document.error, composer, report)
  if (!Array.isArray(document.output))
    throw answerError(report.target, 'sent an answer without output', false)
  if (!isOver(document)) throw answerError(report.target, 'did not finish its answer', false)
  const pieces = new Pieces(composer, asking)
  nameAnswer(document, composer)
  readOutput(document.output, pieces)
  endAnswer(document, composer, pieces)
}

export function endAnswer(response: Json, composer: Composer, pieces: Pieces): void {
  const usage = readUsage(response.usage)
  if (usage !== undefined) composer.usage(usage)
  if (isCut(response)) {
    const reason = textOf(objectOf(response.incomplete_details).reason) ?? 'unknown'
    pieces.finish(CUTS[reason] ?? 'OTHER', CUTS[reason] === undefined ? `Incomplete: ${reason}.` : undefined)
  } else pieces.finish('STOP')
}

export function isCut(response: Json): boolean {
  return response.status === 'incomplete'
}

/** Why a response is over, where nothing is said of it to the client; undefined when it is not. */
export function endReasonOf({ status, incomplete_details }: Json): string | undefined {
  if (status === 'completed') return 'STOP'
  if (status === 'incomplete') return CUTS[textOf(objectOf(incomplete_details).reason) ?? ''] ?? 'OTHER'
  return status === 'failed' || status === 'cancelled' ? 'OTHER' : undefined
}

const CUTS: Readonly<Record<string, string>> = { max_output_tokens: 'MAX_TOKENS', content_filter: 'SAFETY' }

/** A server of this API that says nothing of a status has given what it has. */
function isOver({ status }: Json): boolean {
  return status === undefined || status === null || status === 'completed' || status === 'incomplete'
}

/** Codes that say what is wrong with the request itself. */
const REQUEST_FAULT =
  /^(?:invalid_(?!api_key)|context_length_exceeded$|image_|unsupported_|empty_image|failed_to_download)/

/** An error in the place of an answer, or in the middle of one. */
export function failure(error: unknown, composer: Composer, report: Report): GatewayError {
  const { code, type, message } = objectOf(error)
  const word = textOf(code) ?? textOf(type) ?? ''
  const text = textOf(message) || 'failed to answer'
  if (composer.reading().begun)
    return new GatewayError('upstream_broken', text, { hint: `${report.target}: ${word}` })
  const isRequest = REQUEST_FAULT.test(word)
  return new GatewayError(isRequest ? 'invalid_argument' : 'upstream_unavailable', text, {
    hint: `${report.target}: ${word}`,
  })
}
