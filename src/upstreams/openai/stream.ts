/** Reads the events of a streamed chat completion. */
import type { Report } from '../../nouns/report.ts'
import type { Composer } from '../translation/composer.ts'
import type { Asking, EventReading } from '../translation/translator.ts'
import { Choice } from './choice.ts'
import { citeAddresses, cutStops, finishOf, nameAnswer, takeUsage, throwIfError } from './response.ts'
import { isObject, type Json } from './responses/json.ts'
import type { VendorFlags } from './vendor.ts'

export function readChatEvents(
  composer: Composer,
  asking: Asking,
  flags: VendorFlags,
  report: Report,
): EventReading {
  return new ChatEvents(composer, asking, flags, report)
}

class ChatEvents implements EventReading {
  readonly #composer: Composer
  readonly #report: Report
  readonly #flags: VendorFlags
  readonly #stops: readonly string[]
  readonly #choices = new Map<number, Choice>()
  #isNamed = false

  constructor(composer: Composer, asking: Asking, flags: VendorFlags, report: Report) {
    this.#composer = composer
    this.#report = report
    this.#flags = flags
    this.#stops = cutStops(asking, flags)
  }

  /** A finish reason for every choice that began. */
  get isComplete(): boolean {
    if (this.#choices.size === 0) return false
    for (const choice of this.#choices.values()) if (!choice.isFinished) return false
    return true
  }

  event(_: string, data: unknown): void {
    if (!isObject(data)) return
    if (data.error !== undefined) throwIfError(data, this.#composer, this.#report)
    if (!this.#isNamed) {
      nameAnswer(data, this.#composer)
      this.#isNamed = true
    }
    const { choices } = data
    if (Array.isArray(choices)) for (const choice of choices) if (isObject(choice)) this.#add(choice, data)
    if (data.usage || data.x_groq) takeUsage(data, this.#composer)
  }

  #add(given: Json, event: Json): void {
    const index = typeof given.index === 'number' ? given.index : 0
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = new Choice(index, this.#composer, this.#stops, this.#flags)
      this.#choices.set(index, choice)
    }
    const delta = given.delta ?? given.message
    // First, so that they ride on the text that they are about.
    if (given.logprobs) choice.addLogprobs(given.logprobs)
    if (isObject(delta)) choice.add(delta)
    if (!given.finish_reason && !given.error) return
    const reason = finishOf(given, this.#composer, this.#report)
    // Repeated with every event of some servers.
    if (reason === undefined || choice.isFinished) return
    citeAddresses(event, choice)
    choice.finish(reason)
  }
}
