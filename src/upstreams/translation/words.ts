/** What a server did in a history, told in words: the next model has no such tool, but should know what happened. */
import type { GeminiMessage } from '../../wire/gemini-schema.ts'

type Part = GeminiMessage<'Part'>
type FunctionCall = GeminiMessage<'FunctionCall'>
type FunctionResponse = GeminiMessage<'FunctionResponse'>

/** The part's data member that is told in words here. */
export type ToldMember = 'executableCode' | 'codeExecutionResult' | 'toolCall' | 'toolResponse'

export const TOLD_MEMBERS: readonly ToldMember[] = [
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]

/** Undefined for every other part. */
export function tellPart({
  executableCode,
  codeExecutionResult,
  toolCall,
  toolResponse,
}: Part): string | undefined {
  if (executableCode !== undefined) {
    const language = executableCode.language === 'PYTHON' ? 'python' : ''
    return fenced(language, executableCode.code ?? '')
  }
  if (codeExecutionResult !== undefined) {
    const { outcome = 'OUTCOME_UNSPECIFIED', output = '' } = codeExecutionResult
    return `${OUTCOMES[outcome]}\n${fenced('', output)}`
  }
  if (toolCall !== undefined) {
    const { toolType = '', toolName = '', args = {} } = toolCall
    return `Asked the tool ${[toolType, toolName].filter(Boolean).join(' ')}: ${JSON.stringify(args)}`
  }
  if (toolResponse === undefined) return undefined
  const { toolType = '', response = {} } = toolResponse
  return `The tool ${toolType} answered: ${JSON.stringify(response)}`
}

const OUTCOMES: Readonly<Record<string, string>> = {
  OUTCOME_UNSPECIFIED: 'The code ran:',
  OUTCOME_OK: 'The code ran:',
  OUTCOME_FAILED: 'The code failed:',
  OUTCOME_DEADLINE_EXCEEDED: 'The code ran out of time:',
}

export function tellCall({ name = '', args = {} }: FunctionCall): string {
  return `Called the function ${name}: ${JSON.stringify(args)}`
}

export function tellResponse({ name = '', response = {} }: FunctionResponse): string {
  return `The function ${name} answered: ${JSON.stringify(response)}`
}

/** The fence is longer than any row of backticks in the text. */
function fenced(language: string, text: string): string {
  const longest = (text.match(/`{3,}/g) ?? []).reduce((most, row) => Math.max(most, row.length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
