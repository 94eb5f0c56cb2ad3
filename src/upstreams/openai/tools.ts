/** Functions, and which of them the model may or must call. */
import type { Report } from '../../nouns/report.ts'
import type { Conversation, FunctionTool, ToolChoice } from '../translation/conversation.ts'
import type { Json } from './responses/json.ts'
import { fitsStrict } from './strict.ts'
import type { VendorFlags } from './vendor.ts'

export function toolsOf({ functions, choice }: Conversation, flags: VendorFlags, report: Report): Json {
  if (functions.length === 0) return {}
  const isStrict = choice.mode === 'validated' && flags.hasStrict
  if (choice.mode === 'validated') reportLoose(functions, choice, isStrict, report)
  const { offered, word } = choose(functions, choice, flags, report)
  for (const tool of functions) {
    if (!offered.includes(tool)) report.emulated(tool.path, 'not shown to the target: it may not be called')
  }
  if (offered.length === 0) return {}
  return {
    tools: offered.map((tool) => toolOf(tool, isStrict)),
    ...(word !== undefined && { tool_choice: word }),
  }
}

function toolOf({ name, description, parameters }: FunctionTool, isStrict: boolean): Json {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters,
      ...(isStrict && fitsStrict(parameters) && { strict: true }),
    },
  }
}

/** Arguments that are sure to fit their schema. */
function reportLoose(
  functions: readonly FunctionTool[],
  { path }: ToolChoice,
  isStrict: boolean,
  report: Report,
): void {
  if (!isStrict) report.approximated(`${path}.mode`, 'the target does not check arguments: it is auto')
  else if (!functions.every((tool) => fitsStrict(tool.parameters))) {
    report.approximated(`${path}.mode`, 'not every declaration is of the subset that the target checks')
  }
}

interface Choice {
  readonly offered: readonly FunctionTool[]
  /** `tool_choice`; undefined: as the target does by itself, which is auto. */
  readonly word: unknown
}

function choose(
  functions: readonly FunctionTool[],
  choice: ToolChoice,
  flags: VendorFlags,
  report: Report,
): Choice {
  const { mode, allowed, path } = choice
  if (flags.toolChoice === 'none') return offerOnly(functions, choice, report)
  if (mode === 'none') return { offered: functions, word: 'none' }
  const word = mode === 'any' ? 'required' : undefined
  if (allowed.length === 0) return { offered: functions, word }
  const [only] = allowed
  if (mode === 'any' && allowed.length === 1 && flags.toolChoice === 'named') {
    return { offered: functions, word: { type: 'function', function: { name: only } } }
  }
  if (flags.hasAllowedTools) {
    const tools = allowed.map((name) => ({ type: 'function', function: { name } }))
    return {
      offered: functions,
      word: { type: 'allowed_tools', allowed_tools: { mode: word ?? 'auto', tools } },
    }
  }
  report.emulated(`${path}.allowedFunctionNames`, 'the target is shown only the functions that are allowed')
  return { offered: functions.filter((tool) => allowed.includes(tool.name)), word }
}

/** A target that reads no tool_choice: what must not be called is not shown. */
function offerOnly(
  functions: readonly FunctionTool[],
  { mode, allowed, path }: ToolChoice,
  report: Report,
): Choice {
  if (mode === 'none') {
    report.emulated(`${path}.mode`, 'the target is shown no functions')
    return { offered: [], word: undefined }
  }
  if (mode === 'any') report.approximated(`${path}.mode`, 'the target cannot be made to call: it is auto')
  if (allowed.length === 0) return { offered: functions, word: undefined }
  report.emulated(`${path}.allowedFunctionNames`, 'the target is shown only the functions that are allowed')
  return { offered: functions.filter((tool) => allowed.includes(tool.name)), word: undefined }
}
