/** Arguments for a call: made from the schema and the words of the prompt, and never other than valid. */
import { invalidField } from '../../../errors.ts'
import type { Random } from '../digest.ts'
import { makeValue } from '../schema/make.ts'
import { validate } from '../schema/validate.ts'
import { normalise, subjectOf } from '../text/prompt.ts'
import type { DeclaredFunction } from './functions.ts'

const DRAWS_MAX = 4
/** Who says `search for cats` is not interested in searching. */
const COMMAND =
  /^(?:please )?(?:(?:can|could) you )?(?:search|look|find|get|fetch|show|read|open|check|list|tell|play|create|add|delete|remove|book|call)\b(?: up| out)?(?: the web| online)?(?: me)?(?: for| about)?(?: an?| the)? /i

/** `text` is what the user said about this call. Throws a 400 when the schema lets nothing through. */
export function makeArguments(
  { shape, path, parameters }: DeclaredFunction,
  text: string,
  random: Random,
): Record<string, unknown> {
  if (shape === undefined) return {}
  const prompt = normalise(text)
  const hints = { prompt, ...subjectOf(prompt.replace(COMMAND, '')) }
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const value = makeValue(shape, hints, random)
    if (isObject(value) && validate(shape, value).length === 0) {
      const told = withoutGuesses(parameters, value, prompt)
      return validate(shape, told).length === 0 ? told : value
    }
  }
  throw invalidField(`${path}.parameters`, 'No arguments can satisfy the parameters of this function.')
}

/** Leaves out optional choices that nobody spoke of, such as a unit: a guess would be wrong as often as right. */
function withoutGuesses(
  parameters: DeclaredFunction['parameters'],
  args: Record<string, unknown>,
  prompt: string,
): Record<string, unknown> {
  const said = prompt.toLowerCase()
  const choices = parameters.filter(({ hasChoices, isRequired }) => hasChoices && !isRequired)
  const guessed = new Set(
    choices.map(({ name }) => name).filter((name) => !said.includes(String(args[name]).toLowerCase())),
  )
  return Object.fromEntries(Object.entries(args).filter(([name]) => !guessed.has(name)))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
