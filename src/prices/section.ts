/** Rates as people write them, in the table and in the configuration: exact decimals in USD. */
import type { LongContextRates, NanoUsd, Rates, TierPercent } from '../nouns/money.ts'
import { parseUsd } from '../wire/usd.ts'

/** Amounts are decimals such as `0.25` with at most 9 places, so that each is a whole number of nano-USD. */
export interface PriceSection extends TokenSection {
  readonly longContext?: LongContextSection | undefined
  readonly groundedPromptUsd?: string | undefined
  readonly searchQueryUsd?: string | undefined
  readonly requestUsd?: string | undefined
  readonly itemUsd?: string | undefined
  readonly batchPercent?: number | undefined
  readonly flexPercent?: number | undefined
  readonly priorityPercent?: number | undefined
  readonly cachedBatchPercent?: number | undefined
  readonly cachedFlexPercent?: number | undefined
  readonly cachedPriorityPercent?: number | undefined
  readonly inputTokensMax?: number | undefined
  readonly outputTokensMax?: number | undefined
}

export interface LongContextSection extends TokenSection {
  readonly abovePromptTokens: number
}

/** USD for a million tokens. */
interface TokenSection {
  readonly inputUsdPerMillion: string
  readonly inputAudioUsdPerMillion?: string | undefined
  readonly inputImageUsdPerMillion?: string | undefined
  readonly inputVideoUsdPerMillion?: string | undefined
  readonly cachedInputUsdPerMillion?: string | undefined
  readonly cachedInputAudioUsdPerMillion?: string | undefined
  readonly cacheWriteInputUsdPerMillion?: string | undefined
  readonly outputUsdPerMillion: string
  readonly thoughtsUsdPerMillion?: string | undefined
  readonly outputAudioUsdPerMillion?: string | undefined
  readonly outputImageUsdPerMillion?: string | undefined
}

/** Throws `Error` for an amount that is no plain decimal: the table and the configuration are checked before. */
export function ratesOf(section: PriceSection): Rates {
  const { longContext, inputTokensMax, outputTokensMax } = section
  const tierPercent = tiersOf(section.batchPercent, section.flexPercent, section.priorityPercent)
  const cachedTierPercent = tiersOf(
    section.cachedBatchPercent,
    section.cachedFlexPercent,
    section.cachedPriorityPercent,
  )
  return Object.freeze({
    ...tokenRatesOf(section),
    ...(longContext !== undefined && { longContext: longContextOf(longContext) }),
    ...optional('groundedPrompt', section.groundedPromptUsd),
    ...optional('searchQuery', section.searchQueryUsd),
    ...optional('request', section.requestUsd),
    ...optional('item', section.itemUsd),
    ...(tierPercent !== undefined && { tierPercent }),
    ...(cachedTierPercent !== undefined && { cachedTierPercent }),
    ...(inputTokensMax !== undefined && { inputTokensMax }),
    ...(outputTokensMax !== undefined && { outputTokensMax }),
  })
}

function longContextOf(section: LongContextSection): LongContextRates {
  return Object.freeze({ abovePromptTokens: section.abovePromptTokens, ...tokenRatesOf(section) })
}

type TokenRates = Omit<LongContextRates, 'abovePromptTokens'>

function tokenRatesOf(section: TokenSection): TokenRates {
  return {
    input: nanoUsdOf(section.inputUsdPerMillion),
    ...optional('inputAudio', section.inputAudioUsdPerMillion),
    ...optional('inputImage', section.inputImageUsdPerMillion),
    ...optional('inputVideo', section.inputVideoUsdPerMillion),
    ...optional('cachedInput', section.cachedInputUsdPerMillion),
    ...optional('cachedInputAudio', section.cachedInputAudioUsdPerMillion),
    ...optional('cacheWriteInput', section.cacheWriteInputUsdPerMillion),
    output: nanoUsdOf(section.outputUsdPerMillion),
    ...optional('thoughts', section.thoughtsUsdPerMillion),
    ...optional('outputAudio', section.outputAudioUsdPerMillion),
    ...optional('outputImage', section.outputImageUsdPerMillion),
  }
}

function optional<Name extends string>(
  name: Name,
  usd: string | undefined,
): { readonly [Key in Name]?: NanoUsd } {
  return (usd === undefined ? {} : { [name]: nanoUsdOf(usd) }) as { readonly [Key in Name]?: NanoUsd }
}

function tiersOf(
  batch: number | undefined,
  flex: number | undefined,
  priority: number | undefined,
): TierPercent | undefined {
  if (batch === undefined && flex === undefined && priority === undefined) return undefined
  return Object.freeze({
    ...(batch !== undefined && { batch }),
    ...(flex !== undefined && { flex }),
    ...(priority !== undefined && { priority }),
  })
}

function nanoUsdOf(usd: string): NanoUsd {
  const nanoUsd = Number(parseUsd(usd) ?? Number.NaN)
  if (!Number.isSafeInteger(nanoUsd)) throw new Error(`a price must be a plain decimal, not ${usd}`)
  return nanoUsd
}
