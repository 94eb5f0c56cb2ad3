/** generateContent and streamGenerateContent over a target of another wire. */

import { Report, refused } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Answer, Call, Caller } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import type { AnswerReader } from '../http/exchange.ts'
import type { Sent } from './answers.ts'
import { ByContentReader } from './by-content.ts'
import { type Composer, type ComposerOptions, createComposer, makeResponseId } from './composer.ts'
import type { Conversation } from './conversation.ts'
import { settleLeftovers } from './leftovers.ts'
import type { FunctionNames } from './names.ts'
import { type Line, launch, type Outgoing, outgoingOf } from './outgoing.ts'
import { translatedProtocol } from './protocol.ts'
import { readConversation } from './read.ts'
import { answered, EventReader, WholeReader } from './readers.ts'
import { CANDIDATES_MAX, sendRepeated } from './repeat.ts'
import type { Seals } from './seals.ts'
import { askedInWords, sendStructured } from './structured.ts'
import type { Asking, Translator } from './translator.ts'

/** A seed is an int32. */
const SEEDS = 2 ** 31

/** One call on its way to one target. */
export interface Errand {
  readonly line: Line
  readonly translator: Translator
  readonly call: Call
  /** The model's name at the target. */
  readonly model: string
  readonly caller: Caller
  readonly library: Library
  readonly seals: Seals
}

/** Nothing is sent before everything that can be known beforehand was found good. */
export async function generate(errand: Errand): Promise<Answer> {
  const { line, translator, call, model } = errand
  const report = new Report(line.name)
  const { conversation, names } = await readConversation(call, readingOf(errand, report))
  const candidates = candidateCountOf(conversation)
  const worded = askedInWords(conversation, translator.formats(model, conversation.format), report)
  const isRepeated = candidates > 1 && (worded !== undefined || !translator.hasCandidates(model))
  const asking: Asking = {
    call,
    model,
    isStream: call.verb === 'streamGenerateContent' && worded === undefined,
    candidates: isRepeated ? 1 : candidates,
  }
  const asked = worded?.conversation ?? conversation
  const make = (from: Conversation): Outgoing => outgoingOf(translator.generate(from, asking, report))
  const outgoings = isRepeated ? repeated(asked, candidates, make, report) : [make(asked)]
  settleLeftovers(conversation, report)
  report.throwIfStrict(call.isStrict)

  const talk: Talk = {
    errand,
    asking,
    names,
    report,
    includeThoughts: conversation.thinking?.includeThoughts,
  }
  // Requests for one candidate each are one answer.
  const responseId = isRepeated ? makeResponseId() : ''
  const send = (index: number): Sent => {
    const place = isRepeated ? { responseId, firstIndex: index } : {}
    const exchange = (outgoing: Outgoing): Sent => sendOnce(talk, outgoing, place)
    const outgoing = outgoings[index] as Outgoing
    if (worded === undefined) return exchange(outgoing)
    const sendRepair = (repair: Conversation | undefined) => exchange(repair ? make(repair) : outgoing)
    return sendStructured({ name: line.name, call, ...worded, send: sendRepair })
  }
  return isRepeated ? sendRepeated(call, candidates, send) : send(0).answer
}

/** What `readConversation` needs beside the call. */
export function readingOf({ line, translator, model, caller, library, seals }: Errand, report: Report) {
  return {
    model,
    rules: translator.rules,
    caller,
    library,
    seals,
    origin: originOf(line.name, model),
    report,
  }
}

/** Whose reasoning a seal holds. */
export const originOf = (name: string, model: string): string => `${name}/${model}`

function candidateCountOf({ config }: Conversation): number {
  const count = config.take('candidateCount') ?? 1
  if (count > CANDIDATES_MAX) {
    const range = `from 1 (inclusive) to ${CANDIDATES_MAX + 1} (exclusive)`
    throw refused(
      config.pathOf('candidateCount'),
      `Unable to submit request because it has a candidateCount value of ${count} but the supported range is ${range}. Update the value and try again.`,
    )
  }
  return Math.max(1, count)
}

/** One request for each candidate; the same one, unless a seed would make all answers the same. */
function repeated(
  conversation: Conversation,
  count: number,
  make: (from: Conversation) => Outgoing,
  report: Report,
): Outgoing[] {
  const { config } = conversation
  const seed = config.peek('seed')
  const reason = 'the target gives one candidate at a time: one request for each'
  report.emulated(config.pathOf('candidateCount'), seed ? `${reason}, the seed counted up` : reason)
  const first = make(conversation)
  return Array.from({ length: count }, (_, index) => {
    if (index === 0 || seed === undefined) return first
    return make({ ...conversation, config: config.with({ seed: (seed + index) % SEEDS }) })
  })
}

interface Talk {
  readonly errand: Errand
  readonly asking: Asking
  readonly names: FunctionNames
  readonly report: Report
  readonly includeThoughts: boolean | undefined
}

type Place = Pick<ComposerOptions, 'responseId' | 'firstIndex'>

function sendOnce(talk: Talk, outgoing: Outgoing, place: Place): Sent {
  const { errand, asking, report } = talk
  const { line, translator, call } = errand
  const protocol = translatedProtocol({
    name: line.name,
    delivery: call.delivery,
    readRefusal: translator.readRefusal,
    reader: (pass, eventBytesMax) => {
      const whole = () => wholeReader(talk, place)
      return asking.isStream
        ? new ByContentReader({ events: () => eventReader(talk, place, pass, eventBytesMax), whole })
        : whole()
    },
    translation: report,
  })
  return launch(line, outgoing, { protocol, isStream: asking.isStream, call })
}

function eventReader(
  talk: Talk,
  place: Place,
  pass: ConstructorParameters<typeof EventReader>[0]['pass'],
  eventBytesMax: number,
): AnswerReader {
  const { errand, asking, report } = talk
  return new EventReader({
    name: errand.line.name,
    pass,
    eventBytesMax,
    begin: (emit) => {
      const composer = composerFor(talk, place, emit)
      return { composer, events: errand.translator.readEvents(composer, asking, report) }
    },
  })
}

function wholeReader(talk: Talk, place: Place): AnswerReader {
  const { errand, asking, report } = talk
  const composer = composerFor(talk, place, undefined)
  return new WholeReader({
    name: errand.line.name,
    read: (document) => {
      errand.translator.readWhole(document, composer, asking, report)
      return answered(errand.line.name, composer.end(), false)
    },
    reading: () => composer.reading(),
  })
}

function composerFor(
  { errand, names, report, includeThoughts = false }: Talk,
  place: Place,
  emit: ((response: GenerateContentResponse) => void) | undefined,
): Composer {
  const { line, model, seals } = errand
  const origin = originOf(line.name, model)
  const onTooLarge = () =>
    report.dropped(
      'response.candidates',
      "the model's own reasoning is too large for a thoughtSignature; the next turn goes on without it",
    )
  return createComposer({
    isStream: emit !== undefined,
    model,
    includeThoughts,
    originalName: (name) => names.original(name),
    seal: (state) => seals.seal(origin, state, onTooLarge),
    emit,
    ...place,
  })
}
