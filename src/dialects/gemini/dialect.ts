/** The Gemini API as clients speak it. */
import type { Dialect } from '../../nouns.ts'
import type { JsonLimits } from '../../wire/json-scanner.ts'
import { sendError } from './errors.ts'
import { encodeModels } from './models.ts'
import { isGeminiPath, open } from './open.ts'
import { decode } from './request.ts'
import { encodeUnary } from './response.ts'
import { encodeStream } from './stream.ts'

/** `heartbeatMs`: the silence after which a stream gets a blank line; 0 for never. */
export function createGeminiDialect(limits: JsonLimits, heartbeatMs = 0): Dialect {
  return {
    name: 'gemini',
    speaks: (request) => isGeminiPath(request.path),
    open,
    decode: (request, opening) => decode(request, opening, limits),
    encode: (call, answer, response, headers) =>
      call.delivery === 'unary' || answer.status >= 400
        ? encodeUnary(answer, response, headers)
        : encodeStream(answer, response, headers, heartbeatMs),
    encodeModels,
    encodeError: (error, opening, response, headers) =>
      sendError(error, opening?.delivery ?? 'unary', response, headers),
  }
}
