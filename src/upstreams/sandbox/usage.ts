/** Token counts of prompts and answers, in the shapes of `usageMetadata`. */
import type { UsageMetadata } from '../../wire/gemini.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { type Modality, mediaTokens, modalityOf } from './media.ts'
import { countTokens } from './tokenizer.ts'

type Content = GeminiMessage<'Content'>
type Part = GeminiMessage<'Part'>
type Request = GeminiMessage<'GenerateContentRequest'>

/** Tokens by modality. */
export type Tally = ReadonlyMap<Modality, number>

export interface ModalityCount {
  modality: Modality
  tokenCount: number
}

/** What a model reads: contents, system instruction and tool declarations. */
export function tallyPrompt(
  request: Pick<Request, 'contents' | 'systemInstruction' | 'tools' | 'generationConfig'>,
): Tally {
  const low = request.generationConfig?.mediaResolution === 'MEDIA_RESOLUTION_LOW'
  const tally = new Map<Modality, number>()
  for (const content of request.contents ?? []) tallyContent(tally, content, low)
  if (request.systemInstruction) tallyContent(tally, request.systemInstruction, low)
  const tools = request.tools?.filter((tool) => Object.keys(tool).length > 0) ?? []
  if (tools.length > 0) add(tally, 'TEXT', countTokens(JSON.stringify(tools)))
  return tally
}

export function tallyContents(contents: readonly Content[]): Tally {
  return tallyPrompt({ contents: [...contents] })
}

function tallyContent(tally: Map<Modality, number>, content: Content, low: boolean): void {
  for (const part of content.parts ?? []) tallyPart(tally, part, low)
}

function tallyPart(tally: Map<Modality, number>, part: Part, low: boolean): void {
  if (part.text !== undefined) return add(tally, 'TEXT', countTokens(part.text))
  if (part.inlineData) {
    const modality = modalityOf(part.inlineData.mimeType ?? '') ?? 'TEXT'
    const level = part.mediaResolution?.level
    const lowHere = level === undefined ? low : level === 'MEDIA_RESOLUTION_LOW'
    return add(tally, modality, mediaTokens(part.inlineData, modality, lowHere))
  }
  // Calls, results and code are read by a model as the text that they are written with.
  const { thought, thoughtSignature, ...data } = part
  add(tally, 'TEXT', countTokens(JSON.stringify(data)))
}

function add(tally: Map<Modality, number>, modality: Modality, tokens: number): void {
  tally.set(modality, (tally.get(modality) ?? 0) + tokens)
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

export interface Spent {
  readonly prompt: Tally
  /** Visible output so far, over all candidates. */
  readonly candidatesTokens: number
  readonly thoughtsTokens: number
  readonly serviceTier: string | undefined
  /** Candidates' details come with the last word only, as Google sends them. */
  readonly final: boolean
}

/** `usageMetadata` of an answer or a chunk: total = prompt + candidates + thoughts; what is 0 is left out. */
export function usageMetadata(spent: Spent): UsageMetadata {
  const { candidatesTokens, thoughtsTokens, serviceTier } = spent
  const promptTokenCount = totalOf(spent.prompt)
  const promptTokensDetails = detailsOf(spent.prompt)
  return {
    ...(promptTokenCount > 0 && { promptTokenCount }),
    ...(candidatesTokens > 0 && { candidatesTokenCount: candidatesTokens }),
    totalTokenCount: promptTokenCount + candidatesTokens + thoughtsTokens,
    trafficType: TRAFFIC_TYPES[serviceTier ?? ''] ?? 'ON_DEMAND',
    ...(promptTokensDetails.length > 0 && { promptTokensDetails }),
    ...(spent.final &&
      candidatesTokens > 0 && {
        candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: candidatesTokens }],
      }),
    ...(thoughtsTokens > 0 && { thoughtsTokenCount: thoughtsTokens }),
    ...(serviceTier !== undefined && serviceTier !== 'unspecified' && { serviceTier }),
  }
}
