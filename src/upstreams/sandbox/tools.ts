/** Tools and toolConfig: checked in form, then refused, because no tool is played yet. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { shorten } from '../../wire/protojson-scalars.ts'
import { type Complaints, notYet } from './errors.ts'
import { exceedsDepth } from './schema-depth.ts'

type Tool = GeminiMessage<'Tool'>
type FunctionDeclaration = GeminiMessage<'FunctionDeclaration'>

const DECLARATIONS_MAX = 512
const FUNCTION_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/

/** Complains about function declarations, and throws for those that Google refuses one by one. */
export function checkTools(complaints: Complaints, tools: readonly Tool[]): void {
  const names = new Set<string>()
  tools.forEach((tool, toolIndex) => {
    tool.functionDeclarations?.forEach((declaration, index) => {
      checkDeclaration(complaints, `tools[${toolIndex}].function_declarations[${index}]`, declaration, names)
    })
  })
  if (names.size > DECLARATIONS_MAX) {
    throw invalidField('tools', `At most ${DECLARATIONS_MAX} function declarations can be specified.`)
  }
}

function checkDeclaration(
  complaints: Complaints,
  path: string,
  declaration: FunctionDeclaration,
  names: Set<string>,
): void {
  const { name = '' } = declaration
  if (!FUNCTION_NAME.test(name)) {
    complaints.add(
      `${path}.name`,
      'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), ' +
        'underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.',
    )
  } else if (names.has(name)) {
    throw invalidField(`${path}.name`, `Duplicate function declaration found: ${shorten(name)}`)
  }
  names.add(name)
  for (const [schema, jsonSchema] of [
    ['parameters', 'parametersJsonSchema'],
    ['response', 'responseJsonSchema'],
  ] as const) {
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

/** Throws for every tool that asks for something; `tools: []`, `[{}]` and `functionDeclarations: []` ask for nothing. */
export function refuseTools(
  tools: readonly Tool[],
  toolConfig: GeminiMessage<'ToolConfig'> | undefined,
): void {
  tools.forEach((tool, index) => {
    for (const [name, value] of Object.entries(tool)) {
      const empty = Array.isArray(value) && value.length === 0
      if (!empty) throw notYet(`tools[${index}]`, `The tool ${name}`)
    }
  })
  const calling = toolConfig?.functionCallingConfig
  if (calling?.mode === 'ANY' || calling?.mode === 'VALIDATED' || calling?.allowedFunctionNames?.length) {
    throw new GatewayError(
      'invalid_argument',
      'Function calling config is set without function_declarations.',
    )
  }
}
