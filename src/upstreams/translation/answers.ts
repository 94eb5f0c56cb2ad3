/** Answers that are had as a whole: collected from an upstream, made here, put together from several. */
import type { Answer, Call, Reading, Sink, Source } from '../../nouns.ts'
import type { GenerateContentResponse, UsageMetadata } from '../../wire/gemini.ts'
import { addMedia } from '../native/media.ts'
import { sumUsages } from './usage.ts'

/** An answer that may not have begun yet, and can be given up at any time. */
export interface Sent {
  readonly answer: Promise<Answer>
  /** Nothing more comes of it; `answer` may never settle. */
  cancel(): void
}

/** Reads an answer of objects to its end, which has all of it. Rejects when it breaks. */
export function collect({ source }: Answer): Promise<GenerateContentResponse> {
  return new Promise((resolve, reject) => {
    source.start({
      weigh: () => 0,
      chunk: () => {},
      end: (last) => resolve(last?.response ?? {}),
      fail: reject,
    })
  })
}

export interface WholeAnswerOptions extends Pick<Answer, 'translation' | 'firstByteMs'> {
  readonly call: Pick<Call, 'delivery'>
  readonly reading: Reading
}

/** One response, which rides on the end of its source. */
export function wholeAnswer(
  response: GenerateContentResponse,
  { call, reading, translation, firstByteMs }: WholeAnswerOptions,
): Answer {
  return {
    status: 200,
    wire: 'objects',
    delivery: call.delivery,
    headers: {},
    source: wholeSource(response),
    reading: () => reading,
    retryable: false,
    ...(translation !== undefined && { translation }),
    firstByteMs,
  }
}

/** What is read of something that was counted or reckoned here. */
export const MADE_HERE: Reading = Object.freeze({
  usage: undefined,
  finishReason: undefined,
  modelVersion: undefined,
  begun: true,
})

/** Of several requests that were made for one call. */
export function sumReadings(readings: readonly Reading[]): Reading {
  const [first = MADE_HERE] = readings
  const media = readings.flatMap((reading) => reading.media ?? [])
  return {
    usage: sumUsages(readings.map(({ usage }) => usage as UsageMetadata | undefined)),
    finishReason: first.finishReason,
    modelVersion: first.modelVersion,
    searchQueries: readings.reduce((sum, { searchQueries = 0 }) => sum + searchQueries, 0),
    isGrounded: readings.some(({ isGrounded }) => isGrounded),
    media: media.length > 0 ? media.reduce(addMedia) : undefined,
    begun: readings.some(({ begun }) => begun),
  }
}

function wholeSource(response: GenerateContentResponse): Source {
  let sink: Sink | undefined
  let isPaused = false
  const push = (): void => {
    if (isPaused || sink === undefined) return
    const to = sink
    sink = undefined
    to.end({ response })
  }
  return {
    start(to) {
      sink = to
      push()
    },
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      push()
    },
    cancel() {
      sink = undefined
    },
  }
}
