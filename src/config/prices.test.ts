// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Check } from 'typebox/schema'
import { parse, stringify } from 'yaml'
import { createPriceBook } from '../prices/book.ts'
import { configJsonSchema } from './json-schema.ts'
import { type LoadedConfig, loadConfig } from './load.ts'
import { maskedConfig } from './present.ts'
import { ConfigError, type ConfigProblem } from './problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-prices-'))
after(() => rmSync(folder, { recursive: true }))

function load(yaml: string): LoadedConfig {
  writeFileSync(join(folder, 'wasat.yaml'), yaml)
  return loadConfig({ flags: {}, environment: { RATE: '0.07' }, cwd: folder })
}

function problems(yaml: string): readonly ConfigProblem[] {
  try {
    load(yaml)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems
  }
  return []
}

const FILE = `
prices:
  qwen3: { inputUsdPerMillion: 0, outputUsdPerMillion: 0.10 }
  comet/gemini-2.5-flash:
    - { inputUsdPerMillion: 0.24, outputUsdPerMillion: 2, cachedInputUsdPerMillion: 0.06 }
    - from: 2026-12-01
      inputUsdPerMillion: "0.123456789"
      outputUsdPerMillion: "\${RATE}"
      longContext: { abovePromptTokens: 200000, inputUsdPerMillion: 1, outputUsdPerMillion: 2 }
      searchQueryUsd: 0.014
      batchPercent: 50
      outputTokensMax: 8192
`

test('[PRC-04] prices of a file reach the book to the last digit', () => {
  const { config, origins } = load(FILE)
  assert.equal(origins.get('prices.qwen3.outputUsdPerMillion'), 'file')
  const book = createPriceBook({ overrides: config.prices })
  const at = (upstream: string, model: string, when: string) =>
    book.find(upstream, model, Date.parse(when))?.rates
  assert.deepEqual(at('any', 'qwen3', '2026-01-01'), { input: 0, output: 100_000_000 })
  const first = { input: 240_000_000, cachedInput: 60_000_000, output: 2_000_000_000 }
  assert.deepEqual(at('comet', 'gemini-2.5-flash', '2026-11-30'), first)
  assert.deepEqual(at('comet', 'gemini-2.5-flash', '2026-12-01'), {
    ...{ input: 123_456_789, output: 70_000_000, searchQuery: 14_000_000, outputTokensMax: 8192 },
    longContext: { abovePromptTokens: 200_000, input: 1_000_000_000, output: 2_000_000_000 },
    tierPercent: { batch: 50 },
  })
  assert.ok(Object.isFrozen(config.prices) && Object.isFrozen(config.prices['comet/gemini-2.5-flash']))
})

test('prices are printed so that they can be loaded again', () => {
  const { config } = load(FILE)
  const printed = stringify(maskedConfig({ config }))
  assert.deepEqual(load(printed).config.prices, config.prices)
})

test('[PRC-07] what is no exact amount is refused where it stands', () => {
  const amounts = [
    ...[
      '-1',
      '-0',
      '.nan',
      '.inf',
      '1e30',
      '1e-3',
      '"1,000"',
      '1_000',
      '0x10',
      '0.1234567890',
      '1000000',
      '007',
    ],
    ...[
      '0.1000000000000000055',
      '9999999999999999999',
      '""',
      '" 1"',
      '"1 USD"',
      '.5',
      '5.',
      '+1',
      'true',
      '~',
      '[1]',
    ],
    ...['{ usd: 1 }', '"１"', '"0.1e1"', '"Infinity"'],
  ]
  for (const amount of amounts) {
    const found = problems(`prices:\n  m:\n    outputUsdPerMillion: 1\n    inputUsdPerMillion: ${amount}\n`)
    assert.equal(found.length, 1, `${amount}: ${JSON.stringify(found)}`)
    assert.deepEqual([found[0]!.path, found[0]!.line], ['prices.m.inputUsdPerMillion', 4], amount)
    assert.match(found[0]!.message, /must be an amount in USD such as 0\.25/, amount)
  }
  const [told] = problems('prices: { m: { inputUsdPerMillion: 1e30, outputUsdPerMillion: 1 } }')
  assert.match(told!.message, /, not 1e30$/)
})

test('[PRC-07] what does not make one price for each moment is refused where it stands', () => {
  const price = 'inputUsdPerMillion: 1, outputUsdPerMillion: 1'
  const long = 'longContext: { inputUsdPerMillion: 1, outputUsdPerMillion: 1'
  const wrong: readonly [string, string][] = [
    ['{ inputUsdPerMillion: 1 }', 'prices.m.outputUsdPerMillion'],
    ['{ outputUsdPerMillion: 1 }', 'prices.m.inputUsdPerMillion'],
    [`{ ${price}, inputPerMillion: 1 }`, 'prices.m.inputPerMillion'],
    [`{ ${price}, from: 2026-02-30 }`, 'prices.m.from'],
    [`{ ${price}, from: soon }`, 'prices.m.from'],
    [`{ ${price}, from: 20261101 }`, 'prices.m.from'],
    [`{ ${price}, from: 2026-11-01T06:00:00 }`, 'prices.m.from'],
    [`{ ${price}, batchPercent: 1.5 }`, 'prices.m.batchPercent'],
    [`{ ${price}, batchPercent: -1 }`, 'prices.m.batchPercent'],
    [`{ ${price}, outputTokensMax: 0 }`, 'prices.m.outputTokensMax'],
    [`{ ${price}, ${long} } }`, 'prices.m.longContext.abovePromptTokens'],
    [`{ ${price}, ${long}, abovePromptTokens: 0 } }`, 'prices.m.longContext.abovePromptTokens'],
    ['[]', 'prices.m'],
    ['0.5', 'prices.m'],
    ['free', 'prices.m'],
    [`[{ ${price} }, { ${price} }]`, 'prices.m[1]'],
    [`[{ ${price}, from: 2026-11-01 }, { ${price}, from: 2026-11-01T00:00:00Z }]`, 'prices.m[1].from'],
    [`[{ ${price}, from: 2026-11-01 }, 5]`, 'prices.m[1]'],
  ]
  for (const [section, path] of wrong) {
    const found = problems(`prices:\n  m: ${section}\n`)
    assert.deepEqual(
      found.map((problem) => [problem.path, problem.line]),
      [[path, 2]],
      section,
    )
  }
  for (const name of ['models/m', '"a b"', '"*"', '""', '-m'])
    assert.equal(problems(`prices:\n  ${name}: { ${price} }\n`).length, 1, name)
  assert.equal(problems(`prices:\n  m: { ${price} }\n  m: { ${price} }\n`).length, 1)
})

test('the JSON Schema knows numbers, exact texts and references as amounts', () => {
  const accepts = (amount: unknown): boolean => {
    const price = { inputUsdPerMillion: amount, outputUsdPerMillion: 0 }
    const schema = configJsonSchema() as never
    return Check(schema, { prices: { m: price } }) && Check(schema, { prices: { m: [price] } })
  }
  for (const amount of [0, 0.25, '0.25', '${RATE}']) assert.ok(accepts(amount), String(amount))
  for (const amount of [-1, '-1', '1,000', '1e3', null, true]) assert.ok(!accepts(amount), String(amount))
  assert.ok(Check(configJsonSchema() as never, parse(FILE)))
})
