/** Random rates and quantities, and a second opinion on what they cost. */
import fc from 'fast-check'
import type { Quantities, QuantityDetails, Rates, Tier } from '../nouns/money.ts'

export const tiers: fc.Arbitrary<Tier> = fc.constantFrom('standard', 'batch', 'flex', 'priority')

const rate = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: 200_000_000_000 }),
)
const piece = fc.integer({ min: 0, max: 5_000_000_000 })
const percent = fc.integer({ min: 0, max: 300 })
const tierPercent = fc.record(
  { batch: percent, flex: percent, priority: percent },
  { requiredKeys: [], noNullPrototype: true },
)

const tokenRates = {
  input: rate,
  inputAudio: rate,
  inputImage: rate,
  inputVideo: rate,
  cachedInput: rate,
  cachedInputAudio: rate,
  cacheWriteInput: rate,
  output: rate,
  thoughts: rate,
  outputAudio: rate,
  outputImage: rate,
}

export const rates: fc.Arbitrary<Rates> = fc.record(
  {
    ...tokenRates,
    longContext: fc.record(
      { ...tokenRates, abovePromptTokens: fc.integer({ min: 1, max: 2_000_000 }) },
      { requiredKeys: ['input', 'output', 'abovePromptTokens'], noNullPrototype: true },
    ),
    ...{ groundedPrompt: piece, searchQuery: piece, request: piece, item: piece },
    ...{ tierPercent, cachedTierPercent: tierPercent },
    outputTokensMax: fc.integer({ min: 1, max: 200_000 }),
  },
  { requiredKeys: ['input', 'output'], noNullPrototype: true },
)

/** A whole cut in parts: text, audio, image, video, document. */
function split(max: number): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.integer({ min: 0, max: Math.floor(max / 5) }), { minLength: 5, maxLength: 5 })
}

const total = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0)

/** Consistent use: no part is larger than its whole, and the cache holds no more of anything than the prompt. */
export function quantities(promptMax: number, outputMax: number): fc.Arbitrary<Quantities> {
  return fc
    .record({
      prompt: split(promptMax),
      cachedShare: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
      candidates: split(outputMax / 2),
      thoughts: fc.integer({ min: 0, max: Math.floor(outputMax / 2) }),
      toolUse: split(promptMax),
      extras: fc.record({
        cacheWriteTokens: fc.integer({ min: 0, max: Math.floor(promptMax / 10) }),
        groundedPrompts: fc.integer({ min: 0, max: 1 }),
        searchQueries: fc.integer({ min: 0, max: 10 }),
        items: fc.integer({ min: 0, max: 4 }),
      }),
      isPlain: fc.boolean(),
    })
    .map(({ prompt, cachedShare, candidates, thoughts, toolUse, extras, isPlain }) => {
      const cached = prompt.map((part, index) => Math.floor(part * cachedShare[index]!))
      const details: QuantityDetails = {
        ...detailsOf('prompt', prompt),
        ...detailsOf('cached', cached),
        ...detailsOf('candidates', candidates),
        ...detailsOf('toolUse', toolUse),
        ...extras,
      }
      const counts = [prompt, candidates, toolUse].map(total)
      return {
        ...{ promptTokens: counts[0]!, cachedTokens: total(cached), candidatesTokens: counts[1]! },
        ...{
          thoughtsTokens: thoughts,
          toolUsePromptTokens: counts[2]!,
          totalTokens: total(counts) + thoughts,
        },
        details: isPlain ? undefined : details,
      }
    })
}

function detailsOf(name: string, [, audio, image, video, document]: readonly number[]): QuantityDetails {
  return {
    [`${name}.AUDIO`]: audio,
    [`${name}.IMAGE`]: image,
    [`${name}.VIDEO`]: video,
    [`${name}.DOCUMENT`]: document,
  } as QuantityDetails
}

/** Every token by itself in a bag, priced one kind at a time, as a fraction that is rounded once. */
export function costByHand(rates: Rates, quantities: Quantities, tier: Tier): bigint {
  const long = rates.longContext
  const token = long && quantities.promptTokens > long.abovePromptTokens ? long : rates
  const plain = tier === 'standard' ? 100 : (rates.tierPercent?.[tier] ?? 100)
  const cachedPercent = tier === 'standard' ? 100 : (rates.cachedTierPercent?.[tier] ?? plain)
  const part = (name: string) => quantities.details?.[name as keyof QuantityDetails] ?? 0
  const kinds = ['AUDIO', 'IMAGE', 'VIDEO', 'DOCUMENT']
  const textOf = (name: string, whole: number) =>
    kinds.reduce((rest, kind) => rest - part(`${name}.${kind}`), whole)
  const bag: (readonly [count: number, rate: number, percent: number])[] = []
  const input = (kind: string): number =>
    ({ AUDIO: token.inputAudio, VIDEO: token.inputVideo, TEXT: token.input })[kind] ??
    (kind === 'IMAGE' || kind === 'DOCUMENT' ? token.inputImage : undefined) ??
    token.input
  const cachedInput = (kind: string): number =>
    (kind === 'AUDIO' ? token.cachedInputAudio : undefined) ?? token.cachedInput ?? input(kind)
  const output = (kind: string): number =>
    (kind === 'AUDIO' ? token.outputAudio : undefined) ??
    (kind === 'IMAGE' || kind === 'DOCUMENT' ? token.outputImage : undefined) ??
    token.output
  // Without details everything is text, the cache too.
  for (const kind of ['TEXT', ...kinds]) {
    const of = (name: string, whole: number) =>
      kind === 'TEXT' ? textOf(name, whole) : part(`${name}.${kind}`)
    const cached = of('cached', quantities.cachedTokens)
    const fresh = of('prompt', quantities.promptTokens) - cached
    const written = kind === 'TEXT' ? Math.min(part('cacheWriteTokens'), fresh) : 0
    bag.push([fresh - written, input(kind), plain])
    bag.push([written, token.cacheWriteInput ?? token.input, plain])
    bag.push([cached, cachedInput(kind), cachedPercent])
    bag.push([of('toolUse', quantities.toolUsePromptTokens), input(kind), plain])
    bag.push([of('candidates', quantities.candidatesTokens), output(kind), plain])
  }
  bag.push([quantities.thoughtsTokens, token.thoughts ?? token.output, plain])
  bag.push([part('groundedPrompts') * 1_000_000, rates.groundedPrompt ?? 0, 100])
  bag.push([part('searchQueries') * 1_000_000, rates.searchQuery ?? 0, 100])
  bag.push([part('items') * 1_000_000, rates.item ?? 0, 100])
  bag.push([1_000_000, rates.request ?? 0, 100])
  const numerator = bag.reduce(
    (sum, [count, price, share]) => sum + BigInt(count) * BigInt(price) * BigInt(share),
    0n,
  )
  const denominator = 100_000_000n
  return numerator / denominator + (numerator % denominator === 0n ? 0n : 1n)
}
