/** Everything about functions that Google refuses a request for, after the form of its declarations was found good. */
import { GatewayError } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { readCalling } from '../../translation/checks/calling.ts'
import { pairTurns, turnsOf } from '../../translation/checks/turns.ts'
import { notYet } from '../errors.ts'
import type { SandboxModel } from '../models.ts'
import { checkComputer } from './computer.ts'
import { readFunctions } from './functions.ts'
import { checkSignatures } from './signature-check.ts'
import { SIGNED_SINCE_FAMILY } from './signatures.ts'

type Request = Pick<GeminiMessage<'GenerateContentRequest'>, 'contents' | 'tools' | 'toolConfig'>
type Tool = GeminiMessage<'Tool'>

const STREAMED = 'tool_config.function_calling_config.stream_function_call_arguments'

/** Throws `GatewayError`. `checkDeclarations` comes before it. */
export function checkFunctions(model: SandboxModel, request: Request): void {
  const { tools = [], contents = [], toolConfig } = request
  const declared = readFunctions(request.tools)
  if (declared.length > 0 && !model.tools) {
    throw new GatewayError('invalid_argument', `Function calling is not enabled for models/${model.id}`)
  }
  checkMcpServers(tools)
  checkComputer(tools, model)
  if (declared.length > 0) checkMixture(model, tools, toolConfig)
  readCalling(toolConfig, declared)
  if (toolConfig?.functionCallingConfig?.streamFunctionCallArguments) {
    throw notYet(STREAMED, 'streamFunctionCallArguments')
  }
  pairTurns(turnsOf(contents))
  checkSignatures(contents, model)
}

/** A server's own functions would have to be asked over the network. */
function checkMcpServers(tools: readonly Tool[]): void {
  tools.forEach(({ mcpServers = [] }, index) => {
    if (mcpServers.length > 0) throw notYet(`tools[${index}].mcp_servers`, 'The tool mcpServers')
  })
}

/** Tools that Google runs. A computer is not among them: its actions are the client's to carry out. */
const BUILT_INS = [
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'googleMaps',
  'fileSearch',
  'retrieval',
  'enterpriseWebSearch',
  'exaAiSearch',
  'parallelAiSearch',
] as const satisfies readonly (keyof Tool)[]

/** Functions beside built-in tools: never before family 3, and since then only when the client says that it knows. */
function checkMixture(
  model: SandboxModel,
  tools: readonly Tool[],
  toolConfig: GeminiMessage<'ToolConfig'> | undefined,
): void {
  if (!tools.some((tool) => BUILT_INS.some((name) => tool[name] !== undefined))) return
  if (model.family < SIGNED_SINCE_FAMILY) {
    throw new GatewayError('invalid_argument', 'Tool use with function calling is unsupported')
  }
  if (toolConfig?.includeServerSideToolInvocations) return
  throw new GatewayError(
    'invalid_argument',
    'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.',
  )
}
