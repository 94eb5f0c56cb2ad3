/** Functions, and the tools that the service runs itself. */
import type { Functions } from './functions.ts'
import type { Extras } from './google.ts'
import { invalid, type Json, unspeakable } from './values.ts'

interface Toolbox {
  readonly tools: readonly unknown[]
  readonly toolConfig: Json | undefined
}

/** `served`: Gemini's own tools that the request asks for by OpenAI's names. */
export function toolboxOf(
  { declarations, functionCallingConfig, isChosen }: Functions,
  served: readonly Json[],
  { request: extra }: Extras,
): Toolbox {
  const given = extra.tools ?? []
  if (!Array.isArray(given))
    throw invalid('google.tools', "Invalid type for 'google.tools': expected an array.")
  const tools = [
    ...(declarations.length > 0 ? [{ functionDeclarations: declarations }] : []),
    ...served,
    ...given,
  ]
  const hasOwn = extra.toolConfig?.functionCallingConfig !== undefined
  if (hasOwn && isChosen)
    throw invalid('tool_choice', "'tool_choice' and google.tool_config exclude each other.")
  const isCarried = functionCallingConfig !== undefined && declarations.length > 0 && !hasOwn
  const config = { ...extra.toolConfig, ...(isCarried && { functionCallingConfig }) }
  if (functionCallingConfig?.mode === 'ANY' && declarations.length === 0)
    throw unspeakable('tool_choice', 'there is no function to be called')
  return { tools, toolConfig: Object.keys(config).length > 0 ? config : undefined }
}
