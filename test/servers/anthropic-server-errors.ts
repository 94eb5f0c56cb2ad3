/** How Anthropic words what is wrong. */
import type { Reply } from './provider-server.ts'
import { type Path, ShapeError } from './provider-shape.ts'

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

export class AnthropicRefusal extends Error {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(message: string, status = 400, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }

  reply(): Reply {
    const error = { type: TYPES[this.status] ?? 'api_error', message: this.message }
    const json = { type: 'error', error, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' }
    return { status: this.status, headers: { 'request-id': json.request_id, ...this.headers }, json }
  }
}

/** `messages.0.content.1: why` */
export function invalid(path: Path | string, why: string): AnthropicRefusal {
  return new AnthropicRefusal(`${typeof path === 'string' ? path : path.join('.')}: ${why}`)
}

function shapeRefusal({ path, fault, value }: ShapeError): AnthropicRefusal {
  switch (fault.kind) {
    case 'unknown':
      return invalid(path, 'Extra inputs are not permitted')
    case 'missing':
      return invalid(path, 'Field required')
    case 'type':
      return invalid(path, `Input should be a valid ${TYPE_WORDS[fault.expected] ?? fault.expected}`)
    case 'word': {
      const words = fault.words.map((word) => `'${word}'`).join(', ')
      return invalid(
        path,
        `Input tag '${String(value)}' found does not match any of the expected tags: ${words}`,
      )
    }
    case 'range':
      return invalid(
        path,
        `Input should be ${fault.bound === 'minimum' ? 'greater' : 'less'} than or equal to ${fault.limit}`,
      )
    case 'length':
      return invalid(
        path,
        `${Array.isArray(value) ? 'List' : 'String'} should have at ${fault.bound === 'minimum' ? 'least' : 'most'} ${fault.limit} ${Array.isArray(value) ? 'item' : 'character'}${fault.limit === 1 ? '' : 's'}`,
      )
    case 'pattern':
      return invalid(path, `String should match pattern '${fault.pattern}'`)
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = { object: 'dictionary', array: 'list' }

/** Runs a check of a shape and words what it throws. */
export function checked<Value>(check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    throw error instanceof ShapeError ? shapeRefusal(error) : error
  }
}
