/** The form of function declarations: names, number, which members exclude one another. Their schemas are read later. */
import { type GatewayError, invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import type { Complaints } from './complaints.ts'
import { exceedsDepth } from './schema-depth.ts'

type Tool = GeminiMessage<'Tool'>
type FunctionDeclaration = GeminiMessage<'FunctionDeclaration'>

const DECLARATIONS_MAX = 512
const FUNCTION_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/

/** Complains about function declarations, and throws for what Google refuses on the spot. */
export function checkDeclarations(complaints: Complaints, tools: readonly Tool[]): void {
  const names = new Set<string>()
  let count = 0
  tools.forEach((tool, toolIndex) => {
    tool.functionDeclarations?.forEach((declaration, index) => {
      count++
      if (count > DECLARATIONS_MAX) {
        throw invalidField('tools', `At most ${DECLARATIONS_MAX} function declarations can be specified.`)
      }
      const path = `tools[${toolIndex}].function_declarations[${index}]`
      checkName(complaints, `${path}.name`, declaration.name ?? '', names)
      checkSchemas(complaints, path, declaration)
    })
  })
}

function checkName(complaints: Complaints, path: string, name: string, names: Set<string>): void {
  if (!FUNCTION_NAME.test(name)) {
    complaints.add(
      path,
      'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), ' +
        'underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.',
    )
  } else if (names.has(name)) {
    throw invalidField(path, `Duplicate function declaration found: ${shorten(name)}`)
  }
  names.add(name)
}

const SCHEMA_MEMBERS = [
  ['parameters', 'parametersJsonSchema'],
  ['response', 'responseJsonSchema'],
] as const

function checkSchemas(complaints: Complaints, path: string, declaration: FunctionDeclaration): void {
  for (const [schema, jsonSchema] of SCHEMA_MEMBERS) {
    if (declaration[schema] !== undefined && declaration[jsonSchema] !== undefined) {
      complaints.add(path, `only one of ${schema} and ${jsonSchema} may be set`)
    }
    if (exceedsDepth(declaration[schema]) || exceedsDepth(declaration[jsonSchema])) {
      throw invalidField(
        path,
        'A FunctionDeclaration in the request exceeds the maximum allowed nesting depth.',
      )
    }
  }
}

/** Throws when what a function takes is no object of named arguments. */
export function checkParameters(declaration: FunctionDeclaration, path: string): void {
  const { name = '', parameters, parametersJsonSchema } = declaration
  if (parameters !== undefined) {
    const { type = 'TYPE_UNSPECIFIED' } = parameters
    if (type !== 'OBJECT' && type !== 'TYPE_UNSPECIFIED') throw notAnObject(name, 'parameters', path)
  } else if (parametersJsonSchema !== undefined && !mayBeObject(parametersJsonSchema)) {
    throw notAnObject(name, 'parameters_json_schema', path)
  }
}

function mayBeObject(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return false
  const { type } = schema as { readonly type?: unknown }
  return type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function notAnObject(name: string, member: string, path: string): GatewayError {
  const text = `Unable to submit request because \`${name}\` functionDeclaration \`${member}\` schema should be of type OBJECT.`
  return invalidField(`${path}.${member}`, text)
}
