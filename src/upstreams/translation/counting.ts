/** countTokens over a target of another wire: its own count where it has one, else an estimate; never a generation. */
import { Report } from '../../nouns/report.ts'
import type { Answer } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { answerError } from '../http/errors.ts'
import { MADE_HERE, wholeAnswer } from './answers.ts'
import type { Conversation } from './conversation.ts'
import { estimateTokens } from './count.ts'
import { type Errand, readingOf } from './generate.ts'
import { launch, outgoingOf } from './outgoing.ts'
import { translatedProtocol } from './protocol.ts'
import { readCountable } from './read.ts'
import { WholeReader } from './readers.ts'
import type { Asking } from './translator.ts'

export async function countTokens(errand: Errand): Promise<Answer> {
  const startedAtMs = performance.now()
  const { line, translator, call, model } = errand
  const report = new Report(line.name)
  const { conversation } = await readCountable(call, readingOf(errand, report))
  const { count } = translator
  if (count !== undefined) {
    const asking: Asking = { call, model, isStream: false, candidates: 1 }
    const outgoing = outgoingOf(count.build(conversation, asking, report))
    report.throwIfStrict(call.isStrict)
    return ask(errand, outgoing, report, (document) => {
      const totalTokens = count.read(document)
      return totalTokens === undefined ? undefined : counted(conversation, totalTokens)
    })
  }
  report.emulated('', 'counted here: an estimate')
  report.throwIfStrict(call.isStrict)
  const { total, byModality } = estimateTokens(conversation)
  const firstByteMs = performance.now() - startedAtMs
  const response = { totalTokens: total, ...(byModality.length > 0 && { promptTokensDetails: byModality }) }
  return wholeAnswer(response, { call, reading: MADE_HERE, translation: report, firstByteMs })
}

/** The target tells a sum; what it is made of is known where it is one thing only. */
function counted(conversation: Conversation, totalTokens: number): GenerateContentResponse {
  const { byModality } = estimateTokens(conversation)
  const [only] = byModality
  if (only === undefined || byModality.length > 1 || totalTokens === 0) return { totalTokens }
  return { totalTokens, promptTokensDetails: [{ modality: only.modality, tokenCount: totalTokens }] }
}

/** One whole answer that is no generation. `read` gives undefined for what is none. */
export function ask(
  { line, translator, call }: Errand,
  outgoing: Parameters<typeof launch>[1],
  report: Report,
  read: (document: unknown) => GenerateContentResponse | undefined,
): Promise<Answer> {
  let reading = { ...MADE_HERE, begun: false }
  const reader = () =>
    new WholeReader({
      name: line.name,
      read: (document) => {
        const response = read(document)
        if (response === undefined) throw answerError(line.name, 'sent an answer that cannot be read', false)
        reading = { ...MADE_HERE, usage: response.usageMetadata }
        return response
      },
      reading: () => reading,
    })
  const { delivery } = call
  const { readRefusal } = translator
  const protocol = translatedProtocol({ name: line.name, delivery, readRefusal, reader, translation: report })
  return launch(line, outgoing, { protocol, isStream: false, call }).answer
}
