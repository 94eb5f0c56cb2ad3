/** Sampling, limits and the form of the answer, as Gemini's `generationConfig`. */
import type { Report } from '../../../nouns/report.ts'
import { invalid, type Json, type Members, unspeakable, wrongType } from '../values.ts'

const CANDIDATES_MAX = 8

export function configOf(request: Members, report: Report): Json {
  const config: Record<string, unknown> = {
    maxOutputTokens: limitOf(request),
    candidateCount: request.integer('n', { min: 1, max: CANDIDATES_MAX }),
    temperature: request.number('temperature', { min: 0, max: 2 }),
    topP: request.number('top_p', { min: 0, max: 1 }),
    topK: request.integer('top_k'),
    presencePenalty: request.number('presence_penalty', { min: -2, max: 2 }),
    frequencyPenalty: request.number('frequency_penalty', { min: -2, max: 2 }),
    seed: request.integer('seed'),
    stopSequences: stopsOf(request),
    ...logprobsOf(request),
    ...formatOf(request.object('response_format'), report),
    ...soundOf(request),
  }
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}

function limitOf(request: Members): number | undefined {
  const older = request.integer('max_tokens', { min: 1 })
  return request.integer('max_completion_tokens', { min: 1 }) ?? older
}

function stopsOf(request: Members): readonly string[] | undefined {
  const stop = request.take('stop')
  if (stop === undefined) return undefined
  const list = typeof stop === 'string' ? [stop] : stop
  if (!Array.isArray(list) || !list.every((one) => typeof one === 'string'))
    throw wrongType('stop', 'a string or an array of strings', stop)
  return list.length > 0 ? list : undefined
}

function logprobsOf(request: Members): Json {
  const top = request.integer('top_logprobs', { min: 0, max: 20 })
  const asked = request.flag('logprobs')
  if (asked !== true) {
    if (top !== undefined) throw invalid('top_logprobs', "'top_logprobs' needs 'logprobs' to be true.")
    return {}
  }
  return { responseLogprobs: true, ...(top !== undefined && top > 0 && { logprobs: top }) }
}

/** A schema is passed on as it is: Gemini reads JSON Schema. */
export function formatOf(format: Members | undefined, report: Report): Json {
  const type = format?.word('type', ['text', 'json_object', 'json_schema', 'grammar', 'python'])
  if (format === undefined || type === undefined || type === 'text') return {}
  if (type === 'grammar' || type === 'python') throw unspeakable(format.path, 'answers follow no grammar')
  if (type === 'json_object') return { responseMimeType: 'application/json' }
  // The responses endpoint has these members beside the type.
  const described = format.object('json_schema') ?? format
  // A name says nothing to the model; that it must fit holds in any case.
  described.text('name')
  described.flag('strict')
  if (described.text('description') !== undefined)
    report.dropped(described.pathOf('description'), 'the model reads descriptions within the schema only')
  const schema = described.json('schema')
  return {
    responseMimeType: 'application/json',
    ...(schema !== undefined && { responseJsonSchema: schema }),
  }
}

const SOUND_FORMATS = ['wav', 'pcm16', 'mp3', 'aac', 'flac', 'opus'] as const

function voiceOf(audio: Members): string | undefined {
  const voice = audio.take('voice')
  if (voice === undefined || typeof voice === 'string') return voice
  throw unspeakable(audio.pathOf('voice'), 'there are no voices of your own')
}

/** `modalities` with `audio`: an answer that is spoken. */
function soundOf(request: Members): Json {
  const modalities = request.list('modalities')
  const audio = request.object('audio')
  if (modalities === undefined || !modalities.includes('audio')) return {}
  const voiceName = audio === undefined ? undefined : voiceOf(audio)
  const format = audio?.word('format', SOUND_FORMATS)
  if (audio !== undefined && format !== undefined && format !== 'wav' && format !== 'pcm16')
    throw unspeakable(audio.pathOf('format'), 'the model speaks in samples: wav or pcm16')
  return {
    responseModalities: ['AUDIO'],
    ...(voiceName !== undefined && {
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName } } },
    }),
  }
}
