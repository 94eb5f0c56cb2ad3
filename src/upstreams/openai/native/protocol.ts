/** This wire for a client that speaks it too: bytes pass as they came, and what policy and money need is read beside. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Call, WireFormat } from '../../../nouns.ts'
import type { Protocol } from '../../http/exchange.ts'
import { chatEvents } from './chat-events.ts'
import { CHAT } from './chat-words.ts'
import { refusalOf } from './errors.ts'
import { EMBEDDINGS, IMAGES } from './other-words.ts'
import { UnaryReader } from './response.ts'
import { responsesEvents } from './responses-events.ts'
import { RESPONSES } from './responses-words.ts'
import { StreamReader } from './stream.ts'
import type { AnswerWords } from './words.ts'

const WORDS: Readonly<Record<Exclude<WireFormat, 'gemini'>, AnswerWords>> = {
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
  'openai-embeddings': EMBEDDINGS,
  'openai-images': IMAGES,
}

/** What of the upstream's answer headers the client may see, beside a content type that is right. */
const ANSWER_HEADERS = ['openai-processing-ms', 'openai-model', 'openai-version'] as const

/** Throws `TypeError` for a wire of another family. `hasAddedUsage`: its usage is for us alone. */
export function nativeProtocol(
  name: string,
  { wire, delivery, facts }: Pick<Call, 'wire' | 'delivery' | 'facts'>,
  hasAddedUsage: boolean,
): Protocol {
  const words = WORDS[wire as keyof typeof WORDS]
  const isStream = delivery !== 'unary'
  return {
    wire,
    delivery,
    reader: (pass, eventBytesMax) => {
      if (!isStream) return new UnaryReader(name, words, pass)
      const { candidateCount } = facts
      const events =
        wire === 'openai-chat' ? chatEvents({ candidateCount, hasAddedUsage }) : responsesEvents()
      return new StreamReader(name, events, pass, eventBytesMax)
    },
    refusal: (status, headers, body) => refusalOf(name, status, headers, body),
    headers: (headers, status) => visibleHeaders(headers, status === 200, isStream),
  }
}

/** Errors are JSON whatever was asked for; so is an answer whose service calls it something else. */
function visibleHeaders(
  headers: IncomingHttpHeaders,
  isAnswer: boolean,
  isStream: boolean,
): Record<string, string> {
  const kind = isAnswer && isStream ? EVENTS : JSON_TYPE
  const type = headers['content-type']
  const visible: Record<string, string> = {
    'content-type': type !== undefined && kind.pattern.test(type) ? type : kind.type,
  }
  // Bytes are none of ours to change, but where a credential is taken out of an error.
  const names = isAnswer && !isStream ? [...ANSWER_HEADERS, 'content-length'] : ANSWER_HEADERS
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string') visible[name] = value
  }
  return visible
}

const EVENTS = { type: 'text/event-stream', pattern: /^text\/event-stream\b/i }
const JSON_TYPE = { type: 'application/json', pattern: /\bjson\b/i }
