/** Whether a request has to do with functions at all; a plain text request loads nothing more of this room. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'

type Request = Pick<GeminiMessage<'GenerateContentRequest'>, 'contents' | 'tools' | 'toolConfig'>
type Content = GeminiMessage<'Content'>

/** True when `checkFunctions` has something to check: declarations, a calling config, calls, responses, signatures. */
export function concernsFunctions(request: Request): boolean {
  return (
    playsFunctions(request) ||
    request.toolConfig?.functionCallingConfig !== undefined ||
    (request.contents ?? []).some(({ parts = [] }) =>
      parts.some(
        ({ functionCall, thoughtSignature }) => functionCall !== undefined || thoughtSignature !== undefined,
      ),
    )
  )
}

/** True when the function player may have something to say: functions to call, or results to tell. */
export function playsFunctions({ contents = [], tools = [] }: Request): boolean {
  return (
    tools.some(
      ({ functionDeclarations = [], computerUse, mcpServers = [] }) =>
        functionDeclarations.length > 0 || computerUse !== undefined || mcpServers.length > 0,
    ) || contents.some(hasResponse)
  )
}

export function hasResponse(content: Content): boolean {
  return content.parts?.some(({ functionResponse }) => functionResponse !== undefined) ?? false
}
