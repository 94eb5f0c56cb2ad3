import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rewritten } from './testing.fixture.ts'
import { LEVELS, thinkingOf } from './thinking-rows.ts'

const body = (thinking: string) =>
  `{"seed":12345678901234567890,"generationConfig":{"thinkingConfig":{"includeThoughts":true,${thinking}}},"contents":[]}`
const LEVEL = 'approximated generationConfig.thinkingConfig.thinkingLevel'
const BUDGET = 'approximated generationConfig.thinkingConfig.thinkingBudget'

const CASES: readonly [model: string, given: string, wanted: string, told: readonly string[]][] = [
  ['gemini-2.5-pro', '"thinkingLevel":"LOW"', '"thinkingBudget":1024', [LEVEL]],
  ['gemini-2.5-flash', '"thinkingLevel": "medium"', '"thinkingBudget":8192', [LEVEL]],
  ['gemini-2.5-flash', '"thinking_level":"XHIGH"', '"thinkingBudget":24576', [LEVEL]],
  ['gemini-2.5-pro', '"thinkingBudget":0', '"thinkingBudget":128', [BUDGET]],
  ['gemini-2.5-flash', '"thinkingBudget":0', '"thinkingBudget":0', []],
  ['gemini-2.5-flash-lite', '"thinkingBudget":"256"', '"thinkingBudget":512', [BUDGET]],
  ['gemini-2.5-flash-lite-preview-09-2025', '"thinkingBudget":-1', '"thinkingBudget":-1', []],
  ['gemini-3.6-flash', '"thinkingBudget":0', '"thinkingLevel":"MINIMAL"', [BUDGET]],
  ['gemini-3.6-flash', '"thinkingBudget":8192', '"thinkingLevel":"MEDIUM"', [BUDGET]],
  ['gemini-3.6-flash', '"thinkingBudget":-1', '"thinkingLevel":null', [BUDGET]],
  ['gemini-3-pro-preview', '"thinkingBudget":8192', '"thinkingLevel":"HIGH"', [BUDGET]],
  ['gemini-3.7-flash', '"thinkingLevel":"MINIMAL"', '"thinkingLevel":"LOW"', [LEVEL]],
  ['gemini-3.7-flash', '"thinkingLevel":"low"', '"thinkingLevel":"low"', []],
  ['gemini-4-argon', '"thinkingLevel":"XHIGH"', '"thinkingLevel":"HIGH"', [LEVEL]],
  ['gemini-4-hydrogen', '"thinkingBudget":30000', '"thinkingLevel":"XHIGH"', [BUDGET]],
  ['models/gemma-4-31b-it', '"thinkingLevel":"LOW"', '"thinkingLevel":"MINIMAL"', [LEVEL]],
  ['somebody-elses-model', '"thinkingBudget":7', '"thinkingBudget":7', []],
  ['gemini-2.5-flash-image', '"thinkingBudget":7', '"thinkingBudget":7', []],
  [
    'gemini-3.6-flash',
    '"thinkingBudget":1,"thinkingLevel":"LOW"',
    '"thinkingBudget":1,"thinkingLevel":"LOW"',
    [],
  ],
]

for (const [model, given, wanted, told] of CASES) {
  test(`[THK-01] ${model}: ${given} becomes ${wanted}`, () => {
    const adapted = rewritten(body(given), { model, thinking: 'adapt' })
    assert.equal(adapted.body, body(wanted))
    assert.deepEqual(adapted.told, told)
    assert.ok(rewritten(body(given), { model, thinking: 'pass' }).same)
  })
}

test('[THK-01] a model that does not think is not told how to', () => {
  const { body: sent, told } = rewritten(body('"thinkingBudget":8'), {
    model: 'gemini-2.0-flash',
    thinking: 'adapt',
  })
  assert.equal(sent, '{"seed":12345678901234567890,"generationConfig":{"thinkingConfig":null},"contents":[]}')
  assert.deepEqual(told, ['dropped generationConfig.thinkingConfig'])
})

test('[THK-01] whatever is wished for, each family gets what it allows', () => {
  const models = ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite', 'gemini-3.1-pro-preview']
  const wish = fc.oneof(
    fc.integer({ min: -1, max: 200_000 }).map((budget) => `"thinkingBudget":${budget}`),
    fc.constantFrom(...LEVELS).map((level) => `"thinkingLevel":"${level}"`),
  )
  fc.assert(
    fc.property(fc.constantFrom(...models), wish, (model, given) => {
      const sent = JSON.parse(rewritten(body(given), { model, thinking: 'adapt' }).body)
      const { thinkingBudget, thinkingLevel, includeThoughts } = sent.generationConfig.thinkingConfig
      assert.equal(includeThoughts, true)
      const control = thinkingOf(model)
      if (control?.by === 'level') {
        assert.equal(thinkingBudget, undefined)
        assert.ok(thinkingLevel === null || control.levels.includes(thinkingLevel))
      } else if (control?.by === 'budget') {
        assert.equal(thinkingLevel, undefined)
        const isSpecial = thinkingBudget === -1 || (thinkingBudget === 0 && control.canBeOff)
        assert.ok(isSpecial || (thinkingBudget >= control.min && thinkingBudget <= control.max))
      }
    }),
  )
})
