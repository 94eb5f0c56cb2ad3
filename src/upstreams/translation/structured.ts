/** Output of a form that a model does not hold itself to: asked for in words, checked, and repaired once. */
import { GatewayError } from '../../errors.ts'
import type { Report } from '../../nouns/report.ts'
import type { Answer, Call } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { collect, type Sent, sumReadings, wholeAnswer } from './answers.ts'
import type { Conversation, OutputFormat, Piece, Turn } from './conversation.ts'
import { type AskedFormat, isWhollyCheckable, judge, type Verdict, withText } from './judge.ts'
import { sumUsages } from './usage.ts'

/** The first request, its repair, and the first answer once more as part of the repair's prompt. */
export const REQUESTS_PER_FORMAT = 3

/** What is sent instead, when the model keeps to `kinds` of formats only; undefined when it keeps to this one. */
export function askedInWords(
  conversation: Conversation,
  kinds: readonly OutputFormat['kind'][],
  report: Report,
): { readonly conversation: Conversation; readonly format: AskedFormat } | undefined {
  const { format } = conversation
  if (format.kind === 'text' || kinds.includes(format.kind)) return undefined
  report.emulated(format.path, reasonFor(format))
  const canJson = format.kind === 'schema' && kinds.includes('json')
  const system = [
    ...conversation.system,
    { kind: 'text' as const, path: format.path, text: wordsFor(format, conversation.functions.length > 0) },
  ]
  const rest: OutputFormat = canJson ? { kind: 'json', path: format.path } : { kind: 'text' }
  return { conversation: { ...conversation, system, format: rest }, format }
}

export interface StructuredOptions {
  /** The upstream's name. */
  readonly name: string
  readonly call: Call
  /** As `askedInWords` made it. */
  readonly conversation: Conversation
  readonly format: AskedFormat
  /** Sends a conversation for a whole answer; undefined stands for the one above. Throws what it cannot carry. */
  readonly send: (repair: Conversation | undefined) => Sent
}

/** One answer that keeps to the format. `answer` rejects with `upstream_unavailable` when the model does not. */
export function sendStructured(options: StructuredOptions): Sent {
  const line = new Attempts(options.send)
  return { answer: settle(options, line), cancel: () => line.cancel() }
}

async function settle(options: StructuredOptions, attempts: Attempts): Promise<Answer> {
  const { call, format } = options
  const first = await attempts.next(undefined)
  if (first.status >= 400) return first
  const response = await collect(first)
  const verdict = judge(response, format)
  // For a client that left nothing more is bought.
  if (verdict.kind !== 'wrong' || call.clientLeft()) {
    return wholeAnswer(judged(response, verdict), { ...first, call, reading: first.reading() })
  }
  const second = await attempts.next(repairOf(options.conversation, verdict, format))
  if (second.status >= 400) {
    second.source.cancel()
    throw unkept(options, `and asking again was answered with status ${second.status}`)
  }
  const repaired = await collect(second)
  const last = judge(repaired, format)
  if (last.kind === 'wrong') throw unkept(options, 'nor when it was asked again')
  const usage = sumUsages([response.usageMetadata, repaired.usageMetadata])
  const whole = { ...judged(repaired, last), ...(usage !== undefined && { usageMetadata: usage }) }
  const reading = { ...sumReadings([second.reading(), first.reading()]) }
  return wholeAnswer(whole, { ...first, call, reading })
}

function judged(response: GenerateContentResponse, verdict: Verdict): GenerateContentResponse {
  return verdict.kind === 'valid' ? withText(response, verdict.text) : response
}

/** The requests of one answer, one after the other, to be given up at any moment. */
class Attempts {
  readonly #send: StructuredOptions['send']
  #current: Sent | undefined
  #isCancelled = false

  constructor(send: StructuredOptions['send']) {
    this.#send = send
  }

  next(repair: Conversation | undefined): Promise<Answer> {
    if (this.#isCancelled) throw new GatewayError('upstream_broken', 'The gateway hung up.')
    this.#current = this.#send(repair)
    return this.#current.answer
  }

  cancel(): void {
    this.#isCancelled = true
    this.#current?.cancel()
  }
}

function repairOf(
  conversation: Conversation,
  { text, complaint }: Extract<Verdict, { kind: 'wrong' }>,
  { path }: AskedFormat,
): Conversation {
  const said: Turn = { role: 'model', pieces: [{ kind: 'text', path, text }] }
  const asked = `That is not what was asked for.\n${complaint}\nAnswer again with the corrected answer alone.`
  const asking: Turn = { role: 'user', pieces: [{ kind: 'text', path, text: asked }] }
  const turns = [...conversation.turns]
  for (const turn of text.trim() === '' ? [asking] : [said, asking]) {
    const last = turns.at(-1)
    if (last?.role === turn.role) turns[turns.length - 1] = merged(last, turn.pieces)
    else turns.push(turn)
  }
  return { ...conversation, turns }
}

const merged = (turn: Turn, pieces: readonly Piece[]): Turn => ({
  ...turn,
  pieces: [...turn.pieces, ...pieces],
})

function wordsFor(format: AskedFormat, hasFunctions: boolean): string {
  const unless = hasFunctions ? 'Unless you call a function, answer' : 'Answer'
  if (format.kind === 'enum') {
    const values = format.values.map((value) => `- ${value}`).join('\n')
    return `${unless} with exactly one of these values, and with nothing else:\n${values}`
  }
  const json = `${unless} with JSON alone: no other text, no code fence.`
  if (format.kind === 'json') return json
  return `${json} It must be valid against this JSON Schema:\n${JSON.stringify(format.schema)}`
}

function reasonFor(format: AskedFormat): string {
  const reason = 'asked for in words and checked here, because the model does not hold itself to it'
  const isChecked = format.kind !== 'schema' || isWhollyCheckable(format.schema)
  return isChecked ? reason : `${reason}; patterns are asked for and not checked`
}

/** Half an object would be taken for a whole one: there is no answer then. */
function unkept({ name, call }: StructuredOptions, how: string): GatewayError {
  return new GatewayError(
    'upstream_unavailable',
    `The model ${call.model} did not keep to the format that was asked for, ${how}.`,
    { hint: `${name}: the model did not keep to the response format, ${how}` },
  )
}
