/** OpenAI's API as clients speak it, for whichever model answers: at `/v1`, and where Google has its own version of it. */
import type { Held } from '../../nouns/held.ts'
import type { KeptResponses } from '../../nouns/kept-responses.ts'
import type { Dialect } from '../../nouns.ts'
import type { JsonLimits } from '../../wire/json-scanner.ts'
import { chat } from './chat/endpoint.ts'
import { embeddings } from './embeddings/endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { sendError } from './errors.ts'
import { images } from './images/endpoint.ts'
import { encodeModels } from './models.ts'
import { type Door, endpointAt, isGooglesPath, isOpenAiPath, open } from './open.ts'
import { decode, type OpenAiCall } from './request.ts'
import { passWhole, translateWhole } from './response.ts'
import { responses } from './responses/endpoint.ts'
import { encodeStream } from './stream.ts'

export interface OpenAiDialectOptions {
  readonly limits: JsonLimits
  /** The silence after which a stream gets a blank line; 0 for never. */
  readonly heartbeatMs: number
  readonly held: Held
  readonly responses: KeptResponses
  /** Whether it is the one of `/v1beta/openai`. */
  readonly isGoogles: boolean
}

const ENDPOINTS: readonly Endpoint[] = [chat, responses, embeddings, images]

export function createOpenAiDialect(options: OpenAiDialectOptions): Dialect {
  const { heartbeatMs, held, isGoogles } = options
  const door: Door = { isGoogles, endpoints: ENDPOINTS }
  return {
    name: isGoogles ? 'openai-google' : 'openai',
    speaks: (request) => (isGoogles ? isGooglesPath(request.path) : isOpenAiPath(request)),
    open: (request) => open(request, door),
    decode: (request, opening, caller) => {
      const endpoint = endpointAt(request, door) as Endpoint
      return decode({ ...options, request, opening, caller, endpoint })
    },
    encode(call, answer, response, headers) {
      const { asked } = call as OpenAiCall
      const endpoint = ENDPOINTS.find(({ wire }) => wire === call.wire) as Endpoint
      const encoding = { asked, endpoint, answer, response, headers, held }
      if (call.delivery !== 'unary' && answer.status < 400) return encodeStream(encoding, heartbeatMs)
      return answer.wire === call.wire ? passWhole(encoding) : translateWhole(encoding)
    },
    encodeModels: (opening, models, _request, response) => encodeModels(opening, models, isGoogles, response),
    encodeError: (error, opening, response, headers) =>
      sendError(error, opening, isGoogles, response, headers),
  }
}
