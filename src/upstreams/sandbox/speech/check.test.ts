import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configOf, modelOf, refusalOf } from '../images/play.fixture.ts'
import { checkSpeechConfig, speechWishOf } from './check.ts'

const TTS = 'gemini-2.5-flash-preview-tts'
const NAMES =
  'Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina Erinome ' +
  'Algenib Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi Vindemiatrix Sadachbia ' +
  'Sadaltager Sulafat'

function check(config: object, model = TTS): void {
  checkSpeechConfig(modelOf(model), configOf(config))
}

function voiceConfig(voiceName: string): object {
  return { prebuiltVoiceConfig: { voiceName } }
}

function speakers(...names: readonly string[]): object {
  const speakerVoiceConfigs = names.map((speaker) => ({ speaker, voiceConfig: voiceConfig('Kore') }))
  return { speechConfig: { multiSpeakerVoiceConfig: { speakerVoiceConfigs } } }
}

describe('speech settings', () => {
  it('[MAKE-SPEECH-03] a speech model refuses text in Google’s words', () => {
    assert.equal(
      refusalOf(() => check({ responseModalities: ['TEXT'] })),
      'Model does not support the requested response modalities: text',
    )
    check({ responseModalities: ['AUDIO'] })
  })

  it('[MAKE-SPEECH-03] knows the thirty voices, each of its own pitch, and names them when another is asked for', () => {
    const voices = NAMES.split(' ').map(
      (name) => speechWishOf(configOf({ speechConfig: { voiceConfig: voiceConfig(name) } })).voice,
    )
    assert.deepEqual(
      voices.map(({ name }) => name),
      NAMES.split(' '),
    )
    assert.equal(new Set(voices.map(({ pitchHz }) => pitchHz)).size, 30)
    const listed = NAMES.toLowerCase().split(' ').sort().join(', ')
    assert.equal(
      refusalOf(() => check({ speechConfig: { voiceConfig: voiceConfig('Alloy') } })),
      `Voice name Alloy is not supported. Allowed voice names are: ${listed}`,
    )
    for (const name of ['constructor', '__proto__']) {
      refusalOf(() => check({ speechConfig: { voiceConfig: voiceConfig(name) } }))
    }
    check({ speechConfig: { voiceConfig: voiceConfig('kore') } })
  })

  it('one voice or two speakers, not both, not one, not three', () => {
    check(speakers('Joe', 'Jane'))
    for (const names of [[], ['Joe'], ['Joe', 'Jane', 'Jim']]) {
      assert.equal(
        refusalOf(() => check(speakers(...names))),
        'The number of enabled_voices must equal 2',
      )
    }
    refusalOf(() => check(speakers('Joe', 'Joe')))
    refusalOf(() => check(speakers('Joe', ' ')))
    const { speechConfig } = speakers('Joe', 'Jane') as { speechConfig: object }
    const both = { speechConfig: { ...speechConfig, voiceConfig: voiceConfig('Kore') } }
    assert.match(
      refusalOf(() => check(both)),
      /Only one of/,
    )
  })

  it('is refused by a model that does not speak, unless it says nothing', () => {
    check({ speechConfig: {} }, 'gemini-2.5-flash')
    const speechConfig = { voiceConfig: voiceConfig('Kore') }
    assert.match(
      refusalOf(() => check({ speechConfig }, 'gemini-2.5-flash')),
      /not enabled for models/,
    )
    const audio = { mimeType: 'AUDIO_WAV' }
    assert.match(
      refusalOf(() => check({ responseFormat: { audio } }, 'gemini-2.5-flash')),
      /not enabled/,
    )
    assert.match(
      refusalOf(() => check({ responseModalities: ['AUDIO'] }, 'gemini-2.5-flash')),
      /combination of response modalities \(AUDIO\)/,
    )
  })

  it('takes the formats that it can make, at rates from 8,000 to 48,000', () => {
    for (const mimeType of ['AUDIO_L16', 'AUDIO_WAV', 'AUDIO_ALAW', 'AUDIO_MULAW']) {
      check({ responseFormat: { audio: { mimeType, sampleRate: 8_000 } } })
    }
    for (const mimeType of ['AUDIO_MP3', 'AUDIO_OGG_OPUS']) {
      assert.match(
        refusalOf(() => check({ responseFormat: { audio: { mimeType } } })),
        /not supported by the sandbox/,
      )
    }
    for (const sampleRate of [7_999, 48_001, -1]) {
      assert.match(
        refusalOf(() => check({ responseFormat: { audio: { sampleRate } } })),
        /\[8000, 48000\]/,
      )
    }
    refusalOf(() => check({ responseFormat: { audio: { delivery: 'URI' } } }))
  })

  it('one candidate, and a language that could be one', () => {
    assert.match(
      refusalOf(() => check({ candidateCount: 2 })),
      /Multiple candidates/,
    )
    check({ speechConfig: { languageCode: 'de-DE' } })
    refusalOf(() => check({ speechConfig: { languageCode: 'German!' } }))
  })
})
