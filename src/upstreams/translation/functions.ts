/** What a conversation may call: the client's functions, tools that servers run, and whether it must. */
import { type Report, snakeCase } from '../../nouns/report.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { readCalling } from './checks/calling.ts'
import { checkParameters } from './checks/declarations.ts'
import type { FunctionTool, ServerTool, ToolChoice } from './conversation.ts'
import type { FunctionNames } from './names.ts'
import { isEmpty, isNothing } from './nothing.ts'
import { parametersOf } from './schema.ts'

type Tool = GeminiMessage<'Tool'>
type ToolConfig = GeminiMessage<'ToolConfig'>
type FunctionDeclaration = GeminiMessage<'FunctionDeclaration'>

/** `prefix` is what stands before `tools` and `toolConfig` in paths: empty, or `cachedContent.`. */
export interface ToolsRead {
  readonly prefix: string
  readonly names: FunctionNames
  readonly report: Report
}

/** Names of all declared functions, as the client knows them. */
export function declaredNames(tools: readonly Tool[]): string[] {
  return tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name = '' }) => name))
}

/** Throws Google's 400. `checkDeclarations` comes before it. */
export function readFunctions(tools: readonly Tool[], read: ToolsRead): readonly FunctionTool[] {
  return tools.flatMap(({ functionDeclarations = [] }, toolIndex) =>
    functionDeclarations.map((declaration, index) =>
      readFunction(declaration, `${read.prefix}tools[${toolIndex}].functionDeclarations[${index}]`, read),
    ),
  )
}

function readFunction(
  declaration: FunctionDeclaration,
  path: string,
  { names, report }: ToolsRead,
): FunctionTool {
  checkParameters(declaration, snakeCase(path))
  const { name = '', description, behavior } = declaration
  const fitted = names.fitted(name)
  if (fitted !== name) report.approximated(`${path}.name`, 'the target allows no such name')
  for (const member of ['response', 'responseJsonSchema'] as const) {
    if (isEmpty(declaration[member])) continue
    report.dropped(`${path}.${member}`, 'the target asks for no schema of what a function answers')
  }
  if (behavior === 'NON_BLOCKING') report.dropped(`${path}.behavior`, 'the target waits for every function')
  return {
    path,
    name: fitted,
    description: description || undefined,
    parameters: parametersOf(declaration, path, report),
  }
}

/** A tool that waits for somebody to carry it. */
class AskedTool implements ServerTool {
  readonly path: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  #isTaken = false

  constructor(path: string, name: string, config: Readonly<Record<string, unknown>>) {
    this.path = path
    this.name = name
    this.config = config
  }

  take(): void {
    this.#isTaken = true
  }

  get isTaken(): boolean {
    return this.#isTaken
  }
}

export function readServerTools(tools: readonly Tool[], prefix: string): readonly ServerTool[] {
  return tools.flatMap(({ functionDeclarations, mcpServers = [], ...others }, index) => {
    const path = `${prefix}tools[${index}]`
    const asked = Object.entries(others).map(
      ([name, config]) => new AskedTool(`${path}.${name}`, name, config as Readonly<Record<string, unknown>>),
    )
    if (mcpServers.length > 0) {
      asked.push(new AskedTool(`${path}.mcpServers`, 'mcpServers', { servers: mcpServers }))
    }
    return asked
  })
}

const MODES = { AUTO: 'auto', ANY: 'any', NONE: 'none', VALIDATED: 'validated' } as const

/** Throws Google's 400 for a config that does not fit the declared functions. */
export function readChoice(
  toolConfig: ToolConfig | undefined,
  tools: readonly Tool[],
  { prefix, names, report }: ToolsRead,
): ToolChoice {
  const path = `${prefix}toolConfig.functionCallingConfig`
  const { functionCallingConfig: calling = {}, retrievalConfig } = toolConfig ?? {}
  const declared = declaredNames(tools).map((name) => ({ name }))
  const { mode } = readCalling(toolConfig, declared)
  const given = calling.allowedFunctionNames ?? []
  given.forEach((name, index) => {
    if (names.fitted(name) === name) return
    report.approximated(`${path}.allowedFunctionNames[${index}]`, 'the target allows no such name')
  })
  if (!isNothing(retrievalConfig)) {
    report.dropped(`${prefix}toolConfig.retrievalConfig`, 'the target is told no place and no language')
  }
  if (calling.streamFunctionCallArguments) {
    report.dropped(`${path}.streamFunctionCallArguments`, 'a call is given whole')
  }
  if (toolConfig?.includeServerSideToolInvocations) {
    report.dropped(
      `${prefix}toolConfig.includeServerSideToolInvocations`,
      'the target does not show what its own tools did',
    )
  }
  return { mode: MODES[mode], allowed: [...new Set(given)].map((name) => names.fitted(name)), path }
}
