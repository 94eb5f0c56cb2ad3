/** How a function is declared to the model, and how it may choose among them. */
import type { Report } from '../../nouns/report.ts'
import { invalid, type Json, type Members, unspeakable } from './values.ts'

export interface Functions {
  readonly declarations: readonly Json[]
  readonly functionCallingConfig: Json | undefined
  /** Whether the client said how; else it follows from what the functions are. */
  readonly isChosen: boolean
}

/** Arguments that fit their schema: Gemini's word for `strict`. */
const VALIDATED: Json = Object.freeze({ mode: 'VALIDATED' })

/** `strict`: where a function asks for arguments that fit its schema. */
export function functionsOf(
  request: Members,
  declarations: readonly Json[],
  strict: readonly string[],
  report: Report,
): Functions {
  const chosen = choiceOf(request)
  const areAllStrict = declarations.length > 0 && strict.length === declarations.length
  if (chosen === undefined && !areAllStrict)
    for (const path of strict)
      report.dropped(path, 'arguments are held to the schemas of all functions or of none')
  return {
    declarations,
    functionCallingConfig: chosen ?? (areAllStrict ? VALIDATED : undefined),
    isChosen: chosen !== undefined,
  }
}

export function declarationOf(declared: Members): Json {
  const description = declared.text('description')
  const parameters = declared.json('parameters')
  return {
    name: declared.required('name'),
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && takesSomething(parameters) && { parametersJsonSchema: parameters }),
  }
}

/** A function without parameters is declared without a schema: Gemini refuses an object that has no members. */
function takesSomething(schema: Json): boolean {
  const { type, properties, ...others } = schema
  const isEmpty =
    typeof properties !== 'object' || properties === null || Object.keys(properties).length === 0
  const { additionalProperties: _, required: __, $schema: ___, ...rest } = others
  return !(isEmpty && (type === 'object' || type === undefined) && Object.keys(rest).length === 0)
}

const MODES: ReadonlyMap<string, string> = new Map([
  ['none', 'NONE'],
  ['required', 'ANY'],
])

function choiceOf(request: Members): Json | undefined {
  const choice = request.take('tool_choice') ?? request.take('function_call')
  const path = request.pathOf(request.take('tool_choice') === undefined ? 'function_call' : 'tool_choice')
  if (choice === undefined || choice === 'auto') return undefined
  if (typeof choice === 'string') {
    const mode = MODES.get(choice)
    if (mode === undefined)
      throw invalid(
        path,
        `Invalid value: '${choice.slice(0, 64)}'. Supported values are: 'none', 'auto', 'required'.`,
      )
    return { mode }
  }
  const chosen = request.object(request.take('tool_choice') === undefined ? 'function_call' : 'tool_choice')
  if (chosen?.text('type') === 'allowed_tools') return allowedOf(chosen)
  const name = chosen?.object('function')?.required('name') ?? chosen?.text('name')
  if (name === undefined) throw unspeakable(path, 'only a function can be chosen')
  return { mode: 'ANY', allowedFunctionNames: [name] }
}

function allowedOf(chosen: Members): Json {
  // Older texts of the API have the members beside the type.
  const allowed = chosen.object('allowed_tools') ?? chosen
  const isRequired = allowed.word('mode', ['auto', 'required']) === 'required'
  const names = allowed.objects('tools').map((tool) => {
    tool.take('type')
    return tool.object('function')?.required('name') ?? tool.required('name')
  })
  return { mode: isRequired ? 'ANY' : 'VALIDATED', allowedFunctionNames: names }
}
