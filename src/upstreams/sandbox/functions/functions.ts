/** The functions that a request declares, as what choosing and calling them needs. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { checkParameters } from '../../translation/checks/declarations.ts'
import { readGeminiSchema, readJsonSchema } from '../schema/read.ts'
import type { Shape } from '../schema/shape.ts'

type Tool = GeminiMessage<'Tool'>
type FunctionDeclaration = GeminiMessage<'FunctionDeclaration'>

/** Parameters of one function that are looked at when a function is chosen. */
const PARAMETERS_MAX = 64

export interface Parameter {
  readonly name: string
  /** Lower-case type names; empty when none is given. */
  readonly types: readonly string[]
  readonly hasChoices: boolean
  readonly isRequired: boolean
}

/** A declared function. */
export interface DeclaredFunction {
  readonly name: string
  readonly description: string
  /** Where it was declared, snake_case. */
  readonly path: string
  /** What its arguments must look like; undefined when it takes none. */
  readonly shape: Shape | undefined
  readonly parameters: readonly Parameter[]
}

/** Read once for the check, and again found here by each candidate. */
const known = new WeakMap<readonly Tool[], readonly DeclaredFunction[]>()

/** Throws Google's 400 for a schema that is not legal. */
export function readFunctions(tools: readonly Tool[] | undefined): readonly DeclaredFunction[] {
  if (tools === undefined) return []
  const found = known.get(tools)
  if (found !== undefined) return found
  const functions = tools.flatMap(({ functionDeclarations = [] }, toolIndex) =>
    functionDeclarations.map((declaration, index) =>
      readFunction(declaration, `tools[${toolIndex}].function_declarations[${index}]`),
    ),
  )
  known.set(tools, functions)
  return functions
}

function readFunction(declaration: FunctionDeclaration, path: string): DeclaredFunction {
  const { name = '', description = '', response, responseJsonSchema } = declaration
  if (response !== undefined) readGeminiSchema(response, `${path}.response`)
  if (responseJsonSchema !== undefined) readJsonSchema(responseJsonSchema, `${path}.response_json_schema`)
  return {
    name,
    description,
    path,
    shape: readParameters(declaration, path),
    parameters: parametersOf(declaration),
  }
}

/** The root holds the arguments by name, so it is an OBJECT; one without any type is taken for that. */
function readParameters(declaration: FunctionDeclaration, path: string): Shape | undefined {
  checkParameters(declaration, path)
  const { parameters, parametersJsonSchema } = declaration
  if (parameters !== undefined) {
    return readGeminiSchema({ ...parameters, type: 'OBJECT' }, `${path}.parameters`)
  }
  if (parametersJsonSchema === undefined) return undefined
  return readJsonSchema(parametersJsonSchema, `${path}.parameters_json_schema`)
}

function parametersOf({ parameters, parametersJsonSchema }: FunctionDeclaration): readonly Parameter[] {
  const schema: unknown = parameters ?? parametersJsonSchema
  if (!isObject(schema) || !isObject(schema.properties)) return []
  const required = new Set<unknown>(Array.isArray(schema.required) ? schema.required : [])
  return Object.entries(schema.properties)
    .slice(0, PARAMETERS_MAX)
    .map(([name, property]) => ({
      name,
      types: typesOf(property),
      hasChoices: isObject(property) && (property.enum !== undefined || property.const !== undefined),
      isRequired: required.has(name),
    }))
}

function typesOf(property: unknown): readonly string[] {
  const type = isObject(property) ? property.type : undefined
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  return types.filter((name) => typeof name === 'string').map((name) => name.toLowerCase())
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
