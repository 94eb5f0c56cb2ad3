import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LongContextRates, Rates } from '../nouns/money.ts'
import { ALIASES, ROWS } from '../upstreams/sandbox/model-rows.ts'
import { parseInstant } from '../wire/instant.ts'
import { formatUsd } from '../wire/usd.ts'
import { type PriceSection, ratesOf } from './section.ts'
import { FREE, findRow, PRICE_ROWS, PROVIDER_ROWS, UNPRICED_ROWS } from './table.ts'

const sections = PRICE_ROWS.flatMap(({ id, rates, later = [] }) => [
  { id, rates },
  ...later.map((change) => ({ id: `${id} from ${change.from}`, rates: change.rates })),
])

test('[PRC-01] each row names the page that it was read from, and the day', () => {
  assert.ok(PRICE_ROWS.length > 100)
  const hosts: Record<string, string> = {
    google: 'ai.google.dev',
    openai: 'developers.openai.com',
    anthropic: 'platform.claude.com',
  }
  assert.deepEqual(PROVIDER_ROWS.map(({ id }) => id).sort(), Object.keys(hosts).sort())
  for (const { id, provider, source, asOf } of PRICE_ROWS) {
    assert.equal(new URL(source).host, hosts[provider], id)
    assert.match(asOf, /^\d{4}-\d\d-\d\d$/, id)
    assert.ok(parseInstant(asOf)! <= Date.now(), `${id} was read before today`)
  }
})

test('[PRC-01] no name is there twice, and none is a pinned version of another at another place', () => {
  const names = PRICE_ROWS.flatMap(({ id, aliases = [] }) => [id, ...aliases])
  const all = [...names, ...UNPRICED_ROWS.map(({ id }) => id)]
  assert.equal(new Set(all).size, all.length)
  for (const name of all) assert.match(name, /^[a-z0-9][a-z0-9.-]{0,254}$/)
  for (const { id } of UNPRICED_ROWS) assert.equal(findRow(id), undefined, id)
})

test('[PRC-01] every rate converts exactly', () => {
  const members: Readonly<Record<string, string>> = {
    ...{
      inputUsdPerMillion: 'input',
      inputAudioUsdPerMillion: 'inputAudio',
      inputImageUsdPerMillion: 'inputImage',
    },
    ...{ inputVideoUsdPerMillion: 'inputVideo', cachedInputUsdPerMillion: 'cachedInput', itemUsd: 'item' },
    ...{
      cachedInputAudioUsdPerMillion: 'cachedInputAudio',
      outputUsdPerMillion: 'output',
      requestUsd: 'request',
      cacheWriteInputUsdPerMillion: 'cacheWriteInput',
    },
    ...{ thoughtsUsdPerMillion: 'thoughts', outputAudioUsdPerMillion: 'outputAudio' },
    ...{
      outputImageUsdPerMillion: 'outputImage',
      groundedPromptUsd: 'groundedPrompt',
      searchQueryUsd: 'searchQuery',
    },
  }
  const check = (id: string, section: object, rates: object): void => {
    for (const [name, written] of Object.entries(section)) {
      if (name === 'longContext') check(id, written, (rates as Rates).longContext!)
      else if (typeof written === 'string')
        assert.equal(formatUsd((rates as Record<string, number>)[members[name]!]!), written, `${id} ${name}`)
      else assert.ok(Number.isSafeInteger(written) && written > 0, `${id} ${name}`)
    }
  }
  for (const { id, rates } of sections) check(id, rates, ratesOf(rates))
})

test('[PRC-01] the rates are plausible: a cache is cheaper, what is long or of the same class dearer', () => {
  for (const { id, rates: section } of sections) {
    const rates = ratesOf(section)
    const { longContext } = rates
    for (const some of [rates, ...(longContext ? [longContext] : [])]) assertSane(id, some)
    if (longContext !== undefined) assertLonger(id, rates, longContext)
    const free = rates.input === 0 && rates.output === 0
    assert.ok(!free || (rates.item ?? 0) > 0, `${id} costs something`)
    assert.ok(
      rates.groundedPrompt === undefined || rates.searchQuery === undefined,
      `${id} searches are paid once`,
    )
    for (const tier of ['batch', 'flex'] as const) assert.ok((rates.tierPercent?.[tier] ?? 100) <= 100, id)
    assert.ok((rates.tierPercent?.priority ?? 100) >= 100, id)
  }
})

type TokenRates = Omit<LongContextRates, 'abovePromptTokens'>

function assertSane(id: string, rates: TokenRates): void {
  const { input, inputAudio = input, cachedInput = input, cachedInputAudio = cachedInput, output } = rates
  assert.ok(cachedInput <= input, `${id} cached`)
  assert.ok(cachedInputAudio <= inputAudio, `${id} cached audio`)
  assert.ok(output >= input || output === 0, `${id} output`)
  // 1,000 USD for a million tokens would be a slip of the decimal point.
  for (const rate of Object.values(rates))
    assert.ok(typeof rate !== 'number' || rate <= 1_000_000_000_000, id)
}

function assertLonger(id: string, rates: Rates, long: LongContextRates): void {
  const tokenRates = ['input', 'inputAudio', 'cachedInput', 'cachedInputAudio', 'output', 'thoughts'] as const
  for (const name of tokenRates) {
    assert.equal(rates[name] === undefined, long[name] === undefined, `${id} ${name}`)
    assert.ok((long[name] ?? 0) >= (rates[name] ?? 0), `${id} ${name}`)
  }
}

test('[PRC-04] announced changes come in their order, on days that exist', () => {
  for (const { id, later = [] } of PRICE_ROWS) {
    const days = later.map(({ from }) => parseInstant(from))
    assert.ok(
      days.every((day, index) => day !== undefined && day > (days[index - 1] ?? 0)),
      id,
    )
  }
})

test('every model of the sandbox has a price, or is left out for a reason', () => {
  const unpriced = new Set(UNPRICED_ROWS.map(({ id }) => id))
  const known = (id: string) => findRow(id) !== undefined || unpriced.has(id)
  assert.deepEqual(
    ROWS.map(({ id }) => id).filter((id) => !known(id)),
    [],
  )
  for (const [alias, id] of Object.entries(ALIASES)) assert.equal(findRow(alias)?.id, findRow(id)?.id, alias)
})

test('[PRC-05] the rates that the providers are known for', () => {
  const rates = (model: string): PriceSection => findRow(model)!.rates
  const flash = rates('gemini-2.5-flash')
  assert.deepEqual([flash.inputUsdPerMillion, flash.outputUsdPerMillion], ['0.3', '2.5'])
  assert.deepEqual([flash.inputAudioUsdPerMillion, flash.groundedPromptUsd], ['1', '0.035'])
  const pro = rates('gemini-3.1-pro-preview')
  assert.deepEqual([pro.longContext?.inputUsdPerMillion, pro.searchQueryUsd], ['4', '0.014'])
  assert.equal(rates('gemini-embedding-001').inputUsdPerMillion, '0.15')
  assert.equal(rates('gpt-4o').cachedInputUsdPerMillion, '1.25')
  assert.equal(rates('claude-sonnet-4-5').outputUsdPerMillion, '15')
})

test('a model is found by its other names and by a pinned version, and by nothing else', () => {
  const found = (model: string): string | undefined => findRow(model)?.id
  assert.equal(found('gemini-2.5-flash-001'), 'gemini-2.5-flash')
  assert.equal(found('gemini-flash-latest'), 'gemini-3.8-flash')
  assert.equal(found('claude-sonnet-4-5-20250929'), 'claude-sonnet-4-5')
  assert.equal(found('claude-sonnet-4-5@20250929'), 'claude-sonnet-4-5')
  assert.equal(found('claude-opus-4-20250514'), 'claude-opus-4-0')
  assert.equal(found('gpt-4o-2024-08-06'), 'gpt-4o')
  assert.equal(found('gpt-4o-2024-05-13'), 'gpt-4o-2024-05-13', 'a version with a price of its own')
  assert.equal(found('gemini-embedding-001'), 'gemini-embedding-001')
  const strangers = [
    'gemini-2.5-flash-0012',
    'gemini-2.5-flash-thinking',
    'gemini-2.5',
    '',
    '-001',
    'toString',
  ]
  for (const name of strangers) assert.equal(found(name), undefined, name)
  assert.deepEqual(ratesOf(FREE('anything')!.rates), { input: 0, output: 0 })
})
