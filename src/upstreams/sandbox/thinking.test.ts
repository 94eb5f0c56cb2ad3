import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { asking, send, unary } from './testing.fixture.ts'

function thinking(thinkingConfig: unknown): Record<string, unknown> {
  return asking('Explain tides', { generationConfig: { thinkingConfig } })
}

async function thoughts(model: string, thinkingConfig: unknown): Promise<number> {
  return (await unary(model, thinking(thinkingConfig))).usageMetadata?.thoughtsTokenCount ?? 0
}

describe('thinkingConfig that a family refuses', () => {
  const LEVEL = 'Thinking level is not supported for this model.'
  const ALWAYS = 'Budget 0 is invalid. This model only works in thinking mode.'
  const level = (name: string): string =>
    `Thinking level ${name} is not supported for this model. Please retry with other thinking level.`
  const range = (budget: number, min: number, max: number): string =>
    `The thinking budget ${budget} is invalid. Please choose a value between ${min} and ${max}.`
  const CASES: readonly (readonly [string, unknown, string])[] = [
    ['gemini-2.0-flash', { includeThoughts: true }, 'thinking_config is not supported.'],
    ['gemini-2.5-flash', { thinkingLevel: 'LOW' }, LEVEL],
    ['gemini-2.5-pro', { thinkingLevel: 'high' }, LEVEL],
    ['gemini-2.5-pro', { thinkingBudget: 0 }, ALWAYS],
    ['gemini-2.5-pro', { thinkingBudget: 127 }, range(127, 128, 32768)],
    ['gemini-2.5-flash', { thinkingBudget: 24577 }, range(24577, 0, 24576)],
    ['gemini-2.5-flash', { thinkingBudget: -2 }, range(-2, 0, 24576)],
    ['gemini-2.5-flash-lite', { thinkingBudget: 256 }, range(256, 512, 24576)],
    ['gemini-3-pro-preview', { thinkingLevel: 'MEDIUM' }, level('MEDIUM')],
    ['gemini-3.1-pro-preview', { thinkingLevel: 'minimal' }, level('MINIMAL')],
    ['gemini-3.6-flash', { thinkingBudget: 0 }, ALWAYS],
    [
      'gemini-3-flash-preview',
      { thinkingLevel: 'LOW', thinkingBudget: 10 },
      'You can only set only one of thinking budget and thinking level.',
    ],
  ]
  for (const [model, config, message] of CASES) {
    it(`${model} ${JSON.stringify(config)}`, async () => {
      await assert.rejects(send('generateContent', model, thinking(config)), (error: unknown) => {
        assert.ok(error instanceof GatewayError)
        assert.equal(error.message, message)
        return error.http === 400
      })
    })
  }
})

describe('thinkingConfig that a family takes', () => {
  it('more effort, more tokens', async () => {
    const model = 'gemini-3-flash-preview'
    const [minimal, low, high] = await Promise.all(
      ['MINIMAL', 'low', 'HIGH'].map((thinkingLevel) => thoughts(model, { thinkingLevel })),
    )
    assert.ok(minimal! > 0 && minimal! <= 16 && minimal! < low! + 16 && low! < high!)
  })

  it('a budget is an upper bound, 0 is off, -1 is up to the model', async () => {
    assert.equal(await thoughts('gemini-2.5-flash', { thinkingBudget: 0 }), 0)
    assert.equal(await thoughts('gemini-2.5-flash', { thinkingBudget: 1 }), 1)
    assert.ok((await thoughts('gemini-2.5-flash', { thinkingBudget: -1 })) > 1)
    assert.ok((await thoughts('gemini-2.5-pro', { thinkingBudget: 128 })) <= 128)
  })

  it('Flash-Lite 2.5 and the models before do not think unasked, the others do', async () => {
    const asked = async (model: string): Promise<number> =>
      (await unary(model, asking('Explain tides'))).usageMetadata?.thoughtsTokenCount ?? 0
    assert.equal(await asked('gemini-2.5-flash-lite'), 0)
    assert.equal(await asked('gemini-2.0-flash'), 0)
    assert.ok((await asked('gemini-2.5-flash')) > 0)
    assert.ok((await asked('gemini-3.1-pro-preview')) > 0)
  })

  it('includeThoughts adds a thought part and leaves the rest as it is', async () => {
    const model = 'gemini-3.1-pro-preview'
    const plain = await unary(model, thinking({ thinkingLevel: 'LOW' }))
    const shown = await unary(model, thinking({ thinkingLevel: 'LOW', includeThoughts: true }))
    const parts = shown.candidates?.[0]?.content?.parts ?? []
    assert.equal(parts.length, 2)
    assert.equal(parts[0]?.thought, true)
    assert.deepEqual(parts.slice(1), plain.candidates?.[0]?.content?.parts)
    assert.deepEqual(shown.usageMetadata, plain.usageMetadata)
  })

  it('thoughts can eat the whole budget: a content without parts', async () => {
    const body = asking('Explain tides', { generationConfig: { maxOutputTokens: 5 } })
    const { candidates, usageMetadata } = await unary('gemini-2.5-flash', body)
    assert.deepEqual(candidates, [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }])
    assert.equal(usageMetadata?.thoughtsTokenCount, 5)
    assert.equal(usageMetadata?.candidatesTokenCount, undefined)
    assert.equal(usageMetadata?.totalTokenCount, (usageMetadata?.promptTokenCount ?? 0) + 5)
  })
})
