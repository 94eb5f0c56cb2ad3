/** Plays structured output: JSON with and without a schema, and one value out of a list. */

import { ENUM_TYPE, JSON_TYPE } from '../../translation/checks/response-format.ts'
import type { Play, Player, Scene } from '../play.ts'
import { normalise, subjectOf } from '../text/prompt.ts'
import type { Conversation } from '../text/write.ts'
import { askOf } from './ask.ts'
import { freeJson } from './free-json.ts'
import type { Hints } from './hints.ts'
import { makeValue } from './make.ts'

/** Throws Google's 400 for a schema that is wrong or that no value satisfies. */
export const structuredPlayer: Player = (scene: Scene): Play | undefined => {
  const { generation, conversation, index, random } = scene
  const { mimeType, shape } = askOf(generation.request.generationConfig ?? {})
  if (mimeType !== JSON_TYPE && mimeType !== ENUM_TYPE) return undefined
  const hints = hintsOf(conversation)
  const value =
    shape === undefined ? freeJson(conversation, hints, index, random) : makeValue(shape, hints, random)
  const isEnum = mimeType === ENUM_TYPE && typeof value === 'string'
  return { parts: [{ text: isEnum ? value : JSON.stringify(value, null, 2) }] }
}

/** What was said, and what can be read in the media that came with it. */
function hintsOf({ prompt, media, readings }: Conversation): Hints {
  const words = normalise([prompt, ...readings].join(' '))
  return { prompt: words, ...subjectOf(normalise(prompt)), media }
}
