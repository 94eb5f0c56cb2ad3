/** How Vertex AI words what is wrong. */
import type { Reply } from './provider-server.ts'
import { type Path, ShapeError } from './provider-shape.ts'

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

export class VertexRefusal extends Error {
  readonly status: number
  readonly details: readonly object[]

  constructor(message: string, status = 400, details: readonly object[] = []) {
    super(message)
    this.status = status
    this.details = details
  }

  reply(): Reply {
    const { status: code, message, details } = this
    const error = {
      code,
      message,
      status: STATUSES[code] ?? 'UNKNOWN',
      ...(details.length > 0 && { details }),
    }
    return { status: code, json: { error } }
  }
}

/** `contents[0].parts[1].inline_data` */
function fieldOf(path: Path): string {
  const steps = path.map((step) =>
    typeof step === 'number'
      ? `[${step}]`
      : `.${step.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
  )
  return steps.join('').replace(/^\./, '')
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'TYPE_STRING',
  boolean: 'TYPE_BOOL',
  number: 'TYPE_FLOAT',
  integer: 'TYPE_INT32',
  object: 'type.googleapis.com/google.protobuf.Struct',
  array: 'repeated',
}

function shapeRefusal({ path, fault, value }: ShapeError): VertexRefusal {
  if (fault.kind === 'unknown') {
    const parent = fieldOf(path.slice(0, -1))
    const description = `Invalid JSON payload received. Unknown name "${String(path.at(-1))}"${parent === '' ? '' : ` at '${parent}'`}: Cannot find field.`
    const violation = { ...(parent !== '' && { field: parent }), description }
    return new VertexRefusal(description, 400, [
      { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [violation] },
    ])
  }
  const field = fieldOf(path)
  switch (fault.kind) {
    case 'missing':
      return new VertexRefusal(`Unable to submit request because \`${field}\` is not set.`)
    case 'type':
      return new VertexRefusal(
        `Invalid value at '${field}' (${TYPES[fault.expected] ?? fault.expected}), ${JSON.stringify(value)}`,
      )
    case 'word':
      return new VertexRefusal(`Invalid value at '${field}' (an enum), ${JSON.stringify(value)}`)
    default:
      return new VertexRefusal(`Unable to submit request because ${field} has an invalid value.`)
  }
}

/** Runs a check of a shape and words what it throws. */
export function checked<Value>(check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    throw error instanceof ShapeError ? shapeRefusal(error) : error
  }
}
