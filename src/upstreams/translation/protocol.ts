/** What the exchange needs to know of a translated answer: its chunks are Gemini's objects. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer, Delivery } from '../../nouns.ts'
import type { AnswerReader, Protocol } from '../http/exchange.ts'
import { jsonOrUndefined } from '../http/json.ts'
import { refusalOf } from './refusal.ts'
import type { ProviderRefusal, Translator } from './translator.ts'

export interface TranslatedProtocolOptions {
  /** The upstream's name. */
  readonly name: string
  /** Of the client's call. */
  readonly delivery: Delivery
  readonly readRefusal: Translator['readRefusal']
  readonly reader: Protocol['reader']
  readonly translation: NonNullable<Answer['translation']>
}

export function translatedProtocol(options: TranslatedProtocolOptions): Protocol {
  const { name, delivery, translation } = options
  return {
    wire: 'objects',
    delivery,
    translation,
    reader: (pass, eventBytesMax): AnswerReader => options.reader(pass, eventBytesMax),
    refusal: (status, headers, body) =>
      refusalOf(name, read(options, status, headers, jsonOrUndefined(body)), delivery),
    // What another provider says of itself is not the client's business.
    headers: () => ({}),
  }
}

/** What a translator stumbles over is an error all the same. */
function read(
  { readRefusal }: TranslatedProtocolOptions,
  status: number,
  headers: IncomingHttpHeaders,
  body: unknown,
): ProviderRefusal {
  try {
    return readRefusal(status, headers, body)
  } catch {
    return { status, message: '' }
  }
}
