/** How OpenAI words what is wrong. */
import type { Reply } from './provider-server.ts'
import { type Path, ShapeError } from './provider-shape.ts'

export class OpenAiRefusal extends Error {
  readonly status: number
  readonly param: string | null
  readonly code: string | null
  readonly headers: Record<string, string>

  constructor(
    message: string,
    {
      status = 400,
      param = null,
      code = null,
      headers = {},
    }: {
      status?: number
      param?: string | null
      code?: string | null
      headers?: Record<string, string>
    } = {},
  ) {
    super(message)
    this.status = status
    this.param = param
    this.code = code
    this.headers = headers
  }

  reply(): Reply {
    const type = TYPES[this.status] ?? (this.status >= 500 ? 'server_error' : 'invalid_request_error')
    const { message, param, code } = this
    return { status: this.status, headers: this.headers, json: { error: { message, type, param, code } } }
  }
}

const TYPES: Readonly<Record<number, string>> = { 429: 'tokens' }

export function invalid(
  path: Path | string,
  why: string,
  code: string | null = 'invalid_value',
): OpenAiRefusal {
  const param = typeof path === 'string' ? path : paramOf(path)
  return new OpenAiRefusal(why, { param, code })
}

/** `messages[0].content[1].type` */
export function paramOf(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}

export function shapeRefusal({ path, fault, value }: ShapeError): OpenAiRefusal {
  const param = paramOf(path)
  switch (fault.kind) {
    case 'unknown':
      return invalid(param, `Unknown parameter: '${param}'.`, 'unknown_parameter')
    case 'missing':
      return invalid(param, `Missing required parameter: '${param}'.`, 'missing_required_parameter')
    case 'type':
      return invalid(
        param,
        `Invalid type for '${param}': expected ${fault.expected}, but got ${kindOf(value)} instead.`,
        'invalid_type',
      )
    case 'word': {
      const words = fault.words.map((word) => `'${word}'`).join(', ')
      return invalid(param, `Invalid value: '${String(value)}'. Supported values are: ${words}.`)
    }
    case 'range':
      return invalid(
        param,
        `Invalid '${param}': ${fault.bound === 'minimum' ? 'below minimum' : 'above maximum'} value. Expected a value ${
          fault.bound === 'minimum' ? '>=' : '<='
        } ${fault.limit}, but got ${String(value)} instead.`,
        fault.bound === 'minimum' ? 'decimal_below_min_value' : 'decimal_above_max_value',
      )
    case 'length':
      return lengthRefusal(param, fault, value as string | unknown[])
    case 'pattern':
      return invalid(
        param,
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${fault.pattern}'.`,
      )
  }
}

function lengthRefusal(
  param: string,
  { bound, limit }: { bound: 'minimum' | 'maximum'; limit: number },
  value: string | unknown[],
): OpenAiRefusal {
  const what = Array.isArray(value) ? 'array' : 'string'
  const how = value.length === 0 ? `empty ${what}` : `${what} too ${bound === 'minimum' ? 'short' : 'long'}`
  const message = `Invalid '${param}': ${how}. Expected ${what === 'array' ? 'an' : 'a'} ${what} with ${bound} length ${limit}, but got ${what === 'array' ? 'an' : 'a'} ${what} with length ${value.length} instead.`
  return invalid(param, message, `${what}_${bound === 'minimum' ? 'below_min' : 'above_max'}_length`)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Runs a check of a shape and words what it throws. */
export function checked<Value>(check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    throw error instanceof ShapeError ? shapeRefusal(error) : error
  }
}
