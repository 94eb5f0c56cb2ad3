import { isUtf8 } from 'node:buffer'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { GatewayError, invalidField } from '../errors.ts'
import type { HttpRequest } from '../nouns.ts'
import { RefusedBody } from './problem.ts'

export const BODY_BYTES_MAX = 64 * 1024

const JSON_MEDIA_TYPE = /^application\/json\s*(;|$)/i

/** Reads a JSON body of the schema's shape. Throws `RefusedBody` (413, 415) or `invalid_argument` naming the field. */
export async function readBody<Schema extends TSchema>(
  request: HttpRequest,
  schema: Schema,
): Promise<Static<Schema>> {
  // Also a guard: a form or a script of another site cannot send this type without the browser asking us first.
  if (!JSON_MEDIA_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new RefusedBody(415, 'The content-type must be application/json.')
  }
  const value = parse(await readBytes(request))
  if (!Value.Check(schema, value)) throw firstFault(schema, value)
  return value as Static<Schema>
}

/** For endpoints that take no parameters: no body, or an empty JSON object. */
export async function expectNoBody(request: HttpRequest, empty: TSchema): Promise<void> {
  const length = request.headers['content-length'] ?? '0'
  if (length === '0' && request.headers['transfer-encoding'] === undefined) return
  await readBody(request, empty)
}

async function readBytes(request: HttpRequest): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge()
  let bytes = 0
  let refused: RefusedBody | undefined
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

function tooLarge(): RefusedBody {
  return new RefusedBody(413, `The body must not exceed ${BODY_BYTES_MAX} bytes.`)
}

function parse(bytes: Buffer): unknown {
  try {
    if (isUtf8(bytes)) return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Told below, without the parser's text: it quotes the body.
  }
  throw new GatewayError('invalid_argument', 'The body is not valid JSON.')
}

/** The first thing that is wrong, named as `models[0]`. */
function firstFault(schema: TSchema, value: unknown): GatewayError {
  const [fault] = Value.Errors(schema, value)
  if (fault === undefined) return new GatewayError('invalid_argument', 'The body is not valid.')
  if (fault.schemaPath.endsWith('/additionalProperties')) {
    const field = fieldOf(fault.instancePath)
    return invalidField(field, `The field ${JSON.stringify(field)} is not known or cannot be set.`)
  }
  if (fault.keyword === 'required') {
    const field = String(fault.params.requiredProperties[0])
    return invalidField(field, `The field ${JSON.stringify(field)} is required.`)
  }
  const field = fieldOf(fault.instancePath)
  const subject = field === '' ? 'The body' : `The field ${JSON.stringify(field)}`
  return invalidField(field, `${subject} ${fault.message}.`)
}

/** `/models/0` as `models[0]`. Shortened, because the client chose it. */
function fieldOf(pointer: string): string {
  const steps = pointer.split('/').slice(1)
  const names = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const path = names.map((name, index) => {
    if (index > 0 && /^\d+$/.test(name)) return `[${name}]`
    return index === 0 ? name : `.${name}`
  })
  return path.join('').slice(0, 100)
}
