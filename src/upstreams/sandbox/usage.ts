/** Token counts of prompts and answers, in the shapes of `usageMetadata`. */
import type { UsageMetadata } from '../../wire/gemini.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { countTokens } from '../tokenizer.ts'
import type { Modality } from '../translation/checks/mime-types.ts'
import type { Medium } from './media/medium.ts'

type Content = GeminiMessage<'Content'>
type Part = GeminiMessage<'Part'>
type Request = GeminiMessage<'GenerateContentRequest'>

/** Tokens by modality. */
export type Tally = ReadonlyMap<Modality, number>

export const NO_TOKENS: Tally = new Map()

export interface ModalityCount {
  modality: Modality
  tokenCount: number
}

/** The media of a request by the object that holds them: a part, or a part of a function's response. */
export type MediaOf = ReadonlyMap<object, Medium>

export const NO_MEDIA: MediaOf = new Map()

/** What a model reads: contents, system instruction and tool declarations. */
export function tallyPrompt(
  request: Pick<Request, 'contents' | 'systemInstruction' | 'tools'>,
  media: MediaOf,
): Tally {
  const tally = new Map<Modality, number>()
  for (const content of request.contents ?? []) tallyContent(tally, content, media)
  if (request.systemInstruction) tallyContent(tally, request.systemInstruction, media)
  const tools = request.tools?.filter((tool) => Object.keys(tool).length > 0) ?? []
  if (tools.length > 0) addTokens(tally, 'TEXT', countTokens(JSON.stringify(tools)))
  return tally
}

function tallyContent(tally: Map<Modality, number>, content: Content, media: MediaOf): void {
  for (const part of content.parts ?? []) tallyPart(tally, part, media)
}

function tallyPart(tally: Map<Modality, number>, part: Part, media: MediaOf): void {
  if (part.text !== undefined) return addTokens(tally, 'TEXT', countTokens(part.text))
  const medium = media.get(part)
  if (medium !== undefined) return addTokens(tally, medium.modality, medium.tokens)
  // Calls, results and code are read by a model as the text that they are written with.
  const { thought, thoughtSignature, functionResponse, ...data } = part
  if (functionResponse === undefined) return addTokens(tally, 'TEXT', countTokens(JSON.stringify(data)))
  const { parts: attached = [], ...written } = functionResponse
  addTokens(tally, 'TEXT', countTokens(JSON.stringify(written)))
  for (const holder of attached) {
    const seen = media.get(holder)
    if (seen !== undefined) addTokens(tally, seen.modality, seen.tokens)
  }
}

export function addTokens(tally: Map<Modality, number>, modality: Modality, tokens: number): void {
  tally.set(modality, (tally.get(modality) ?? 0) + tokens)
}

/** The sum of tallies. */
export function addTallies(tallies: Iterable<Tally>): Tally {
  const sum = new Map<Modality, number>()
  for (const tally of tallies) for (const [modality, tokens] of tally) addTokens(sum, modality, tokens)
  return sum
}

export function totalOf(tally: Tally): number {
  let total = 0
  for (const tokens of tally.values()) total += tokens
  return total
}

/** `[{modality, tokenCount}]`, without zeros. */
export function detailsOf(tally: Tally): ModalityCount[] {
  const details: ModalityCount[] = []
  for (const [modality, tokenCount] of tally) if (tokenCount > 0) details.push({ modality, tokenCount })
  return details
}

const TRAFFIC_TYPES: Readonly<Record<string, string>> = {
  flex: 'ON_DEMAND_FLEX',
  priority: 'ON_DEMAND_PRIORITY',
}

/** What a request costs before a word of the answer. */
export interface Given {
  /** Everything before the model, cached content included. */
  readonly prompt: Tally
  /** How much of it came from a cache. */
  readonly cached: Tally
  /** What tools put before the model; not in `prompt`. */
  readonly toolUsePrompt: Tally
  readonly serviceTier: string | undefined
}

/** What the answer has cost so far. */
export interface Spent {
  /** Visible output over all candidates. */
  readonly candidatesTokens: number
  readonly thoughtsTokens: number
  /** With the last word only, as Google sends them. */
  readonly candidates: Tally | undefined
}

/** `usageMetadata` of an answer or a chunk: total = prompt + candidates + tool use + thoughts; what is 0 is left out. */
export function usageMetadata(given: Given, spent: Spent): UsageMetadata {
  const { candidatesTokens, thoughtsTokens } = spent
  const promptTokenCount = totalOf(given.prompt)
  const cachedContentTokenCount = totalOf(given.cached)
  const toolUsePromptTokenCount = totalOf(given.toolUsePrompt)
  const { serviceTier } = given
  return {
    ...(promptTokenCount > 0 && { promptTokenCount }),
    ...(cachedContentTokenCount > 0 && { cachedContentTokenCount }),
    ...(candidatesTokens > 0 && { candidatesTokenCount: candidatesTokens }),
    ...(toolUsePromptTokenCount > 0 && { toolUsePromptTokenCount }),
    totalTokenCount: promptTokenCount + candidatesTokens + toolUsePromptTokenCount + thoughtsTokens,
    trafficType: TRAFFIC_TYPES[serviceTier ?? ''] ?? 'ON_DEMAND',
    ...(promptTokenCount > 0 && { promptTokensDetails: detailsOf(given.prompt) }),
    ...(cachedContentTokenCount > 0 && { cacheTokensDetails: detailsOf(given.cached) }),
    ...(toolUsePromptTokenCount > 0 && { toolUsePromptTokensDetails: detailsOf(given.toolUsePrompt) }),
    ...(spent.candidates !== undefined &&
      candidatesTokens > 0 && { candidatesTokensDetails: detailsOf(spent.candidates) }),
    ...(thoughtsTokens > 0 && { thoughtsTokenCount: thoughtsTokens }),
    ...(serviceTier !== undefined && serviceTier !== 'unspecified' && { serviceTier }),
  }
}
