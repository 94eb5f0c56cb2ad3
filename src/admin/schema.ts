import { Check, Errors } from 'typebox/schema'
import { GatewayError, invalidField } from '../errors.ts'
import type { TSchema } from '../wire/type.ts'

type Kind = 'field' | 'query parameter'

/** The value itself when it has the schema's shape, else `invalid_argument` naming the first thing that is wrong. */
export function check(schema: TSchema, value: unknown, kind: Kind): unknown {
  if (Check(schema, value)) return value
  throw firstFault(schema, value, kind)
}

/** Parameters of a query as strings; each may be there once. */
export function checkQuery(schema: TSchema, query: URLSearchParams): unknown {
  const names = [...query.keys()]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    const field = twice.slice(0, 100)
    throw invalidField(field, `The query parameter ${JSON.stringify(field)} is given more than once.`)
  }
  return check(schema, Object.fromEntries(query), 'query parameter')
}

/** Named as `models[0]`. */
function firstFault(schema: TSchema, value: unknown, kind: Kind): GatewayError {
  const [, faults] = Errors(schema, value)
  const [fault] = faults
  if (fault === undefined) return new GatewayError('invalid_argument', `A ${kind} is not valid.`)
  const field = fieldOf(fault.instancePath)
  const named = (name: string): string => `The ${kind} ${JSON.stringify(name)}`
  if (fault.schemaPath.endsWith('/additionalProperties')) {
    return invalidField(field, `${named(field)} is not known or cannot be set.`)
  }
  if (fault.keyword === 'required') {
    const name = `${field}${field && '.'}${fault.params.requiredProperties[0]}`
    return invalidField(name, `${named(name)} is required.`)
  }
  const subject = field === '' ? 'The body' : named(field)
  if (fault.keyword === 'enum') {
    return invalidField(field, `${subject} must be one of ${fault.params.allowedValues.join(', ')}.`)
  }
  // Of a choice, every branch tells its own fault.
  const here = faults.filter(({ instancePath }) => instancePath === fault.instancePath)
  const types = here.flatMap(({ keyword, params }) =>
    keyword === 'type' ? [(params as { type: string }).type] : [],
  )
  const rule = fault.keyword === 'type' ? `must be ${types.join(' or ')}` : fault.message
  return invalidField(field, `${subject} ${rule}.`)
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
