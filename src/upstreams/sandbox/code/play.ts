/** How the sandbox executes code: writes a program, runs it in Python, and tells the result. */

import type { Part } from '../../../wire/gemini.ts'
import { countTokens } from '../../tokenizer.ts'
import type { Random } from '../digest.ts'
import type { Play, Player, Scene } from '../play.ts'
import { clip } from '../text/edit.ts'
import type { CodeResult } from './interpreter.ts'
import type { Plan } from './plan.ts'
import type { Python } from './pool.ts'
import { planFor, wantsCode } from './write.ts'

/** The first family whose code and result carry an id. */
const FAMILY_WITH_IDS = 3
const ID_CHARS = 'abcdefghijklmnopqrstuvwxyz0123456789'
const ID_LENGTH = 8
/** Of an output that is told again in the text. */
const TOLD_CHARS_MAX = 2_000

const INTRODUCTIONS = [
  'I will use Python to work this out.\n\n',
  'Let me calculate that with a short program.\n\n',
  'I will run some code for this.\n\n',
] as const

/**
 * Plays when the tool codeExecution is there and the prompt calls for computing. Throws what `Python.run` throws.
 * Where Google's model would write another program after one that failed, this one says what went wrong.
 */
export function createCodePlayer(python: Python): Player {
  return (scene) => {
    const { request } = scene.generation
    const hasTool = request.tools?.some(({ codeExecution }) => codeExecution !== undefined) === true
    if (!hasTool || !wantsCode(scene.conversation.prompt)) return undefined
    return play(python, scene)
  }
}

async function play(python: Python, { generation, conversation, random, signal }: Scene): Promise<Play> {
  const introduction = random.pick(INTRODUCTIONS)
  const plan = planFor(conversation.prompt, random)
  const id = generation.model.family >= FAMILY_WITH_IDS ? { id: drawId(random) } : {}
  const result = await python.run(plan.code, signal)
  const code: Part = { executableCode: { ...id, language: 'PYTHON', code: plan.code } }
  const outcome: Part = { codeExecutionResult: { ...id, outcome: result.outcome, output: result.output } }
  // The program is the model's own output; what comes back is what the tool put before it.
  const toolUse = countTokens(JSON.stringify(outcome))
  return {
    parts: [{ text: introduction }, code, outcome, { text: tell(plan, result) }],
    toolUsePrompt: new Map([['TEXT', toolUse]]),
  }
}

function drawId(random: Random): string {
  return Array.from({ length: ID_LENGTH }, () => ID_CHARS[random.below(ID_CHARS.length)]).join('')
}

/** What a result means, in words. */
export function tell({ subject }: Plan, { outcome, output }: CodeResult): string {
  const printed = output.trimEnd()
  if (outcome === 'OUTCOME_DEADLINE_EXCEEDED') {
    return 'The code ran for too long and was stopped before it had a result.'
  }
  if (outcome === 'OUTCOME_FAILED') return `The code failed: ${lastLine(printed)}`
  if (printed === '') return 'The code ran and printed nothing.'
  const isShort = !printed.includes('\n') && printed.length <= TOLD_CHARS_MAX
  if (subject !== undefined && isShort) return `${subject} is ${printed}.`
  if (isShort) return /[.!?]$/.test(printed) ? printed : `The result is ${printed}.`
  return `The code printed:\n\n${fenced(clip(printed, TOLD_CHARS_MAX))}`
}

/** Of a traceback: what was raised. */
function lastLine(printed: string): string {
  const line = printed.slice(printed.lastIndexOf('\n') + 1)
  return clip(line === '' ? 'it said nothing.' : line, TOLD_CHARS_MAX)
}

/** In a fence that the text itself cannot close. */
function fenced(text: string): string {
  const fence = text.includes('```') ? '~~~~' : '```'
  return `${fence}\n${text}\n${fence}`
}
