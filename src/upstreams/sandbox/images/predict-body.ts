/** The loose JSON of `:predict` and `:predictLongRunning`: one instance and its parameters, read field by field. */
import { type GatewayError, invalidField } from '../../../errors.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import { notYet } from '../errors.ts'
import { quoted } from './check.ts'

/** Fields of one JSON object, each with its path for complaints. */
export interface Fields {
  readonly path: string
  has(name: string): boolean
  text(name: string): string | undefined
  flag(name: string): boolean
  /** An integer that `allowed` has. */
  integer(name: string, min: number, max: number, allowed?: readonly number[]): number | undefined
  choice(name: string, allowed: readonly string[]): string | undefined
  object(name: string): Readonly<Record<string, unknown>> | undefined
  /** Throws when one of these was given: it would change the answer in ways that the sandbox cannot give. */
  refuse(...names: string[]): void
}

export interface PredictBody {
  readonly instance: Fields
  readonly parameters: Fields
}

const MEMBERS = ['instances', 'parameters', 'labels']

/** Throws `invalid_argument` for whatever is not `{instances: [{…}], parameters?: {…}}`. */
export function readPredictBody(body: unknown): PredictBody {
  if (!isObject(body)) throw invalidField('', 'Request contains an invalid argument.')
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) {
    const text = `Invalid JSON payload received. Unknown name "${shorten(unknown)}": Cannot find field.`
    throw invalidField('', text)
  }
  const { instances, parameters = {} } = body
  if (!Array.isArray(instances) || instances.length === 0) {
    throw invalidField('instances', '* PredictRequest.instances: instances is not specified\n')
  }
  if (instances.length > 1) throw invalidField('instances', 'Only one instance can be given in a request.')
  const [instance] = instances as unknown[]
  if (!isObject(instance)) throw invalidField('instances[0]', 'Each instance must be an object.')
  if (!isObject(parameters)) throw invalidField('parameters', 'Parameters must be an object.')
  return { instance: fieldsOf(instance, 'instances[0]'), parameters: fieldsOf(parameters, 'parameters') }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fieldsOf(object: Readonly<Record<string, unknown>>, path: string): Fields {
  const read = (name: string): unknown =>
    Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined
  const wrong = (name: string, text: string): GatewayError => invalidField(`${path}.${name}`, text)
  const text = (name: string): string | undefined => {
    const value = read(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrong(name, `The value for \`${name}\` must be a string.`)
  }
  return {
    path,
    has: (name) => read(name) !== undefined,
    text,
    flag: (name) => {
      const value = read(name) ?? false
      if (typeof value === 'boolean') return value
      throw wrong(name, `The value for \`${name}\` must be a boolean.`)
    },
    integer: (name, min, max, allowed) => {
      const value = read(name)
      if (value === undefined) return undefined
      if (typeof value !== 'number') throw wrong(name, `The value for \`${name}\` must be a number.`)
      if (isWithin(value, min, max) && allowed?.includes(value) !== false) return value
      throw wrong(name, outOfBound(name, min, max))
    },
    choice: (name, allowed) => {
      const value = text(name)
      if (value === undefined || value === '' || allowed.includes(value)) return value || undefined
      throw wrong(name, notAllowed(name, value, allowed))
    },
    object: (name) => {
      const value = read(name)
      if (value === undefined || isObject(value)) return value
      throw wrong(name, `The value for \`${name}\` must be an object.`)
    },
    refuse: (...names) => {
      for (const name of names) if (read(name) !== undefined) throw notYet(`${path}.${name}`, name)
    },
  }
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

function notAllowed(name: string, value: string, allowed: readonly string[]): string {
  return `The value ${shorten(value)} for \`${name}\` is not supported. Allowed values are: ${quoted(allowed)}.`
}

/** Google's words. */
function outOfBound(name: string, min: number, max: number): string {
  return (
    `The number value for \`${name}\` is out of bound. ` +
    `Please provide a value between ${min} and ${max}, inclusive.`
  )
}

const PEOPLE = [
  'allow_all',
  'allow_adult',
  'dont_allow',
  'ALLOW_ALL',
  'ALLOW_ADULT',
  'DONT_ALLOW',
  'ALLOW_NONE',
]

/** What both verbs know and what changes nothing on drawings. */
export function checkCommon({ parameters }: PredictBody): void {
  parameters.choice('personGeneration', PEOPLE)
  parameters.refuse('storageUri')
}

/** The prompt; undefined when there is none but blanks. */
export function promptOf({ instance }: PredictBody): string | undefined {
  const prompt = instance.text('prompt')?.toWellFormed()
  return prompt === undefined || prompt.trim() === '' ? undefined : prompt
}
