/** Text as sound that has the rhythm and the melody of speech, though nobody would understand a word of it. */
import { createRandom, type Random } from '../digest.ts'
import { FORMANTS, type Sentence, type Sound, sentencesOf, type Timbre } from './sounds.ts'
import type { Voice } from './voices.ts'

export const SAMPLE_RATE_STANDARD = 24_000
/** Longest speech. */
export const SPEECH_SECONDS_MAX = 600
export const BYTES_PER_SAMPLE = 2

/** How something is said. 1 is as usual. */
export interface Delivery {
  readonly rate: number
  readonly pitch: number
  readonly isWhispered: boolean
}

export const PLAINLY: Delivery = { rate: 1, pitch: 1, isWhispered: false }

export interface SpeakOptions {
  /** In hertz. */
  readonly sampleRate?: number
  readonly delivery?: Delivery
}

/** Sixteen-bit little-endian samples, one channel, 600 seconds at most. */
export function speak(text: string, voice: Voice, options: SpeakOptions = {}): Buffer {
  const speaker = createSpeaker(voice, options)
  const bytesMax = SPEECH_SECONDS_MAX * BYTES_PER_SAMPLE * (options.sampleRate ?? SAMPLE_RATE_STANDARD)
  const pieces: Buffer[] = []
  let bytes = 0
  for (const sentence of sentencesOf(text)) {
    const piece = speaker(sentence)
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= bytesMax) break
  }
  return Buffer.concat(pieces).subarray(0, bytesMax)
}

const PERIOD_SAMPLES = 2_048
/** Of the 32 bits of a phase, what names a sample of the period. */
const PERIOD_SHIFT = 32 - Math.log2(PERIOD_SAMPLES)
const FULL_TURN = 2 ** 32
/** Overtones above this are not heard on a telephone either. */
const OVERTONES_HZ_MAX = 3_800
const BANDWIDTH_HZ = 110
const LOUDNESS = 11_000
const HUM_LOUDNESS = 0.5
const NOISE_LOUDNESS = 0.16
/** A sound does not begin or end at once. */
const FADE_SECONDS = 0.008

/** Renders one sentence after another in the same voice. */
export function createSpeaker(
  voice: Voice,
  { sampleRate = SAMPLE_RATE_STANDARD, delivery = PLAINLY }: SpeakOptions,
): (sentence: Sentence) => Buffer {
  const pitchHz = voice.pitchHz * delivery.pitch
  const random = createRandom(voice.pitchHz)
  const periods = new Map<Timbre, Float32Array>()
  const periodOf = (timbre: Timbre): Float32Array => {
    const known = periods.get(timbre)
    if (known !== undefined) return known
    const period = createPeriod(timbre, pitchHz, voice.brightness, sampleRate)
    periods.set(timbre, period)
    return period
  }
  return (sentence) => {
    const lengths = sentence.sounds.map(({ seconds }) => Math.round((seconds * sampleRate) / delivery.rate))
    const total = lengths.reduce((sum, length) => sum + length, 0)
    const samples = new Int16Array(total)
    let start = 0
    let phase = 0
    sentence.sounds.forEach((sound, index) => {
      const length = lengths[index]!
      const room = samples.subarray(start, start + length)
      const hertz = pitchHz * melody(start / Math.max(1, total), sentence.isQuestion)
      const voiced = delivery.isWhispered ? undefined : timbreOf(sound)
      if (voiced !== undefined) phase = sing(room, periodOf(voiced), phase, (hertz / sampleRate) * FULL_TURN)
      else if (sound.kind !== 'pause') breathe(room, random)
      fade(room, Math.round(FADE_SECONDS * sampleRate))
      start += length
    })
    return littleEndian(samples)
  }
}

function timbreOf({ kind }: Sound): Timbre | undefined {
  return kind === 'noise' || kind === 'pause' ? undefined : kind
}

/** A statement falls, a question rises at its end. */
function melody(progress: number, isQuestion: boolean): number {
  const falling = 1.12 - 0.24 * progress
  return isQuestion && progress > 0.7 ? falling + (progress - 0.7) * 1.2 : falling
}

/** One period of a voice holding a vowel: its overtones, as strong as the formants let them through. */
function createPeriod(timbre: Timbre, pitchHz: number, brightness: number, sampleRate: number): Float32Array {
  const period = new Float32Array(PERIOD_SAMPLES)
  const highest = Math.min(OVERTONES_HZ_MAX, sampleRate * 0.35)
  const overtones = Math.max(1, Math.floor(highest / pitchHz))
  for (let overtone = 1; overtone <= overtones; overtone++) {
    const strength = strengthAt(overtone * pitchHz, timbre, brightness)
    const step = (2 * Math.PI * overtone) / PERIOD_SAMPLES
    for (let at = 0; at < PERIOD_SAMPLES; at++) period[at]! += strength * Math.sin(at * step)
  }
  const peak = period.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const scale = (LOUDNESS * (timbre === 'hum' ? HUM_LOUDNESS : 1)) / peak
  return period.map((sample) => sample * scale)
}

function strengthAt(hertz: number, timbre: Timbre, brightness: number): number {
  return FORMANTS[timbre].reduce((sum, formant, index) => {
    const distance = (hertz - formant * brightness) / BANDWIDTH_HZ
    return sum + 1 / ((1 + index) * (1 + distance * distance))
  }, 0.02)
}

/** Repeats the period at `step` of 2³² a sample; the phase that it ends with. */
function sing(samples: Int16Array, period: Float32Array, phase: number, step: number): number {
  const whole = Math.round(step)
  let at = phase
  for (let index = 0; index < samples.length; index++) {
    samples[index] = period[at >>> PERIOD_SHIFT]!
    at = (at + whole) >>> 0
  }
  return at
}

/** Breath: noise whose low end is taken away by the difference of neighbours. */
function breathe(samples: Int16Array, random: Random): void {
  let before = 0
  for (let index = 0; index < samples.length; index++) {
    const noise = random.below(65_536) - 32_768
    samples[index] = (noise - before) * 0.5 * NOISE_LOUDNESS
    before = noise
  }
}

function fade(samples: Int16Array, length: number): void {
  const reach = Math.min(length, samples.length >> 1)
  for (let index = 0; index < reach; index++) {
    const share = index / reach
    samples[index]! *= share
    samples[samples.length - 1 - index]! *= share
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

function littleEndian(samples: Int16Array): Buffer {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  return IS_LITTLE_ENDIAN ? bytes : bytes.swap16()
}
