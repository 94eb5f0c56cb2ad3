/** Stop sequences that are looked for here, because the target is not told of all of them. */
import type { Call } from '../../../nouns.ts'
import { readMessage } from '../../../wire/gemini-schema.ts'

/** Characters of one sequence: each delta is compared with its beginnings. */
const SEQUENCE_CHARS_MAX = 1_000

/** Of the sequences that were asked for, those that are looked for. */
export function usableStops(sequences: readonly string[]): readonly string[] {
  return sequences.filter((sequence) => sequence !== '' && sequence.length <= SEQUENCE_CHARS_MAX)
}

/** Read again where the answer is read, because the request alone knows them. */
export function stopsOf(call: Call): readonly string[] {
  const document = call.document()
  const config = document.generationConfig ?? document.generation_config
  if (typeof config !== 'object' || config === null) return []
  return usableStops(readMessage('GenerationConfig', config).stopSequences ?? [])
}
