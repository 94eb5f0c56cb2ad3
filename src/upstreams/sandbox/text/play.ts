/** The player of last resort: it always has something to say. */
import type { Play, Scene } from '../play.ts'
import { writeAnswer } from './write.ts'

export function textPlayer({ conversation, index, random }: Scene): Play {
  return { parts: [{ text: writeAnswer(conversation, index, random) }] }
}
