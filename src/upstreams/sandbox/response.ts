/** The answer to a Generation: what each candidate says, and the unary GenerateContentResponse. */
import type { Candidate, GenerateContentResponse, Part } from '../../wire/gemini.ts'
import { roleOf, textOf } from './contents.ts'
import { createRandom, digestOf } from './digest.ts'
import { decodedBytes } from './media.ts'
import type { GenerateRequest, Generation } from './request.ts'
import { type Conversation, writeAnswer, writeThoughts } from './text.ts'
import { thoughtTokens } from './thinking.ts'
import { tokenEnds } from './tokenizer.ts'
import { type Tally, totalOf, usageMetadata } from './usage.ts'

/** 16 bytes make the 22 characters that Google's response ids have. */
const RESPONSE_ID_BYTES = 16

/** What one candidate says. */
export interface Draft {
  readonly index: number
  readonly text: string
  /** Where the text's tokens end; as many as `candidatesTokenCount` says. */
  readonly ends: readonly number[]
  readonly finishReason: 'STOP' | 'MAX_TOKENS'
  readonly thoughtsTokens: number
  /** A thought summary, when the request wants to see one. */
  readonly thoughts: string | undefined
}

/** A whole answer, before it is cut into chunks or not. */
export interface Composition {
  readonly drafts: readonly Draft[]
  readonly prompt: Tally
  readonly serviceTier: string | undefined
  readonly envelope: Envelope
}

/** What is the same on every chunk of an answer. */
export interface Envelope {
  readonly modelVersion: string
  readonly responseId: string
  /** RFC 3339 with microseconds. */
  readonly createTime: string
}

/** Everything but `createTime` is a function of the request. */
export function compose(generation: Generation, now: Date): Composition {
  const { model, request, prompt } = generation
  const config = request.generationConfig ?? {}
  // What decides the words. Limits and includeThoughts are left out: a limited answer begins like the unlimited one.
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = config
  const { thinkingBudget, thinkingLevel } = config.thinkingConfig ?? {}
  const words = digestOf([
    model.id,
    request.contents,
    request.systemInstruction,
    { temperature, topP, topK, seed, presencePenalty, frequencyPenalty, thinkingBudget, thinkingLevel },
  ])
  const conversation = readConversation(generation)
  const seedOfWords = words.readUInt32LE(0)
  const drafts = Array.from({ length: config.candidateCount ?? 1 }, (_, index) =>
    draft(generation, conversation, index, seedOfWords),
  )
  const whole = digestOf([
    words.toString('base64'),
    { ...request, contents: undefined, systemInstruction: undefined },
  ])
  const envelope = {
    modelVersion: model.id,
    responseId: whole.toString('base64url', 0, RESPONSE_ID_BYTES),
    createTime: now.toISOString().replace('Z', '000Z'),
  }
  return { drafts, prompt, serviceTier: request.serviceTier, envelope }
}

/** Apart from each other by this in seed, candidates draw unlike numbers. */
const CANDIDATE_STRIDE = 0x9e3779b9

function draft(generation: Generation, conversation: Conversation, index: number, seed: number): Draft {
  const { request, thinking, prompt } = generation
  const random = createRandom(seed + index * CANDIDATE_STRIDE)
  const wanted = thoughtTokens(thinking, totalOf(prompt), random)
  const thoughts =
    thinking.includeThoughts && wanted > 0
      ? writeThoughts(conversation, createRandom(~seed + index))
      : undefined
  const whole = stopAt(
    writeAnswer(conversation, index, random),
    request.generationConfig?.stopSequences ?? [],
  )
  const max = request.generationConfig?.maxOutputTokens ?? generation.model.resource.outputTokenLimit
  const thoughtsTokens = Math.min(wanted, max)
  const ends = tokenEnds(whole, max - thoughtsTokens)
  const text = whole.slice(0, ends.at(-1) ?? 0)
  const cut = text.length < whole.length || wanted > max
  return { index, text, ends, finishReason: cut ? 'MAX_TOKENS' : 'STOP', thoughtsTokens, thoughts }
}

/** Cuts before the first stop sequence, which is not part of the answer. */
function stopAt(text: string, sequences: readonly string[]): string {
  let end = text.length
  for (const sequence of sequences) {
    const at = text.indexOf(sequence)
    if (at !== -1 && at < end) end = at
  }
  return text.slice(0, end).toWellFormed()
}

function readConversation({ model, request }: Generation): Conversation {
  const contents = request.contents ?? []
  const users = contents.filter((content, index) => roleOf(content, `contents[${index}]`) === 'user')
  const last = users.at(-1)
  return {
    modelId: model.id,
    prompt: textOf(last),
    earlier: users.slice(0, -1).map(textOf),
    systemText: textOf(request.systemInstruction),
    media: mediaOf(last),
  }
}

/** `an image/png file of 1,234 bytes`, for each inline medium. */
function mediaOf(content: NonNullable<GenerateRequest['contents']>[number] | undefined): string[] {
  return (content?.parts ?? []).flatMap(({ inlineData }) => {
    if (inlineData === undefined) return []
    const bytes = decodedBytes(inlineData.data ?? '').toLocaleString('en-US')
    return [`a file of type ${inlineData.mimeType} with ${bytes} bytes`]
  })
}

/** The unary answer, its keys in Google's order. */
export function unaryResponse({
  drafts,
  prompt,
  serviceTier,
  envelope,
}: Composition): GenerateContentResponse {
  const usage = usageMetadata({
    prompt,
    candidatesTokens: drafts.reduce((sum, { ends }) => sum + ends.length, 0),
    thoughtsTokens: drafts.reduce((sum, { thoughtsTokens }) => sum + thoughtsTokens, 0),
    serviceTier,
    final: true,
  })
  return { candidates: drafts.map(candidateOf), usageMetadata: usage, ...envelope }
}

function candidateOf({ index, text, finishReason, thoughts }: Draft): Candidate {
  const parts: Part[] = thoughts === undefined ? [] : [{ text: thoughts, thought: true }]
  // Thoughts can eat the whole budget; Google's content then has no parts at all.
  if (text !== '' || finishReason === 'STOP') parts.push({ text })
  const content = parts.length > 0 ? { parts, role: 'model' } : { role: 'model' }
  return { content, finishReason, index }
}
