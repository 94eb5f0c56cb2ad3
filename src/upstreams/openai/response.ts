/** Reads a whole chat completion. */
import { GatewayError } from '../../errors.ts'
import type { Report } from '../../nouns/report.ts'
import { answerError } from '../http/errors.ts'
import type { Composer } from '../translation/composer.ts'
import type { Asking } from '../translation/translator.ts'
import { Choice } from './choice.ts'
import { messageOf, refusedInside } from './errors.ts'
import { isFailure } from './finish.ts'
import { isObject, type Json, numberOf, objectOf, objectsOf, textOf } from './responses/json.ts'
import { stopsOf } from './responses/stop.ts'
import { usageOf } from './usage.ts'
import type { VendorFlags } from './vendor.ts'

/** Throws for what is no answer. */
export function readChat(
  document: unknown,
  composer: Composer,
  asking: Asking,
  flags: VendorFlags,
  report: Report,
): void {
  if (!isObject(document)) throw answerError(report.target, 'sent an answer that is none', false)
  throwIfError(document, composer, report)
  const choices = objectsOf(document.choices)
  if (choices.length === 0) throw answerError(report.target, 'sent an answer without choices', false)
  nameAnswer(document, composer)
  const stops = cutStops(asking, flags)
  choices.forEach((given, position) => {
    const choice = new Choice(numberOf(given.index) ?? position, composer, stops, flags)
    choice.add(objectOf(given.message))
    choice.addLogprobs(given.logprobs)
    citeAddresses(document, choice)
    choice.finish(finishOf(given, composer, report) ?? 'stop')
  })
  takeUsage(document, composer)
}

/** Of the stop sequences, those that the target was not given. */
export function cutStops(asking: Asking, flags: VendorFlags): readonly string[] {
  return stopsOf(asking.call).slice(flags.stopsMax)
}

export function nameAnswer(document: Json, composer: Composer): void {
  const id = textOf(document.id)
  const model = textOf(document.model)
  if (id !== undefined) composer.responseId(id)
  if (model !== undefined) composer.modelVersion(model)
}

/** Why a choice ended; undefined when it goes on. Throws when the server gave up. */
export function finishOf(choice: Json, composer: Composer, report: Report): string | undefined {
  throwIfError(choice, composer, report)
  const reason = textOf(choice.finish_reason) || undefined
  if (reason !== undefined && isFailure(reason)) {
    throw failure(`The upstream ${report.target} broke off its answer.`, reason, composer, report)
  }
  return reason
}

/** An error in the place of an answer, or in the middle of one. */
export function throwIfError(document: Json, composer: Composer, report: Report): void {
  const { error } = document
  if (error === undefined || error === null) return
  const refused = refusedInside(error)
  if (refused !== undefined) throw refused
  const text = messageOf({ error }) || `The upstream ${report.target} failed to answer.`
  const { code, type } = objectOf(error)
  const word = textOf(code) ?? textOf(type) ?? String(numberOf(code) ?? 'error')
  throw failure(text, word, composer, report)
}

function failure(text: string, code: string, composer: Composer, report: Report): GatewayError {
  const hint = `${report.target}: ${code}`
  return new GatewayError(composer.reading().begun ? 'upstream_broken' : 'upstream_unavailable', text, {
    hint,
  })
}

/** Addresses beside the answer, for the whole of it. */
export function citeAddresses(document: Json, choice: Choice): void {
  if (!Array.isArray(document.citations)) return
  for (const uri of document.citations) if (typeof uri === 'string') choice.citeAddress(uri)
}

export function takeUsage(document: Json, composer: Composer): void {
  const usage = usageOf(document.usage ?? objectOf(document.x_groq).usage)
  if (usage !== undefined) composer.usage(usage)
}
