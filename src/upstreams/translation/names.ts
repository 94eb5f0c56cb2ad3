/** Names of functions, as the client and as the target know them. */
import { hash } from 'node:crypto'
import type { TargetRules } from './conversation.ts'

export interface FunctionNames {
  /** As the target knows it. */
  fitted(name: string): string
  /** The client's own, of a name that the target gave back; of one that was never sent, that very name. */
  original(name: string): string
}

/** Characters that every target takes. */
const ALIEN = /[^A-Za-z0-9_-]/g
/** Hexadecimal digits of a name that nothing of the client's could be made of. */
const DIGEST_DIGITS = 12

/**
 * Names that fit keep themselves. In others what does not fit becomes `_`, what is too long is cut, and what would then
 * be there twice is numbered. `names` are all that the conversation uses, in order.
 */
export function createFunctionNames(
  names: Iterable<string>,
  rules: Pick<TargetRules, 'functionName' | 'functionNameCharsMax'>,
): FunctionNames {
  const fits = (name: string): boolean =>
    name.length <= rules.functionNameCharsMax && rules.functionName.test(name)
  const fitted = new Map<string, string>()
  const originals = new Map<string, string>()
  const misfits = new Set<string>()
  for (const name of names) {
    if (fits(name)) originals.set(name, name)
    else misfits.add(name)
  }
  const counts = new Map<string, number>()
  for (const name of misfits) {
    const base = baseOf(name, rules.functionNameCharsMax, fits)
    const made = numbered(base, rules.functionNameCharsMax, originals, counts)
    fitted.set(name, made)
    originals.set(made, name)
  }
  return {
    fitted: (name) => fitted.get(name) ?? name,
    original: (name) => originals.get(name) ?? name,
  }
}

function baseOf(name: string, charsMax: number, fits: (name: string) => boolean): string {
  const plain = name.slice(0, charsMax).replace(ALIEN, '_')
  if (fits(plain)) return plain
  const led = `f_${plain}`.slice(0, charsMax)
  if (fits(led)) return led
  return `f${hash('sha256', name, 'hex').slice(0, DIGEST_DIGITS)}`.slice(0, charsMax)
}

/** Each base counts on by itself, so that a thousand names of one base cost no more than a thousand others. */
function numbered(
  base: string,
  charsMax: number,
  taken: ReadonlyMap<string, string>,
  counts: Map<string, number>,
): string {
  let made = base
  for (let count = counts.get(base) ?? 2; taken.has(made); count++) {
    const ending = `_${count}`
    made = base.slice(0, charsMax - ending.length) + ending
    counts.set(base, count + 1)
  }
  return made
}
