/** The program that answers a prompt. Pure: the same prompt and the same draws give the same program. */
import type { Random } from '../digest.ts'
import { dateRecipe, expressionRecipe, listRecipe, textRecipe } from './data-recipes.ts'
import { numberRecipe } from './number-recipes.ts'
import { NUMBERS_MAX, numbersIn, type Plan, program, quoted, type Recipe } from './plan.ts'

/** Characters of a prompt that are looked at; a program in it is taken whole. */
const PROMPT_CHARS_MAX = 8_000
const FENCE = '```'

/** A program with a block of its own comes first, then what is particular, then what is general. */
const RECIPES: readonly Recipe[] = [dateRecipe, numberRecipe, textRecipe, listRecipe, expressionRecipe]

/** Whether a prompt calls for computing rather than for words. */
export function wantsCode(prompt: string): boolean {
  if (codeIn(prompt) !== undefined) return true
  const text = normalise(prompt)
  return COMPUTING.test(text) || recipeFor(text) !== undefined
}

const COMPUTING =
  /\b(?:calculat|comput|evaluat|simulat|fibonacci|factorial|primes?\b|sort\b|plot\b|histogram|median\b|python\b|algorithm|(?:run|execute|write|generate|use) (?:\w+ ){0,3}(?:code|program|script)\b|sum of\b|average of\b)/i

/** The program for a prompt, and how its result is told. */
export function planFor(prompt: string, random: Random): Plan {
  const code = codeIn(prompt)
  if (code !== undefined) return { code, subject: undefined }
  const text = normalise(prompt)
  const plan = recipeFor(text) ?? genericPlan(text)
  return { ...plan, code: `# ${random.pick(COMMENTS)}\n${plan.code}` }
}

const COMMENTS = ['Work it out.', 'Compute the answer.', 'Step by step.', 'A short calculation.'] as const

function recipeFor(text: string): Plan | undefined {
  for (const recipe of RECIPES) {
    const plan = recipe(text)
    if (plan !== undefined) return plan
  }
  return undefined
}

function normalise(prompt: string): string {
  return prompt.slice(0, PROMPT_CHARS_MAX).toWellFormed().replace(/\s+/g, ' ').trim()
}

const RUN_THIS = /\b(?:run|execute|evaluate)\b[^:\n]{0,60}:\s*/i
const LOOKS_LIKE_PYTHON =
  /^(?:import |from \w+ import |print\(|def |class |for |while |with |try:|if |\w{1,40} ?=(?!=))/m

/** The program in a prompt: in a fence, or after `run this:`. */
function codeIn(prompt: string): string | undefined {
  const fenced = fencedCode(prompt)
  if (fenced !== undefined) return fenced
  const start = RUN_THIS.exec(prompt.slice(0, PROMPT_CHARS_MAX))
  if (start === null) return undefined
  const code = prompt.slice(start.index + start[0].length)
  return LOOKS_LIKE_PYTHON.test(code.slice(0, PROMPT_CHARS_MAX)) ? withNewline(code) : undefined
}

function fencedCode(prompt: string): string | undefined {
  const open = prompt.indexOf(FENCE)
  if (open === -1) return undefined
  const line = prompt.indexOf('\n', open)
  const language = line === -1 ? '' : prompt.slice(open + FENCE.length, line).trim()
  if (line === -1 || !/^(?:py|python3?|tool_code)?$/i.test(language)) return undefined
  const close = prompt.indexOf(FENCE, line)
  return withNewline(prompt.slice(line + 1, close === -1 ? undefined : close))
}

function withNewline(code: string): string | undefined {
  const text = code.toWellFormed().trimEnd()
  return text.trim() === '' ? undefined : `${text}\n`
}

/** What is true of any prompt: how many words it has, and what its numbers add up to. */
function genericPlan(text: string): Plan {
  const numbers = numbersIn(text).slice(0, NUMBERS_MAX)
  const lines = [
    `text = ${quoted(text)}`,
    'words = text.split()',
    'print(f"The request has {len(words)} words and {len(text)} characters.")',
  ]
  if (numbers.length > 0) {
    lines.push(
      `numbers = [${numbers.join(', ')}]`,
      'print(f"Its numbers are {numbers}, and their sum is {sum(numbers)}.")',
    )
  }
  return { code: program(...lines), subject: undefined }
}
