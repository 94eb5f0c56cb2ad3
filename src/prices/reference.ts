/** The reference page of the built-in list prices, from the table. */
import { SEARCH_QUERIES_RESERVED } from './cost.ts'
import type { LongContextSection, PriceSection } from './section.ts'
import { type ListedRow, PRICE_ROWS, PROVIDER_ROWS, type ProviderRow, UNPRICED_ROWS } from './table.ts'

const INTRODUCTION = `# Prices

What Wasat takes a request to cost, in USD: a million tokens unless a cell says otherwise. These are the providers' list
prices, as two public lists, genai-prices 0.2.3 and LiteLLM 1.109.1, took them from the page and on the day that each row
names; where the reading was another, the row says so. Nobody has checked them since. Your own prices go under \`prices:\`
in the [configuration](config.md#prices) and win over this table.

- A model is found by its name or one of its other names, with or without \`models/\`, and with the suffix of a version
  such as \`-001\`, \`-20251001\` or \`-2025-10-01\`. Whatever is not found has no price: keys under a budget are refused it,
  for the others the request is recorded without a cost and can be priced later.
- Amounts are exact. One request is rounded once, up to the next nano-USD (0.000000001 USD).
- Thoughts cost what the answer's text costs; what tools add to the prompt costs what the prompt costs; documents cost
  what images cost. What a modality has no price for costs what text costs.
- Above the threshold of a long context, all tokens of the request cost the higher rates.
- Tiers are percents of the token prices, whole ones: where a provider's own rounding gives no whole percent, the next
  one up. A tier that is not named costs 100 %. Searches are never cheaper.
- For a request that may search, ${SEARCH_QUERIES_RESERVED} searches are reserved; what it makes is charged.
- Not counted: what providers take for keeping a cache or for writing to one, free allowances, and other places where a
  model is sold at another price.
`

/** Markdown: a table for each provider, and the models that are left out. */
export function renderPricesReference(): string {
  const tables = PROVIDER_ROWS.map(renderProvider)
  const left = UNPRICED_ROWS.map(({ id, reason }) => `| \`${id}\` | ${reason} |`)
  const unpriced = `## Without a price\n\nSet one of your own under \`prices:\` where you know what such a model costs you.\n\n| Model | Reason |\n|---|---|\n${left.join('\n')}\n`
  return [INTRODUCTION, ...tables, unpriced].join('\n')
}

function renderProvider({ id, name }: ProviderRow): string {
  const rows = PRICE_ROWS.filter(({ provider }) => provider === id).flatMap(renderRow)
  const head = '| Model | Input | Cached input | Output | Besides | Read |\n|---|---|---|---|---|---|'
  return `## ${name}\n\n${head}\n${rows.join('\n')}\n`
}

function renderRow(row: ListedRow): string[] {
  const aliases = (row.aliases ?? []).map((alias) => `, \`${alias}\``).join('')
  const read = `[${row.asOf}](${row.source})`
  const first = line(`\`${row.id}\`${aliases}`, row.rates, row.note, read)
  const later = (row.later ?? []).map(({ from, rates }) =>
    line(`\`${row.id}\` from ${from}`, rates, undefined, read),
  )
  return [first, ...later]
}

function line(name: string, rates: PriceSection, note: string | undefined, read: string): string {
  const besides = [besidesOf(rates).join('; '), note ?? ''].filter((text) => text !== '').join('. ')
  const cells = [name, inputText(rates), cachedText(rates), outputText(rates), besides, read]
  return `| ${cells.join(' | ')} |`
}

function inputText(rates: PriceSection | LongContextSection): string {
  const { inputAudioUsdPerMillion, inputImageUsdPerMillion, inputVideoUsdPerMillion } = rates
  return joined(rates.inputUsdPerMillion, [
    ['audio', inputAudioUsdPerMillion],
    ['images', inputImageUsdPerMillion],
    ['video', inputVideoUsdPerMillion],
  ])
}

function cachedText(rates: PriceSection | LongContextSection): string {
  return joined(rates.cachedInputUsdPerMillion ?? '–', [
    ['audio', rates.cachedInputAudioUsdPerMillion],
    ['written', rates.cacheWriteInputUsdPerMillion],
  ])
}

function outputText(rates: PriceSection | LongContextSection): string {
  const { thoughtsUsdPerMillion, outputAudioUsdPerMillion, outputImageUsdPerMillion } = rates
  return joined(rates.outputUsdPerMillion, [
    ['thoughts', thoughtsUsdPerMillion],
    ['audio', outputAudioUsdPerMillion],
    ['images', outputImageUsdPerMillion],
  ])
}

function joined(text: string, others: readonly (readonly [string, string | undefined])[]): string {
  const named = others.filter(([, amount]) => amount !== undefined)
  return [text, ...named.map(([name, amount]) => `${name} ${amount}`)].join(', ')
}

function besidesOf(rates: PriceSection): string[] {
  const { longContext } = rates
  const long =
    longContext &&
    `above ${longContext.abovePromptTokens.toLocaleString('en-US')} tokens of prompt: ${[
      inputText(longContext),
      cachedText(longContext),
      outputText(longContext),
    ].join(' / ')}`
  const texts = [
    long,
    rates.groundedPromptUsd && `a grounded request ${rates.groundedPromptUsd}`,
    rates.searchQueryUsd && `a search ${rates.searchQueryUsd}`,
    rates.requestUsd && `a request ${rates.requestUsd}`,
    rates.itemUsd && `each piece ${rates.itemUsd}`,
    tierText('batch', rates.batchPercent, rates.cachedBatchPercent),
    tierText('flex', rates.flexPercent, rates.cachedFlexPercent),
    tierText('priority', rates.priorityPercent, rates.cachedPriorityPercent),
  ]
  return texts.filter((text) => text !== undefined)
}

function tierText(tier: string, percent: number | undefined, cachedPercent: number | undefined) {
  if (percent === undefined && cachedPercent === undefined) return undefined
  const cached = cachedPercent === undefined ? '' : ` (cached input ${cachedPercent} %)`
  return `${tier} ${percent ?? 100} %${cached}`
}
