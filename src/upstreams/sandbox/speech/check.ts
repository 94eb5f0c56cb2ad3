/** What a request says about the speech that it wants, checked against its model. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { notYet } from '../errors.ts'
import { checkModalities } from '../images/modalities.ts'
import type { SandboxModel } from '../models.ts'
import { type AudioFormat, audioMimeType } from './encode.ts'
import { SAMPLE_RATE_STANDARD } from './speak.ts'
import { VOICE_STANDARD, type Voice, voiceOf } from './voices.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>
type SpeechConfig = GeminiMessage<'SpeechConfig'>
type VoiceConfig = GeminiMessage<'VoiceConfig'>
type AudioResponseFormat = GeminiMessage<'AudioResponseFormat'>

/** How the speech of an answer is to be. */
export interface SpeechWish {
  /** Of text that is nobody's. */
  readonly voice: Voice
  /** By the speaker's name, in the order of the request. */
  readonly speakers: ReadonlyMap<string, Voice>
  readonly format: AudioFormat
  /** In hertz. */
  readonly sampleRate: number
  readonly mimeType: string
}

const CONFIG = 'generation_config.speech_config'
const FORMAT = 'generation_config.response_format.audio'
const SPEAKERS = 2
const SAMPLE_RATE_MIN = 8_000
const SAMPLE_RATE_MAX = 48_000

/** Throws Google's 400 for speech that the model does not give, and for settings that do not go together. */
export function checkSpeechConfig(model: SandboxModel, config: GenerationConfig | undefined): void {
  checkModalities(model, config)
  if (config === undefined) return
  if (model.outputs.includes('AUDIO')) {
    speechWishOf(config)
    if ((config.candidateCount ?? 1) === 1) return
    const text = `Multiple candidates is not enabled for models/${model.id}`
    throw invalidField('generation_config.candidate_count', text)
  }
  const text = `Audio output is not enabled for models/${model.id}`
  if (Object.keys(config.speechConfig ?? {}).length > 0) throw invalidField(CONFIG, text)
  if (formatOf(config) !== undefined) throw invalidField(FORMAT, text)
}

/** Throws `invalid_argument` for what cannot be spoken. */
export function speechWishOf(config: GenerationConfig | undefined): SpeechWish {
  const speech = config?.speechConfig ?? {}
  checkLanguage(speech.languageCode ?? '')
  const { voiceConfig, multiSpeakerVoiceConfig } = speech
  if (voiceConfig !== undefined && multiSpeakerVoiceConfig !== undefined) {
    throw invalidField(CONFIG, 'Only one of voice_config and multi_speaker_voice_config may be set.')
  }
  const voice = readVoice(voiceConfig, `${CONFIG}.voice_config`)
  const speakers = multiSpeakerVoiceConfig === undefined ? new Map<string, Voice>() : readSpeakers(speech)
  return { voice, speakers, ...readFormat(formatOf(config) ?? {}) }
}

function checkLanguage(code: string): void {
  if (code === '' || /^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i.test(code)) return
  throw invalidField(`${CONFIG}.language_code`, 'The language code must be a BCP-47 code, such as en-US.')
}

function readVoice(config: VoiceConfig | undefined, path: string): Voice {
  if (config?.replicatedVoiceConfig !== undefined) {
    throw notYet(`${path}.replicated_voice_config`, 'A replicated voice')
  }
  const name = config?.prebuiltVoiceConfig?.voiceName || config?.voice
  return name ? voiceOf(name, `${path}.prebuilt_voice_config.voice_name`) : VOICE_STANDARD
}

function readSpeakers({ multiSpeakerVoiceConfig }: SpeechConfig): ReadonlyMap<string, Voice> {
  const configs = multiSpeakerVoiceConfig?.speakerVoiceConfigs ?? []
  const path = `${CONFIG}.multi_speaker_voice_config`
  if (configs.length !== SPEAKERS) {
    throw invalidField(path, `The number of enabled_voices must equal ${SPEAKERS}`)
  }
  const speakers = new Map<string, Voice>()
  configs.forEach(({ speaker = '', voiceConfig }, index) => {
    const place = `${path}.speaker_voice_configs[${index}]`
    if (speaker.trim() === '')
      throw invalidField(`${place}.speaker`, 'The name of the speaker must not be empty.')
    if (speakers.has(speaker))
      throw invalidField(`${place}.speaker`, 'The names of the speakers must differ.')
    speakers.set(speaker, readVoice(voiceConfig, `${place}.voice_config`))
  })
  return speakers
}

function formatOf(config: GenerationConfig | undefined): AudioResponseFormat | undefined {
  return config?.responseFormat?.find(({ audio }) => audio !== undefined)?.audio
}

const FORMATS: ReadonlyMap<string, AudioFormat> = new Map(
  (['AUDIO_L16', 'AUDIO_WAV', 'AUDIO_ALAW', 'AUDIO_MULAW'] as const).map((format) => [format, format]),
)

function readFormat({
  mimeType = 'MIME_TYPE_UNSPECIFIED',
  sampleRate = 0,
  delivery,
}: AudioResponseFormat): Pick<SpeechWish, 'format' | 'sampleRate' | 'mimeType'> {
  if (delivery === 'URI') throw notYet(`${FORMAT}.delivery`, 'Delivery by URI')
  const format = mimeType === 'MIME_TYPE_UNSPECIFIED' ? 'AUDIO_L16' : FORMATS.get(mimeType)
  if (format === undefined) {
    throw invalidField(
      `${FORMAT}.mime_type`,
      `${mimeType} is not supported by the sandbox: use AUDIO_L16, AUDIO_WAV, AUDIO_ALAW or AUDIO_MULAW.`,
    )
  }
  const rate = sampleRate === 0 ? SAMPLE_RATE_STANDARD : sampleRate
  if (rate < SAMPLE_RATE_MIN || rate > SAMPLE_RATE_MAX) {
    const range = `[${SAMPLE_RATE_MIN}, ${SAMPLE_RATE_MAX}]`
    throw invalidField(`${FORMAT}.sample_rate`, `sample_rate must be in the range ${range}.`)
  }
  return { format, sampleRate: rate, mimeType: audioMimeType(format, rate) }
}
