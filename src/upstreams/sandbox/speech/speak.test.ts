import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PLAINLY, SPEECH_SECONDS_MAX, speak } from './speak.ts'
import { VOICE_STANDARD, voiceOf } from './voices.ts'

const RATE = 24_000

function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

function secondsOf(bytes: Buffer, rate = RATE): number {
  return bytes.length / 2 / rate
}

/** Loudness of a stretch, as the root of the mean square. */
function loudness(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

/** Seconds of the longest stretch of silence. */
function longestPause(bytes: Buffer): number {
  let longest = 0
  let current = 0
  for (const sample of samplesOf(bytes)) {
    current = sample === 0 ? current + 1 : 0
    longest = Math.max(longest, current)
  }
  return longest / RATE
}

/** The period at which a vowel repeats itself best, as a pitch. */
function pitchOf(bytes: Buffer): number {
  const samples = samplesOf(bytes).subarray(600, 2_200)
  let best = 0
  let bestSum = Number.NEGATIVE_INFINITY
  for (let lag = 80; lag < 320; lag++) {
    let sum = 0
    for (let at = 0; at + 320 < samples.length; at++) sum += samples[at]! * samples[at + lag]!
    if (sum > bestSum) [best, bestSum] = [lag, sum]
  }
  return RATE / best
}

const TEXT =
  'The gateway stands between the people who ask and the models that answer, and it keeps the time of day for both of them'

describe('speaking', () => {
  it('[MAKE-SPEECH-01] takes about 0.4 seconds a word', () => {
    const seconds = secondsOf(speak(TEXT, VOICE_STANDARD))
    const words = TEXT.split(' ').length
    assert.ok(Math.abs(seconds / words - 0.4) < 0.08, `${seconds / words} s a word`)
  })

  it('is sound, never too loud, and silent in its pauses', () => {
    const samples = samplesOf(speak(TEXT, VOICE_STANDARD))
    assert.ok(loudness(samples) > 1_000)
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    assert.ok(peak > 5_000 && peak < 20_000, String(peak))
    assert.ok(longestPause(speak('one two', VOICE_STANDARD)) < 0.1)
    assert.ok(longestPause(speak('one, two', VOICE_STANDARD)) >= 0.2)
    assert.ok(longestPause(speak('one. two', VOICE_STANDARD)) >= 0.4)
  })

  it('has the pitch of its voice', () => {
    const high = voiceOf('Achernar', '')
    const low = voiceOf('algenib', '')
    for (const voice of [high, low]) {
      const heard = pitchOf(speak('aaa', voice))
      assert.ok(Math.abs(heard / voice.pitchHz - 1.06) < 0.12, `${voice.name}: ${heard} for ${voice.pitchHz}`)
    }
  })

  it('can be faster, higher, whispered, and of another rate', () => {
    const plain = speak(TEXT, VOICE_STANDARD)
    const fast = speak(TEXT, VOICE_STANDARD, { delivery: { ...PLAINLY, rate: 1.5 } })
    assert.ok(Math.abs(plain.length / fast.length - 1.5) < 0.02)
    assert.notDeepEqual(
      speak('aaa', VOICE_STANDARD, { delivery: { ...PLAINLY, isWhispered: true } }),
      speak('aaa', VOICE_STANDARD),
    )
    const slow = secondsOf(speak(TEXT, VOICE_STANDARD, { sampleRate: 8_000 }), 8_000)
    assert.ok(Math.abs(slow - secondsOf(plain)) < 0.05)
  })

  it('is the same for the same words and voice only', () => {
    assert.deepEqual(speak('hello', VOICE_STANDARD), speak('hello', VOICE_STANDARD))
    assert.notDeepEqual(speak('hello', VOICE_STANDARD), speak('hello', voiceOf('Puck', '')))
    assert.notDeepEqual(speak('hello', VOICE_STANDARD), speak('hullo', VOICE_STANDARD))
  })

  it('ends after ten minutes, and soon', () => {
    const startedAt = process.cpuUsage()
    const bytes = speak(`${TEXT}. `.repeat(10_000), VOICE_STANDARD)
    const { user } = process.cpuUsage(startedAt)
    assert.equal(secondsOf(bytes), SPEECH_SECONDS_MAX)
    assert.ok(user / 1_000 / SPEECH_SECONDS_MAX < 30, `${user} µs`)
  })

  it('speaks words of every script, and nothing of what has none', () => {
    for (const text of ['你好世界', 'привет', 'مرحبا', '7', 'Ω']) {
      assert.ok(secondsOf(speak(text, VOICE_STANDARD)) > 0.1, text)
    }
    for (const text of ['', '   ', '?!', '🐈', '…,;'])
      assert.equal(speak(text, VOICE_STANDARD).length, 0, text)
  })

  it('takes whatever text there is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const bytes = speak(text, VOICE_STANDARD, { sampleRate: 8_000 })
        assert.equal(bytes.length % 2, 0)
      }),
      { numRuns: 200 },
    )
  })
})
