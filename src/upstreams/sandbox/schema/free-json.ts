/** JSON without a schema: in the form that the prompt describes, or a plain answer in an object. */
import type { Random } from '../digest.ts'
import { mannerOf } from '../text/manner.ts'
import { normalise } from '../text/prompt.ts'
import { type Conversation, writeAnswer } from '../text/write.ts'
import type { Hints } from './hints.ts'
import { rowsAbout } from './known-rows.ts'
import { makeValue } from './make.ts'
import { askedCount } from './make-array.ts'
import { readJsonSchema } from './read.ts'
import { sketchOf } from './sketch.ts'

/** Items of a list that is asked for without a number. */
const ITEMS = 3

const LIST =
  /\b(?:array|list) of (?:\d+ |the )?(?:json )?\p{L}|\blist\[|^(?:please )?(?:list|name|give me|suggest|generate|create|return) (?:me )?(?:a few|some|several|\d{1,2}|two|three|four|five|six|seven|eight|nine|ten) |\beach (?:object|item|entry|element)\b|\barray\b/iu

/** A value for candidate `index`. */
export function freeJson(conversation: Conversation, hints: Hints, index: number, random: Random): unknown {
  const item =
    sketchOf(hints.prompt) ??
    sketchOf(normalise(conversation.systemText)) ??
    tableIn(hints.prompt) ??
    thingsIn(hints.prompt)
  if (item === undefined) return { answer: answerOf(conversation, index, random) }
  const schema = isList(hints.prompt) ? listOf(item, hints.prompt) : item
  return makeValue(readJsonSchema(schema, 'contents'), hints, random)
}

/** What a text answer would say, without the manner of a person that speaks. */
function answerOf(conversation: Conversation, index: number, random: Random): string {
  const { lead } = mannerOf(conversation.systemText)
  const answer = writeAnswer(conversation, index, random)
  return lead !== '' && answer.startsWith(lead) ? answer.slice(lead.length) : answer
}

function isList(prompt: string): boolean {
  return LIST.test(prompt) || (rowsAbout(prompt).length > 0 && askedCount(prompt) !== undefined)
}

function listOf(item: object, prompt: string): object {
  const count = askedCount(prompt) ?? ITEMS
  return { type: 'array', items: item, minItems: count, maxItems: count }
}

function objectWith(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties) }
}

const TEXT = { type: 'string' }
const NUMBER = { type: 'number' }

/** Of the things that are known, what the prompt asks for. */
function tableIn(prompt: string): object | undefined {
  if (rowsAbout(prompt).length === 0 || !isList(prompt)) return undefined
  if (!/planet/i.test(prompt)) {
    return objectWith({ recipe_name: TEXT, ingredients: { type: 'array', items: TEXT } })
  }
  return objectWith({
    planet: TEXT,
    ...(/distance|far/i.test(prompt) && { distance_million_km: NUMBER }),
    ...(/diameter|size|large/i.test(prompt) && { diameter_km: NUMBER }),
    ...(/moons?/i.test(prompt) && { moons: { type: 'integer' } }),
  })
}

const THINGS =
  /\b(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|a few|some|several) (?:[\p{L}-]{1,30} ){0,2}?(\p{L}{2,30}s)(?=[,.;:!?]|$| (?:in|of|for|from|with|about|as|on|to|that|and)\b)/iu

/** Of a list of other things: what each is called, and a word about it. */
function thingsIn(prompt: string): object | undefined {
  if (!LIST.test(prompt)) return undefined
  const things = THINGS.exec(prompt)?.[1]?.toLowerCase()
  const name = things?.replace(/ies$/, 'y').replace(/s$/, '') ?? 'name'
  return objectWith({ [name]: TEXT, description: TEXT })
}
