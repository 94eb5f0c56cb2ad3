import { isUtf8 } from 'node:buffer'
import { GatewayError, invalidField } from '../errors.ts'
import type { HttpRequest } from '../nouns.ts'
import { parseJsonWithTexts } from '../wire/exact-json.ts'
import { type JsonLimits, JsonScanError, JsonScanner, type Watch } from '../wire/json-scanner.ts'
import type { TSchema } from '../wire/type.ts'
import { MONEY_FIELDS } from './money.ts'
import { Refusal } from './problem.ts'
import { check } from './schema.ts'

export const BODY_BYTES_MAX = 64 * 1024

const JSON_MEDIA_TYPE = /^application\/json\s*(;|$)/i
const LIMITS: JsonLimits = { depth: 10, nodes: 10_000, keysPerObject: 100 }

/** Reads a body of JSON, or none. Throws `Refusal` (413, 415). */
export async function readBody(request: HttpRequest, isOptional: boolean): Promise<Buffer> {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (isOptional && length === '0' && encoding === undefined) return Buffer.alloc(0)
  // Also a guard: a form or a script of another site cannot send this type without the browser asking us first.
  if (!JSON_MEDIA_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'The content-type must be application/json.')
  }
  return readBytes(request)
}

async function readBytes(request: HttpRequest): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge()
  let bytes = 0
  let refused: Refusal | undefined
  const visit = (piece: Buffer): void => {
    bytes += piece.length
    if (bytes <= BODY_BYTES_MAX) return
    refused = tooLarge()
    throw refused
  }
  try {
    return await request.body(visit)
  } catch (error) {
    // What the visitor threw comes back as a failure of the reading; ours says more.
    throw refused ?? error
  }
}

function tooLarge(): Refusal {
  return new Refusal(413, `The body must not exceed ${BODY_BYTES_MAX} bytes.`)
}

/** A body of the schema's shape; amounts are their own text. Throws `invalid_argument` naming the field. */
export function parseBody(bytes: Buffer, schema: TSchema): unknown {
  if (!isUtf8(bytes)) throw notJson()
  scan(bytes, schema)
  return check(schema, parse(bytes), 'field')
}

function parse(bytes: Buffer): unknown {
  try {
    return parseJsonWithTexts(bytes.toString('utf8'), MONEY_FIELDS)
  } catch {
    throw notJson()
  }
}

/** The parser lets the second of two members win in silence: of two limits one would be lost. */
function scan(bytes: Buffer, schema: TSchema): void {
  const scanner = new JsonScanner(LIMITS, watchOf(schema))
  try {
    scanner.write(bytes)
    scanner.end()
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error
    if (error.problem !== 'duplicate') throw notJson()
    const field = error.message.slice(0, 100)
    throw invalidField(field, `The field ${JSON.stringify(field)} is given more than once.`)
  }
}

/** Each is made once: the scanner keeps its own form of it. */
const WATCHES = new WeakMap<TSchema, Watch>()

function watchOf(schema: TSchema): Watch {
  const watch = WATCHES.get(schema) ?? newWatch(schema)
  WATCHES.set(schema, watch)
  return watch
}

function newWatch(schema: TSchema): Watch {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, TSchema>> }
  if (properties === undefined) return {}
  return {
    keys: Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, watchOf(member)])),
  }
}

/** Without the parser's text: it quotes the body. */
function notJson(): GatewayError {
  return new GatewayError('invalid_argument', 'The body is not valid JSON.')
}
