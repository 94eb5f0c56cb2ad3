/** Chat completions, whole or as chunks. */
import type { Watch } from '../../../wire/json-watch.ts'
import type { Media } from '../../native/media.ts'
import { finishReasonOf, isFailure } from '../finish.ts'
import { type Json, objectOf, objectsOf, textOf } from '../responses/json.ts'
import { usageOf } from '../usage.ts'
import {
  type AnswerWords,
  bytesOf,
  capturedAt,
  errorMember,
  madeMedia,
  measuredMedia,
  sumOf,
  sumOfMedia,
} from './words.ts'

/** Pictures as some routers give them, beside the text; sound as its makers do. */
const MESSAGE: Watch = {
  keys: {
    images: {
      each: { keys: { imageUrl: { measure: { bytes: 'url', label: 'detail', sumAs: () => 'image' } } } },
    },
    audio: { measure: { bytes: 'data', label: 'format', sumAs: () => 'audio' } },
  },
}

export const CHAT: AnswerWords = {
  watch: {
    keys: {
      choices: { each: { keys: { finishReason: { capture: true }, delta: MESSAGE, message: MESSAGE } } },
      usage: { capture: true },
      model: { capture: true },
      error: { capture: true },
    },
  },
  documentOf: (found) => ({
    choices: [{ finish_reason: capturedAt(found, 'choices.finishReason') }],
    usage: capturedAt(found, 'usage'),
    model: capturedAt(found, 'model'),
    error: capturedAt(found, 'error'),
  }),
  usageOf: ({ usage, x_groq }) => usageOf(usage ?? objectOf(x_groq).usage),
  finishReasonOf: (document) => {
    const reason = choicesOf(document).findLast(isFinished)?.finish_reason
    return reason === undefined ? undefined : finishReasonOf(String(reason))
  },
  errorOf: (document) => errorMember(document) ?? wordOfError(document) ?? errorInChoice(document),
  textBytesOf: (document) => sumOf(choicesOf(document), (choice) => messageBytes(messageOf(choice))),
  mediaOf: (document) => sumOfMedia(choicesOf(document).flatMap((choice) => mediaIn(messageOf(choice)))),
  mediaMeasured: (found) => sumOfMedia([measuredMedia('image', found), measuredMedia('audio', found)]),
}

export function choicesOf({ choices }: Json): readonly Json[] {
  return objectsOf(choices)
}

export function isFinished({ finish_reason }: Json): boolean {
  return typeof finish_reason === 'string' && finish_reason !== ''
}

const messageOf = ({ delta, message }: Json): Json => objectOf(delta ?? message)

/** Some servers say it without a member of that name. */
function wordOfError(document: Json): unknown {
  return document.object === 'error' ? document : undefined
}

/** A server that gave up says so in a choice, or as the reason of its end. */
function errorInChoice(document: Json): unknown {
  for (const choice of choicesOf(document)) {
    const error = errorMember(choice)
    if (error !== undefined) return error
    const reason = textOf(choice.finish_reason)
    if (reason !== undefined && isFailure(reason)) return { code: reason }
  }
  return undefined
}

function messageBytes(message: Json): number {
  const calls = [...objectsOf(message.tool_calls), { function: message.function_call }]
  return (
    contentBytes(message.content) +
    bytesOf(message.refusal) +
    bytesOf(message.reasoning_content ?? message.reasoning) +
    bytesOf(objectOf(message.audio).transcript) +
    sumOf(calls, callBytes)
  )
}

/** A text, or parts of one; a part of thoughts has parts of its own, and those have none. */
function contentBytes(content: unknown): number {
  if (!Array.isArray(content)) return bytesOf(content)
  return sumOf(objectsOf(content), ({ text, thinking }) => bytesOf(text) + thoughtBytes(thinking))
}

function thoughtBytes(thinking: unknown): number {
  if (!Array.isArray(thinking)) return bytesOf(thinking)
  return sumOf(objectsOf(thinking), ({ text }) => bytesOf(text))
}

function callBytes(call: Json): number {
  const { name, arguments: given } = objectOf(call.function)
  return bytesOf(name) + bytesOf(given) + bytesOf(objectOf(call.custom).input)
}

function mediaIn(message: Json): Media[] {
  if (message.images === undefined && message.audio === undefined) return []
  const images = objectsOf(message.images).map(({ image_url }) => bytesOf(objectOf(image_url).url))
  return [
    ...images.map((bytes) => madeMedia('image', bytes)),
    madeMedia('audio', bytesOf(objectOf(message.audio).data)),
  ]
}
