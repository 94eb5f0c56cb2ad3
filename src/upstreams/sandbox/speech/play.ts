/** Plays the models that speak: the prompt's own words, in the voices that the request chose. */
import { setImmediate } from 'node:timers/promises'
import type { Part } from '../../../wire/gemini.ts'
import { modalitiesOf } from '../images/modalities.ts'
import type { Medium } from '../media/medium.ts'
import type { Play, Player, Scene } from '../play.ts'
import { type SpeechWish, speechWishOf } from './check.ts'
import { encodeAudio } from './encode.ts'
import { readScript, type Script } from './script.ts'
import { sentencesOf } from './sounds.ts'
import { BYTES_PER_SAMPLE, createSpeaker, SPEECH_SECONDS_MAX } from './speak.ts'

/** Of an answer. */
const TOKENS_PER_SECOND = 25

/** Plays when the answer is to be audio. */
export const speechPlayer: Player = (scene) => {
  const { model, request } = scene.generation
  if (!modalitiesOf(model, request.generationConfig).has('AUDIO')) return undefined
  return playSpeech(scene, speechWishOf(request.generationConfig))
}

async function playSpeech(scene: Scene, wish: SpeechWish): Promise<Play> {
  const script = readScript(scene.conversation.prompt, [...wish.speakers.keys()])
  const { samples, isCut } = await perform(script, wish, secondsMaxOf(scene), scene.signal)
  if (samples.length === 0) return { parts: [], finishReason: isCut ? 'MAX_TOKENS' : 'OTHER' }
  const bytes = encodeAudio(samples, wish.format, wish.sampleRate)
  const part: Part = { inlineData: { mimeType: wish.mimeType, data: bytes.toString('base64') } }
  const seconds = samples.length / (wish.sampleRate * BYTES_PER_SAMPLE)
  const medium: Medium = {
    mimeType: wish.mimeType,
    modality: 'AUDIO',
    sizeBytes: bytes.length,
    tokens: Math.ceil(seconds * TOKENS_PER_SECOND),
    description: `a recording of ${seconds.toFixed(1)} seconds of speech`,
    text: script.lines.map(({ text }) => text).join(''),
  }
  return { parts: [part], media: new Map([[part, medium]]), ...(isCut && { finishReason: 'MAX_TOKENS' }) }
}

/** What the request's limit on tokens lets through. */
function secondsMaxOf({ generation: { request, model } }: Scene): number {
  const tokensMax = request.generationConfig?.maxOutputTokens ?? model.resource.outputTokenLimit
  return Math.min(SPEECH_SECONDS_MAX, Math.floor(tokensMax / TOKENS_PER_SECOND))
}

/** Speaks line after line until the end, the limit, or until nobody listens any more. */
async function perform(
  { lines, delivery, isCut }: Script,
  { voice, speakers, sampleRate }: SpeechWish,
  secondsMax: number,
  signal: AbortSignal,
): Promise<{ samples: Buffer; isCut: boolean }> {
  const bytesMax = secondsMax * sampleRate * BYTES_PER_SAMPLE
  const pieces: Buffer[] = []
  let bytes = 0
  for (const { speaker, text } of lines) {
    const voiceHere = speakers.get(speaker ?? '') ?? voice
    const say = createSpeaker(voiceHere, { sampleRate, delivery })
    for (const sentence of sentencesOf(text)) {
      const piece = say(sentence)
      pieces.push(piece)
      bytes += piece.length
      if (bytes > bytesMax || signal.aborted) {
        return { samples: Buffer.concat(pieces).subarray(0, bytesMax), isCut: true }
      }
      // A long text takes seconds; others get their turn between two sentences.
      await setImmediate()
    }
  }
  return { samples: Buffer.concat(pieces), isCut }
}
