/** Functions and Google's own tools → `tools` and `tool_choice`. */
import { type Report, untranslatable } from '../../nouns/report.ts'
import type {
  Conversation,
  FunctionTool,
  JsonSchema,
  ServerTool,
  ToolChoice,
} from '../translation/conversation.ts'
import { type Block, CACHE_MARK } from './blocks.ts'
import type { ModelRules } from './model-rules.ts'
import { closedSchema } from './schema.ts'

export interface ToolPlan {
  readonly tools: readonly object[]
  /** Undefined: as the model likes. */
  readonly choice: object | undefined
  /** Whether the model is made to call: it then cannot think within a budget. */
  readonly isForced: boolean
  /** What is asked for in words, because the wire has no member for it. */
  readonly words: string | undefined
}

/** With strict arguments, in one request; more are refused. */
const STRICT_MAX = 20
const COMPOSERS = ['anyOf', 'oneOf', 'allOf'] as const

export function planTools(conversation: Conversation, rules: ModelRules, report: Report): ToolPlan {
  const { choice } = conversation
  const functions = allowedFunctions(conversation, rules, report)
  const strict = choice.mode === 'validated' ? strictSchemas(functions, rules, report) : undefined
  const tools = [
    ...functions.map((tool) => functionTool(tool, strict?.get(tool), report)),
    ...serverTools(conversation, report),
  ]
  if (conversation.cached.tools && tools.length > 0) {
    tools[tools.length - 1] = { ...(tools.at(-1) as object), cache_control: CACHE_MARK }
  }
  return { tools, ...choose(choice, functions, rules, report) }
}

type Choice = Omit<ToolPlan, 'tools'>

function choose(
  choice: ToolChoice,
  functions: readonly FunctionTool[],
  rules: ModelRules,
  report: Report,
): Choice {
  const free = { choice: undefined, isForced: false, words: undefined }
  if (functions.length === 0) return free
  if (choice.mode === 'none') return { ...free, choice: { type: 'none' } }
  if (choice.mode !== 'any') return free
  const [name] = choice.allowed
  if (rules.takesForcedCalls) {
    const isOne = name !== undefined && choice.allowed.length === 1
    return { ...free, choice: isOne ? { type: 'tool', name } : { type: 'any' }, isForced: true }
  }
  report.approximated(
    `${choice.path}.mode`,
    'the model cannot be made to call a function: it is asked to in words',
  )
  const names = functions.map((tool) => tool.name).join(', ')
  return { ...free, words: `Answer with a call of one of these functions, and with nothing else: ${names}.` }
}

/** One function among others can be named on the wire; a choice of several is made by leaving the others out. */
function allowedFunctions(
  { choice, functions }: Conversation,
  rules: ModelRules,
  report: Report,
): readonly FunctionTool[] {
  const { allowed, mode, path } = choice
  if (allowed.length === 0 || mode === 'none') return functions
  if (allowed.length === 1 && mode === 'any' && rules.takesForcedCalls) return functions
  const kept = functions.filter(({ name }) => allowed.includes(name))
  if (kept.length === functions.length) return functions
  report.emulated(`${path}.allowedFunctionNames`, 'the functions that are not allowed are left out')
  for (const tool of functions) {
    if (!kept.includes(tool)) report.emulated(tool.path, 'left out: it is not among the allowed functions')
  }
  return kept
}

/** Of the functions whose arguments the model holds itself to. */
function strictSchemas(
  functions: readonly FunctionTool[],
  { keepsSchemas }: ModelRules,
  report: Report,
): ReadonlyMap<FunctionTool, JsonSchema> {
  const counts = { optional: 0, choices: 0 }
  const schemas = new Map<FunctionTool, JsonSchema>()
  for (const tool of functions) {
    const isPossible = keepsSchemas && schemas.size < STRICT_MAX
    const closed = isPossible ? closedSchema(tool.parameters, counts) : undefined
    if (closed !== undefined) schemas.set(tool, closed)
    else report.approximated(tool.path, 'the model does not hold itself to such a schema; it is told of it')
  }
  return schemas
}

function functionTool(
  { path, name, description, parameters }: FunctionTool,
  strict: JsonSchema | undefined,
  report: Report,
): object {
  const { schema, words } = withoutComposers(parameters)
  if (words !== undefined)
    report.approximated(path, 'what combines schemas at the top is told in the description')
  const text = [description, words].filter((part) => part !== undefined && part !== '').join('\n\n')
  return {
    name,
    ...(text !== '' && { description: text }),
    input_schema: strict ?? schema,
    ...(strict !== undefined && { strict: true }),
  }
}

/** The top of a tool's schema must be an object's and may not combine others. */
function withoutComposers(parameters: JsonSchema): { schema: object; words: string | undefined } {
  if (typeof parameters === 'boolean') return { schema: { type: 'object' }, words: undefined }
  const composed = COMPOSERS.filter((keyword) => parameters[keyword] !== undefined)
  if (composed.length === 0) return { schema: { ...parameters, type: 'object' }, words: undefined }
  const rest: Record<string, unknown> = { ...parameters, type: 'object' }
  const combined: Record<string, unknown> = {}
  for (const keyword of composed) {
    combined[keyword] = rest[keyword]
    delete rest[keyword]
  }
  return { schema: rest, words: `The arguments must fit this JSON Schema too: ${JSON.stringify(combined)}` }
}

function serverTools({ serverTools: tools, functions }: Conversation, report: Report): Block[] {
  const made: Block[] = []
  for (const tool of tools) {
    const block = serverTool(tool, report)
    if (block === undefined) continue
    tool.take()
    const taken = functions.find(({ name }) => name === block.name)
    if (taken !== undefined) {
      throw untranslatable(
        taken.path,
        `the target has a tool of its own that is called ${block.name}: rename the function`,
      )
    }
    if (!made.some(({ name }) => name === block.name)) made.push(block)
  }
  return made
}

/** Undefined for a tool that the target has nothing like. */
function serverTool({ name, path, config }: ServerTool, report: Report): Block | undefined {
  switch (name) {
    case 'googleSearch':
    case 'googleSearchRetrieval':
      report.approximated(path, "the target's own web search instead of Google's")
      checkSearch(path, config)
      return { type: 'web_search_20250305', name: 'web_search', ...blockedDomains(config) }
    case 'urlContext':
      report.approximated(path, 'the target fetches the addresses itself when it wants to')
      return { type: 'web_fetch_20250910', name: 'web_fetch' }
    default:
      return undefined
  }
}

function checkSearch(path: string, config: ServerTool['config']): void {
  const types = config.searchTypes as { webSearch?: object; imageSearch?: object } | undefined
  if (types?.imageSearch !== undefined) {
    throw untranslatable(`${path}.searchTypes.imageSearch`, 'the target does not search for images')
  }
}

function blockedDomains({ excludeDomains }: ServerTool['config']): object {
  return Array.isArray(excludeDomains) && excludeDomains.length > 0 ? { blocked_domains: excludeDomains } : {}
}
