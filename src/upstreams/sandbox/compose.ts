/** The answer to a Generation: what each candidate says, before it is cut into chunks or not. */
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { roleOf, textOf } from '../translation/checks/contents.ts'
import { createRandom, digestOf } from './digest.ts'
import { type Draft, draftOf, type Thoughts } from './draft.ts'
import type { Medium } from './media/medium.ts'
import type { Play, Player, Scene } from './play.ts'
import type { Generation } from './request.ts'
import { guarded, promptFeedbackFor } from './safety/guard.ts'
import { type Conversation, writeThoughts } from './text/write.ts'
import { thoughtTokens } from './thinking.ts'
import { addTallies, type Given, type MediaOf, NO_TOKENS, totalOf } from './usage.ts'

type Content = GeminiMessage<'Content'>

/** 16 bytes make the 22 characters that Google's response ids have. */
const RESPONSE_ID_BYTES = 16

/** A whole answer. */
export interface Composition {
  readonly drafts: readonly Draft[]
  /** Set instead of drafts when the prompt itself was blocked. */
  readonly promptFeedback: GenerateContentResponse['promptFeedback']
  readonly given: Given
  readonly envelope: Envelope
}

/** What is the same on every chunk of an answer. */
export interface Envelope {
  readonly modelVersion: string
  readonly responseId: string
  /** RFC 3339 with microseconds. */
  readonly createTime: string
}

export interface Stage {
  readonly players: readonly Player[]
  readonly now: Date
  readonly signal: AbortSignal
}

/** Everything but `createTime` is a function of the request. */
export async function compose(generation: Generation, stage: Stage): Promise<Composition> {
  const { model, request } = generation
  const config = request.generationConfig ?? {}
  const words = digestOfWords(generation)
  const seedOfWords = words.readUInt32LE(0)
  const conversation = readConversation(generation)
  const envelope = {
    modelVersion: model.id,
    responseId: responseIdOf(generation, words),
    createTime: stage.now.toISOString().replace('Z', '000Z'),
  }
  const promptFeedback = promptFeedbackFor(request, conversation)
  if (promptFeedback !== undefined)
    return { drafts: [], promptFeedback, given: givenBy(generation), envelope }
  const drafts: Draft[] = []
  const toolUse = []
  for (let index = 0; index < (config.candidateCount ?? 1); index++) {
    const seed = (seedOfWords + index * CANDIDATE_STRIDE) >>> 0
    const { draft, play } = await rehearse(generation, conversation, index, seed, stage)
    drafts.push(draft)
    if (play.toolUsePrompt !== undefined) toolUse.push(play.toolUsePrompt)
  }
  const given = givenBy(generation, toolUse.length > 0 ? addTallies(toolUse) : NO_TOKENS)
  return { drafts, promptFeedback: undefined, given, envelope }
}

function givenBy({ prompt, cached, request }: Generation, toolUsePrompt = NO_TOKENS): Given {
  return { prompt, cached, toolUsePrompt, serviceTier: request.serviceTier }
}

/** What decides the words. Limits and includeThoughts are left out: a limited answer begins like the unlimited one. */
function digestOfWords({ model, request }: Generation): Buffer {
  const config = request.generationConfig ?? {}
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = config
  const { thinkingBudget, thinkingLevel } = config.thinkingConfig ?? {}
  return digestOf([
    model.id,
    request.contents,
    request.systemInstruction,
    { temperature, topP, topK, seed, presencePenalty, frequencyPenalty, thinkingBudget, thinkingLevel },
  ])
}

function responseIdOf({ request }: Generation, words: Buffer): string {
  const whole = digestOf([
    words.toString('base64'),
    { ...request, contents: undefined, systemInstruction: undefined, continuationToken: undefined },
  ])
  return whole.toString('base64url', 0, RESPONSE_ID_BYTES)
}

/** Apart from each other by this in seed, candidates draw unlike numbers. */
const CANDIDATE_STRIDE = 0x9e3779b9

async function rehearse(
  generation: Generation,
  conversation: Conversation,
  index: number,
  seed: number,
  stage: Stage,
): Promise<{ draft: Draft; play: Play }> {
  const random = createRandom(seed)
  const thoughts = think(generation, conversation, seed, random)
  const scene: Scene = {
    generation,
    conversation,
    index,
    random,
    seed,
    get signal() {
      return stage.signal
    },
  }
  const play = guarded(await ask(stage.players, scene), scene)
  return { draft: draftOf(play, scene, thoughts), play }
}

function think(
  { thinking, prompt }: Generation,
  conversation: Conversation,
  seed: number,
  random: Scene['random'],
): Thoughts {
  const wanted = thoughtTokens(thinking, totalOf(prompt), random)
  const isShown = thinking.includeThoughts && wanted > 0
  return { wanted, summary: isShown ? writeThoughts(conversation, createRandom(~seed)) : undefined }
}

/** The first player that has something to say. */
async function ask(players: readonly Player[], scene: Scene): Promise<Play> {
  for (const player of players) {
    const answer = player(scene)
    const play = answer instanceof Promise ? await answer : answer
    if (play !== undefined) return play
  }
  return { parts: [] }
}

function readConversation({ model, request, media }: Generation): Conversation {
  const contents = request.contents ?? []
  // A turn of results is the client's program speaking, not its user.
  const users = contents.filter(
    (content, index) =>
      roleOf(content, `contents[${index}]`) === 'user' &&
      content.parts?.some(({ functionResponse }) => functionResponse === undefined),
  )
  const last = users.at(-1)
  const lastMedia = mediaOf(last, media)
  return {
    modelId: model.id,
    prompt: textOf(last),
    earlier: users.slice(0, -1).map((content) => wordsOf(content, media)),
    systemText: textOf(request.systemInstruction),
    media: lastMedia.map(({ description }) => description),
    readings: lastMedia.map(({ text }) => text).filter((text) => text !== ''),
  }
}

function mediaOf(content: Content | undefined, media: MediaOf): readonly Medium[] {
  return media.size === 0 ? [] : (content?.parts ?? []).flatMap((part) => media.get(part) ?? [])
}

/** What a turn says, with the words in its media. */
function wordsOf(content: Content, media: MediaOf): string {
  const readings = mediaOf(content, media).flatMap(({ text }) => (text === '' ? [] : [text]))
  return readings.length === 0 ? textOf(content) : [textOf(content), ...readings].join('\n')
}
