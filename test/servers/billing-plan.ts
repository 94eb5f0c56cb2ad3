/**
 * What the billing upstream makes of a prompt, and what it charges for it: by arithmetic of its own, which knows nothing
 * of the gateway's. A prompt is words of the form `name=value`; what it does not name follows from the text alone.
 */
import { createHash } from 'node:crypto'

/** How the pieces of a stream are written: an event each, cut anywhere, byte by byte, or all at once. */
export type Split = 'events' | 'random' | 'bytes' | 'merged'

export interface Plan {
  /** The client's own name of the request; empty when the prompt has none. */
  readonly id: string
  readonly counts: Counts
  /** Events of a stream. */
  readonly chunks: number
  readonly split: Split
  readonly delayBeforeMs: number
  /** Between two pieces. */
  readonly delayMs: number
  /** Status of the first `failures` attempts of this id; 0: the connection is reset instead. */
  readonly fail: number | undefined
  readonly failures: number
  /** The connection is reset after so many events. */
  readonly cut: number | undefined
  readonly hasUsage: boolean
}

/** Tokens of one answer. */
export interface Counts {
  readonly prompt: number
  readonly cached: number
  readonly promptImage: number
  readonly promptAudio: number
  readonly cachedAudio: number
  readonly output: number
  readonly outputImage: number
  readonly thoughts: number
  readonly toolUse: number
  readonly searches: number
}

/** Nano-USD for a million tokens, and for one search or grounded prompt. */
export interface Tariff {
  readonly input: number
  readonly inputImage: number
  readonly inputAudio: number
  readonly cached: number
  readonly cachedAudio: number
  readonly output: number
  readonly outputImage: number
  readonly thoughts: number
  readonly groundedPrompt: number
}

/** About what a fast model costs, with no two rates alike, so that a mix-up shows. */
export const TARIFF: Tariff = Object.freeze({
  input: 300_000_000,
  inputImage: 350_000_000,
  inputAudio: 1_000_000_000,
  cached: 75_000_000,
  cachedAudio: 250_000_000,
  output: 2_500_000_000,
  outputImage: 30_000_000_000,
  thoughts: 2_700_000_000,
  groundedPrompt: 35_000_000,
})

const PRICE_FIELDS: Readonly<Record<keyof Tariff, string>> = {
  input: 'inputUsdPerMillion',
  inputImage: 'inputImageUsdPerMillion',
  inputAudio: 'inputAudioUsdPerMillion',
  cached: 'cachedInputUsdPerMillion',
  cachedAudio: 'cachedInputAudioUsdPerMillion',
  output: 'outputUsdPerMillion',
  outputImage: 'outputImageUsdPerMillion',
  thoughts: 'thoughtsUsdPerMillion',
  groundedPrompt: 'groundedPromptUsd',
}

/** The tariff, or some of it, as a section of `prices:`; exact, because every rate is a whole number of nano-USD. */
export function tariffAsConfig(tariff: Partial<Tariff> = TARIFF): string {
  const rates = Object.entries(tariff) as [keyof Tariff, number][]
  return `{ ${rates.map(([name, rate]) => `${PRICE_FIELDS[name]}: "${decimalUsd(rate)}"`).join(', ')} }`
}

export function decimalUsd(nanoUsd: number): string {
  return `${Math.floor(nanoUsd / 1e9)}.${String(nanoUsd % 1e9).padStart(9, '0')}`
}

/** Nano-USD, rounded up once. */
export function charge(counts: Counts, tariff: Tariff): number {
  const plain = counts.prompt - counts.promptImage - counts.promptAudio - (counts.cached - counts.cachedAudio)
  const lines: [tokens: number, rate: number][] = [
    [plain, tariff.input],
    [counts.promptImage, tariff.inputImage],
    [counts.promptAudio - counts.cachedAudio, tariff.inputAudio],
    [counts.cached - counts.cachedAudio, tariff.cached],
    [counts.cachedAudio, tariff.cachedAudio],
    [counts.toolUse, tariff.input],
    [counts.output - counts.outputImage, tariff.output],
    [counts.outputImage, tariff.outputImage],
    [counts.thoughts, tariff.thoughts],
  ]
  const millionths = lines.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * BigInt(rate), 0n)
  const searches = counts.searches > 0 ? tariff.groundedPrompt : 0
  return Number((millionths + 999_999n) / 1_000_000n) + searches
}

/** Numbers that follow from a text, the same for ever; `draw(n)` is from 0 to before n. */
export function drawsFrom(text: string): (below: number) => number {
  let state = createHash('sha256').update(text).digest().readUInt32LE(0)
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return below <= 1 ? 0 : Math.floor((state / 0x1_0000_0000) * below)
  }
}

/** `maxOutputTokens` bounds output and thoughts together, as a model's does. */
export function planOf(prompt: string, maxOutputTokens = Number.POSITIVE_INFINITY): Plan {
  const words = new Map(
    [...prompt.matchAll(/(\w+)=([\w.-]+)/g)].map(([, name, value]) => [name as string, value as string]),
  )
  const number = (name: string, otherwise: number) => Number(words.get(name) ?? otherwise)
  const fail = words.get('fail')
  const cut = words.get('cut')
  return {
    id: words.get('id') ?? '',
    counts: countsOf(prompt, number, maxOutputTokens),
    chunks: Math.max(1, number('chunks', 3)),
    split: (words.get('split') ?? 'events') as Split,
    delayBeforeMs: number('before', 0),
    delayMs: number('delay', 0),
    fail: fail === undefined ? undefined : fail === 'reset' ? 0 : Number(fail),
    failures: number('failures', 1),
    cut: cut === undefined ? undefined : Number(cut),
    hasUsage: words.get('usage') !== 'none',
  }
}

function countsOf(
  prompt: string,
  number: (name: string, otherwise: number) => number,
  maxOutputTokens: number,
): Counts {
  // The id does not count: the same prompt under another id costs the same.
  const draw = drawsFrom(prompt.replaceAll(/\b(?:id|split|delay|before|fail|failures)=[\w.-]+/g, ''))
  const whole = number('prompt', 20 + draw(200))
  const promptImage = Math.min(whole, number('image', 0))
  const promptAudio = Math.min(whole - promptImage, number('audio', 0))
  const cachedAudio = Math.min(promptAudio, number('cachedaudio', 0))
  const text = whole - promptImage - promptAudio
  const thoughts = Math.min(maxOutputTokens, number('thoughts', draw(40)))
  const output = Math.min(maxOutputTokens - thoughts, number('output', 5 + draw(120)))
  return {
    prompt: whole,
    cached: cachedAudio + Math.min(text, number('cached', draw(3) === 0 ? 10 : 0)),
    promptImage,
    promptAudio,
    cachedAudio,
    output,
    outputImage: Math.min(output, number('picture', 0)),
    thoughts,
    toolUse: number('tool', draw(4) === 0 ? 7 : 0),
    searches: number('searches', 0),
  }
}

/** The running totals after `done` of `chunks` events; output grows, all else is there from the start. */
export function countsAfter(counts: Counts, done: number, chunks: number): Counts {
  if (done >= chunks) return counts
  const output = Math.floor((counts.output * done) / chunks)
  return { ...counts, output, outputImage: Math.min(output, counts.outputImage), searches: 0 }
}

/** Gemini's `usageMetadata`; what is zero is left out, as Google does. */
export function usageMetadata(counts: Counts): Record<string, unknown> {
  const { prompt, cached, output, thoughts, toolUse } = counts
  const textOf = (whole: number, ...others: number[]) => whole - others.reduce((sum, one) => sum + one, 0)
  return {
    promptTokenCount: prompt,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    ...(output > 0 && { candidatesTokenCount: output }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    ...(toolUse > 0 && { toolUsePromptTokenCount: toolUse }),
    totalTokenCount: prompt + output + thoughts + toolUse,
    promptTokensDetails: modalities({
      TEXT: textOf(prompt, counts.promptImage, counts.promptAudio),
      IMAGE: counts.promptImage,
      AUDIO: counts.promptAudio,
    }),
    ...(cached > 0 && {
      cacheTokensDetails: modalities({ TEXT: textOf(cached, counts.cachedAudio), AUDIO: counts.cachedAudio }),
    }),
    ...(counts.outputImage > 0 && {
      candidatesTokensDetails: modalities({
        TEXT: textOf(output, counts.outputImage),
        IMAGE: counts.outputImage,
      }),
    }),
    ...(toolUse > 0 && { toolUsePromptTokensDetails: modalities({ TEXT: toolUse }) }),
  }
}

function modalities(tokens: Readonly<Record<string, number>>): object[] {
  return Object.entries(tokens)
    .filter(([, tokenCount]) => tokenCount > 0)
    .map(([modality, tokenCount]) => ({ modality, tokenCount }))
}
