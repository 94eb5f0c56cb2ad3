/** Asks for the embeddings of one call, in as many requests as Vertex needs, and makes one answer of theirs. */
import type { Answer, Call, Reading, Sink, Source } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { answerError } from '../http/errors.ts'
import { type EmbedStep, embedResponse, readVectors, type Vectors } from './embeddings.ts'

/** Requests of one call that are on their way at once. */
const AT_ONCE_MAX = 8
/** All vectors of one request; 250 of 3,072 numbers are a sixth of it. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** One exchange with the upstream. */
export type Ask = (step: EmbedStep) => Promise<Answer>

/** Resolves to the upstream's own error when it answers one of the requests with it; then none is begun any more. */
export async function embed(
  name: string,
  call: Call,
  steps: readonly EmbedStep[],
  ask: Ask,
  translation: Answer['translation'],
): Promise<Answer> {
  const startedAtMs = performance.now()
  const found: Vectors[] = []
  let refused: Answer | undefined
  let next = 0
  const one = async (turn: number): Promise<void> => {
    const step = steps[turn] as EmbedStep
    const answer = await ask(step)
    const bytes = await bytesOf(name, answer)
    if (answer.status === 200) found[turn] = vectorsOf(name, step, bytes)
    else refused ??= { ...answer, source: once({ bytes }) }
  }
  const work = async (): Promise<void> => {
    try {
      while (next < steps.length && refused === undefined) await one(next++)
    } finally {
      // Whoever fails leaves nothing to the others.
      next = steps.length
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE_MAX, steps.length) }, work))
  if (refused !== undefined) return refused
  return answerOf(call, embedResponse(call, found), translation, startedAtMs)
}

function vectorsOf(name: string, step: EmbedStep, bytes: Buffer): Vectors {
  const vectors = readVectors(step.verb, JSON.parse(bytes.toString('utf8')))
  if (vectors === undefined) throw answerError(name, 'sent no embeddings', false)
  return vectors
}

function bytesOf(name: string, { source }: Answer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const take = (bytes: Buffer | undefined): void => {
      if (bytes === undefined) return
      pieces.push(bytes)
      size += bytes.length
      if (size <= ANSWER_BYTES_MAX) return
      source.cancel()
      reject(answerError(name, 'sent too long an answer', false))
    }
    source.start({
      weigh: ({ bytes }) => bytes?.length ?? 0,
      chunk: ({ bytes }) => take(bytes),
      end: (last) => {
        take(last?.bytes)
        resolve(Buffer.concat(pieces))
      },
      fail: reject,
    })
  })
}

function answerOf(
  { delivery }: Call,
  response: GenerateContentResponse,
  translation: Answer['translation'],
  startedAtMs: number,
): Answer {
  const reading: Reading = {
    usage: response.usageMetadata,
    finishReason: undefined,
    modelVersion: undefined,
    begun: true,
  }
  return {
    status: 200,
    wire: 'objects',
    delivery,
    headers: {},
    source: once({ response }),
    reading: () => reading,
    retryable: false,
    ...(translation !== undefined && { translation }),
    firstByteMs: performance.now() - startedAtMs,
  }
}

function once(last: NonNullable<Parameters<Sink['end']>[0]>): Source {
  const nothing = () => undefined
  return { start: (sink) => sink.end(last), pause: nothing, resume: nothing, cancel: nothing }
}
