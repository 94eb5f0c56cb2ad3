import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesOf, sceneOf, user } from '../images/play.fixture.ts'
import type { Play } from '../play.ts'
import { speechPlayer } from './play.ts'

const TTS = 'gemini-2.5-flash-preview-tts'

async function play(text: string, config: object = {}): Promise<Play> {
  const made = await speechPlayer(sceneOf(TTS, [user(text)], config))
  assert.ok(made, 'it did not play')
  return made
}

function duet(first: string, second: string): object {
  const config = (speaker: string, voiceName: string): object => ({
    speaker,
    voiceConfig: { prebuiltVoiceConfig: { voiceName } },
  })
  const speakerVoiceConfigs = [config('Joe', first), config('Jane', second)]
  return { speechConfig: { multiSpeakerVoiceConfig: { speakerVoiceConfigs } } }
}

describe('the speech player', () => {
  it('[MAKE-SPEECH-01] gives one part of PCM with 25 tokens a second', async () => {
    const { parts, media, finishReason } = await play('Say cheerfully: Have a wonderful day!')
    assert.equal(parts.length, 1)
    assert.equal(parts[0]!.inlineData?.mimeType, 'audio/L16;codec=pcm;rate=24000')
    const seconds = bytesOf(parts[0]).length / 48_000
    assert.ok(seconds > 1 && seconds < 4, String(seconds))
    const medium = media?.get(parts[0]!)
    assert.deepEqual([medium?.modality, medium?.tokens], ['AUDIO', Math.ceil(seconds * 25)])
    assert.equal(finishReason, undefined)
  })

  it('does not speak the instruction', async () => {
    const plain = await play('Have a wonderful day!')
    const told = await play('Say: Have a wonderful day!')
    assert.deepEqual(told.parts, plain.parts)
  })

  it('[MAKE-SPEECH-02] speaks each line in its speaker’s voice', async () => {
    const script = 'Joe: Hello.\nJane: Hello.'
    const different = bytesOf((await play(script, duet('Charon', 'Leda'))).parts[0])
    const same = bytesOf((await play(script, duet('Charon', 'Charon'))).parts[0])
    assert.equal(different.length, same.length)
    const half = same.length / 2
    assert.deepEqual(same.subarray(0, half), different.subarray(0, half))
    assert.notDeepEqual(same.subarray(half), different.subarray(half))
  })

  it('gives a stranger the standard voice', async () => {
    const stranger = await play('Bob: Hello.', duet('Charon', 'Leda'))
    assert.deepEqual(stranger.parts, (await play('Hello.')).parts)
  })

  it('makes the format that was asked for', async () => {
    const audio = { mimeType: 'AUDIO_WAV', sampleRate: 16_000 }
    const { parts } = await play('Hello there.', { responseFormat: { audio } })
    const wav = bytesOf(parts[0])
    assert.deepEqual([wav.toString('latin1', 0, 4), wav.readUInt32LE(24)], ['RIFF', 16_000])
    const law = await play('Hello there.', {
      responseFormat: { audio: { mimeType: 'AUDIO_MULAW', sampleRate: 8_000 } },
    })
    assert.equal(law.parts[0]!.inlineData?.mimeType, 'audio/mulaw;rate=8000')
  })

  it('ends at the limit of tokens, and has nothing to say for no words', async () => {
    const { parts, media, finishReason } = await play('one two three four five six seven eight', {
      maxOutputTokens: 50,
    })
    assert.equal(finishReason, 'MAX_TOKENS')
    assert.equal(bytesOf(parts[0]).length, 2 * 48_000)
    assert.equal(media?.get(parts[0]!)?.tokens, 50)
    assert.deepEqual(await play('?!'), { parts: [], finishReason: 'OTHER' })
  })

  it('is the same for the same request', async () => {
    assert.deepEqual((await play('Hello')).parts, (await play('Hello')).parts)
  })

  it('does not play for models that do not speak', async () => {
    assert.equal(await speechPlayer(sceneOf('gemini-2.5-flash', [user('Say: hello')])), undefined)
  })

  it('stops when nobody listens any more', async () => {
    const scene = sceneOf(TTS, [user('One. Two. Three. Four.')])
    const made = await speechPlayer({ ...scene, signal: AbortSignal.abort() })
    assert.equal(made?.finishReason, 'MAX_TOKENS')
    assert.ok(bytesOf(made?.parts[0]).length < 48_000)
  })
})
