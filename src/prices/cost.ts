/** What a request costs, and the most that it can cost: exact, with one rounding, upwards, at the end. */
import type { LongContextRates, NanoUsd, Quantities, Rates, Tier } from '../nouns/money.ts'
import { cachedPartsOf, countOf, type Parts, partsOf } from './parts.ts'

/** Rates are for a million tokens, and tiers are in percent: token amounts are summed in this unit first. */
const UNITS_PER_NANO_USD = 1_000_000n * 100n
const NANO_USD_MAX = BigInt(Number.MAX_SAFE_INTEGER)
const FULL_PERCENT = 100

/** Outputs of models that publish no limit, in tokens for one candidate: as much as any that is known gives at once. */
const OUTPUT_TOKENS_MAX_DEFAULT = 131_072
/** Prompts of models that publish no limit, in tokens. */
const INPUT_TOKENS_MAX_DEFAULT = 1_048_576
/** Searches of one request that are reserved for; the model alone decides how many it makes, and few make more. */
export const SEARCH_QUERIES_RESERVED = 10

type TokenRates = Omit<LongContextRates, 'abovePromptTokens'>

/** A rate of 0 is a price too, so only undefined stands for one that is not there. */
export function costOf(rates: Rates, quantities: Quantities, tier: Tier): NanoUsd {
  const { longContext } = rates
  const isLong = longContext !== undefined && quantities.promptTokens > longContext.abovePromptTokens
  const token: TokenRates = isLong ? longContext : rates
  const { details } = quantities
  const prompt = partsOf('prompt', quantities.promptTokens, details)
  const cached = cachedPartsOf(quantities, prompt)
  const fresh = inputUnits(token, minus(prompt, cached), details?.cacheWriteTokens)
  const toolUse = inputUnits(token, partsOf('toolUse', quantities.toolUsePromptTokens, details))
  const output = outputUnits(token, partsOf('candidates', quantities.candidatesTokens, details))
  const thoughts = product(quantities.thoughtsTokens, token.thoughts ?? token.output)
  const { percent, cachedPercent } = percentsOf(rates, tier)
  const units = (fresh + toolUse + output + thoughts) * percent + cachedUnits(token, cached) * cachedPercent
  return nanoUsdOf(units, pieces(rates, quantities))
}

function minus(whole: Parts, part: Parts): Parts {
  return {
    text: whole.text - part.text,
    audio: whole.audio - part.audio,
    image: whole.image - part.image,
    video: whole.video - part.video,
  }
}

function inputUnits(rates: TokenRates, { text, audio, image, video }: Parts, cacheWrites = 0): bigint {
  const { input, inputAudio = input, inputImage = input, inputVideo = input, cacheWriteInput = input } = rates
  const written = Math.min(countOf(cacheWrites), text)
  return (
    product(text - written, input) +
    product(written, cacheWriteInput) +
    product(audio, inputAudio) +
    product(image, inputImage) +
    product(video, inputVideo)
  )
}

function cachedUnits(rates: TokenRates, { text, audio, image, video }: Parts): bigint {
  const { input, inputAudio = input, inputImage = input, inputVideo = input, cachedInput } = rates
  return (
    product(text, cachedInput ?? input) +
    product(audio, rates.cachedInputAudio ?? cachedInput ?? inputAudio) +
    product(image, cachedInput ?? inputImage) +
    product(video, cachedInput ?? inputVideo)
  )
}

function outputUnits(rates: TokenRates, { text, audio, image, video }: Parts): bigint {
  const { output, outputAudio = output, outputImage = output } = rates
  return product(text + video, output) + product(audio, outputAudio) + product(image, outputImage)
}

/** Most classes of most answers are empty, and a BigInt costs more than a look. */
function product(count: number, rate: NanoUsd): bigint {
  const counted = countOf(count)
  return counted === 0 || rate === 0 ? 0n : BigInt(counted) * BigInt(rate)
}

function percentsOf({ tierPercent, cachedTierPercent }: Rates, tier: Tier) {
  if (tier === 'standard') return { percent: 100n, cachedPercent: 100n }
  const percent = tierPercent?.[tier] ?? FULL_PERCENT
  return { percent: BigInt(percent), cachedPercent: BigInt(cachedTierPercent?.[tier] ?? percent) }
}

/** What is not counted in tokens; no tier changes it. */
function pieces({ groundedPrompt, searchQuery, request, item }: Rates, { details }: Quantities): bigint {
  return (
    product(countOf(details?.groundedPrompts), groundedPrompt ?? 0) +
    product(countOf(details?.searchQueries), searchQuery ?? 0) +
    product(countOf(details?.items), item ?? 0) +
    BigInt(request ?? 0)
  )
}

/** The one rounding. Beyond what a safe integer holds, its largest value: no budget has room for that either. */
function nanoUsdOf(units: bigint, whole: bigint): NanoUsd {
  const nanoUsd = (units + UNITS_PER_NANO_USD - 1n) / UNITS_PER_NANO_USD + whole
  return Number(nanoUsd > NANO_USD_MAX ? NANO_USD_MAX : nanoUsd)
}

/** What a request may use at most. */
export interface Need {
  /** The prompt and what tools add to it; undefined: as much as the model takes. */
  readonly promptTokensMax: number | undefined
  /** Of one candidate, thoughts included, as the request says; undefined: as much as the model gives. */
  readonly outputTokensMax: number | undefined
  readonly candidates: number
  /** Things that are paid for by the piece. */
  readonly items: number
  /** Whether a search may be made. */
  readonly mayGround: boolean
  /** Whether nothing but text goes in, through tools neither; without it, the dearest modality is reserved for. */
  readonly isTextOnly?: boolean
  readonly tier: Tier
}

/** The most that a request can cost: no use within `need` costs more. */
export function boundOf(rates: Rates, need: Need): NanoUsd {
  const { longContext, inputTokensMax = INPUT_TOKENS_MAX_DEFAULT } = rates
  const promptTokens = countOf(need.promptTokensMax ?? inputTokensMax)
  const outputTokens = countOf(need.outputTokensMax ?? rates.outputTokensMax ?? OUTPUT_TOKENS_MAX_DEFAULT)
  const mayBeLong = longContext !== undefined && promptTokens > longContext.abovePromptTokens
  const percents = percentsOf(rates, need.tier)
  const isTextOnly = need.isTextOnly === true
  let input = dearestInput(rates, percents, isTextOnly)
  let output = dearestOutput(rates)
  if (mayBeLong) {
    input = larger(input, dearestInput(longContext, percents, isTextOnly))
    output = larger(output, dearestOutput(longContext))
  }
  const units =
    BigInt(promptTokens) * input +
    BigInt(outputTokens) * BigInt(countOf(need.candidates)) * output * percents.percent
  return nanoUsdOf(units, piecesOf(rates, need))
}

function dearestInput(
  rates: TokenRates,
  { percent, cachedPercent }: ReturnType<typeof percentsOf>,
  isTextOnly: boolean,
): bigint {
  const { input, inputAudio = 0, inputImage = 0, inputVideo = 0, cachedInput, cachedInputAudio = 0 } = rates
  const media = isTextOnly ? 0 : Math.max(inputAudio, inputImage, inputVideo)
  const fresh = Math.max(input, media, rates.cacheWriteInput ?? 0)
  const cached = Math.max(cachedInput ?? fresh, isTextOnly ? 0 : cachedInputAudio)
  return larger(BigInt(fresh) * percent, BigInt(cached) * cachedPercent)
}

function dearestOutput({ output, thoughts = 0, outputAudio = 0, outputImage = 0 }: TokenRates): bigint {
  return BigInt(Math.max(output, thoughts, outputAudio, outputImage))
}

function piecesOf(rates: Rates, { mayGround, items }: Need): bigint {
  const searches = mayGround
    ? BigInt(rates.groundedPrompt ?? 0) + product(SEARCH_QUERIES_RESERVED, rates.searchQuery ?? 0)
    : 0n
  return searches + product(items, rates.item ?? 0) + BigInt(rates.request ?? 0)
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
