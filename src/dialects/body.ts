/** A JSON body: bounded and checked while it arrives, kept as the bytes that it is. */
import { isUtf8 } from 'node:buffer'
import { badRequest, GatewayError } from '../errors.ts'
import type { HttpRequest } from '../nouns.ts'
import { type JsonLimits, JsonScanError, JsonScanner } from '../wire/json-scanner.ts'
import type { Watch } from '../wire/json-watch.ts'

/** Content types that a JSON body comes under: Google ignores the header, and an old SDK of its sends text/plain. */
const JSON_TYPES = /^(?:application\/json|text\/plain)[ \t]*(?:;[ \t]*charset="?utf-?8"?[ \t]*)?$/i

export interface ScannedBody {
  readonly body: Buffer
  readonly scanner: JsonScanner
}

/** A client's body. Throws `invalid_argument` for what is no JSON object, or says twice what is watched. */
export async function readBody(
  request: HttpRequest,
  limits: JsonLimits,
  watch?: Watch,
): Promise<ScannedBody> {
  refuseContentType(request.headers['content-type'])
  const scanner = new JsonScanner(limits, watch)
  const body = await request.body(visitor(scanner))
  finishScan(scanner, body)
  return { body, scanner }
}

/** The same for a body that came as a part of something else. */
export function scanBody(body: Buffer, limits: JsonLimits, watch?: Watch): JsonScanner {
  const scanner = new JsonScanner(limits, watch)
  visitor(scanner)(body)
  finishScan(scanner, body)
  return scanner
}

/** The JSON object that a resource is made from, within the same limits; `{}` when there is no body. */
export async function readDocument(
  request: HttpRequest,
  limits: JsonLimits,
): Promise<Record<string, unknown>> {
  refuseContentType(request.headers['content-type'])
  const scanner = new JsonScanner(limits)
  const body = await request.body(visitor(scanner))
  if (body.length === 0) return {}
  finishScan(scanner, body)
  return parse(body)
}

/** The same for a text that came as a part of something else. */
export function parseDocument(body: Buffer, limits: JsonLimits): Record<string, unknown> {
  scanBody(body, limits)
  return parse(body)
}

/** Of a body that was scanned. */
export function parse(body: Buffer): Record<string, unknown> {
  return JSON.parse(withoutBom(body).toString('utf8')) as Record<string, unknown>
}

function refuseContentType(contentType: string | undefined): void {
  if (contentType === undefined || contentType === '' || JSON_TYPES.test(contentType)) return
  throw new GatewayError(
    'invalid_argument',
    'The request body must be JSON: send Content-Type: application/json.',
  )
}

const BOM = [0xef, 0xbb, 0xbf]

function withoutBom(body: Buffer): Buffer {
  return BOM.every((byte, at) => body[at] === byte) ? body.subarray(3) : body
}

/** Feeds the scanner as the body arrives, so that a bomb is refused before it is whole. */
function visitor(scanner: JsonScanner): (piece: Buffer) => void {
  let start: Buffer | undefined = Buffer.alloc(0)
  return (piece) => {
    let bytes = piece
    if (start !== undefined) {
      // A byte order mark may be cut in pieces like anything else.
      bytes = start.length === 0 ? piece : Buffer.concat([start, piece])
      if (bytes.length < 3 && bytes[0] === BOM[0]) {
        start = bytes
        return
      }
      bytes = withoutBom(bytes)
      start = undefined
    }
    scan(() => scanner.write(bytes))
  }
}

function finishScan(scanner: JsonScanner, body: Buffer): void {
  if (!isUtf8(body)) throw invalidPayload('Encountered non UTF-8 code points.')
  scan(() => scanner.end())
  if (!scanner.isObject) throw invalidPayload('Root element must be a message.')
}

function scan(step: () => void): void {
  try {
    step()
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error
    if (error.problem === 'duplicate') throw duplicate(error.message)
    throw invalidPayload(error.message)
  }
}

function invalidPayload(what: string): GatewayError {
  const message = `Invalid JSON payload received. ${what}`
  return new GatewayError('invalid_argument', message, { details: [badRequest('', message)] })
}

/** Two readers of one field could disagree about its value; a budget and an upstream must not. */
function duplicate(path: string): GatewayError {
  const field = path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return invalidPayload(`Field "${field}" is given more than once.`)
}
