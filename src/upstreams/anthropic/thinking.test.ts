import assert from 'node:assert/strict'
import test from 'node:test'
import { lossOf, MODEL, NEWEST, OLDER, sealed, sent } from './testing.fixture.ts'

const PATH = 'generationConfig.thinkingConfig'
const SONNET_5_5 = 'claude-sonnet-5-5'
const VERSION_4_6 = 'claude-sonnet-4-6'
const EARLY = 'claude-3-5-haiku-latest'

const thinking = (thinkingConfig: object, model: string, rest: object = {}, config: object = {}) =>
  sent(
    { contents: [{ parts: [{ text: 'Hi' }] }], generationConfig: { thinkingConfig, ...config }, ...rest },
    { model },
  )

interface Case {
  readonly wish: object
  readonly model: string
  readonly thinking?: object
  readonly effort?: string
  /** The member of thinkingConfig that is on the report, and how. */
  readonly loss?: readonly [string, string]
}

const CASES: readonly Case[] = [
  { wish: { thinkingLevel: 'HIGH' }, model: MODEL, thinking: { type: 'adaptive' }, effort: 'high' },
  { wish: { thinkingLevel: 'XHIGH' }, model: MODEL, thinking: { type: 'adaptive' }, effort: 'xhigh' },
  {
    wish: { thinkingLevel: 'MINIMAL' },
    model: MODEL,
    thinking: { type: 'adaptive' },
    effort: 'low',
    loss: ['thinkingLevel', 'approximated'],
  },
  {
    wish: { thinkingBudget: 9_000 },
    model: MODEL,
    thinking: { type: 'adaptive' },
    effort: 'high',
    loss: ['thinkingBudget', 'approximated'],
  },
  { wish: { thinkingBudget: -1 }, model: MODEL, thinking: { type: 'adaptive' } },
  { wish: { thinkingBudget: 0 }, model: MODEL },
  { wish: { thinkingBudget: 0 }, model: 'claude-opus-5', thinking: { type: 'disabled' } },
  {
    wish: { thinkingBudget: 0 },
    model: SONNET_5_5,
    thinking: { type: 'between_tools' },
    loss: ['thinkingBudget', 'approximated'],
  },
  { wish: { thinkingBudget: 0 }, model: NEWEST, effort: 'low', loss: ['thinkingBudget', 'approximated'] },
  {
    wish: { includeThoughts: true },
    model: MODEL,
    thinking: { type: 'adaptive', display: 'summarized' },
  },
  { wish: { thinkingBudget: 4_000 }, model: OLDER, thinking: { type: 'enabled', budget_tokens: 4_000 } },
  {
    wish: { thinkingBudget: 100 },
    model: OLDER,
    thinking: { type: 'enabled', budget_tokens: 1_024 },
    loss: ['thinkingBudget', 'approximated'],
  },
  {
    wish: { thinkingLevel: 'MEDIUM' },
    model: OLDER,
    thinking: { type: 'enabled', budget_tokens: 8_192 },
    loss: ['thinkingLevel', 'approximated'],
  },
  {
    wish: { thinkingBudget: 4_000 },
    model: VERSION_4_6,
    thinking: { type: 'enabled', budget_tokens: 4_000 },
  },
  { wish: { thinkingLevel: 'LOW' }, model: VERSION_4_6, thinking: { type: 'adaptive' }, effort: 'low' },
  { wish: { thinkingBudget: 4_000 }, model: EARLY, loss: ['thinkingBudget', 'dropped'] },
]

for (const { wish, model, loss, ...expected } of CASES) {
  test(`[TRN-08] ${model} takes ${JSON.stringify(wish)} as it knows it`, async () => {
    const made = await thinking(wish, model)
    assert.deepEqual(made.body.thinking, expected.thinking)
    assert.equal(made.body.output_config?.effort, expected.effort)
    assert.deepEqual(
      made.losses.map(({ path, kind }) => [path, kind]),
      loss === undefined ? [] : [[`${PATH}.${loss[0]}`, loss[1]]],
    )
  })
}

test('[TRN-08] a budget never raises what the client allows for the answer', async () => {
  const made = await thinking({ thinkingBudget: 4_000 }, OLDER, {}, { maxOutputTokens: 2_000 })
  assert.equal(made.body.max_tokens, 2_000)
  assert.equal(made.body.thinking.budget_tokens, 1_999)
  assert.equal(lossOf(made, `${PATH}.thinkingBudget`), 'approximated')
  const small = await thinking({ thinkingBudget: 4_000 }, OLDER, {}, { maxOutputTokens: 1_000 })
  assert.equal(small.body.thinking, undefined)
  assert.equal(lossOf(small, PATH), 'approximated')
})

test('[TRN-08] while it thinks, a model is not sampled', async () => {
  const config = { temperature: 0.3, topP: 0.97, topK: 5 }
  const { body, losses } = await thinking({ thinkingBudget: 2_000 }, 'claude-sonnet-4-0', {}, config)
  assert.deepEqual([body.temperature, body.top_p, body.top_k], [undefined, 0.97, undefined])
  assert.deepEqual(
    losses.map(({ path }) => path),
    ['generationConfig.temperature', 'generationConfig.topK'],
  )
})

test('[TRN-08] a forced call comes before a budget of thoughts', async () => {
  const rest = {
    tools: [{ functionDeclarations: [{ name: 'f' }] }],
    toolConfig: { functionCallingConfig: { mode: 'ANY' } },
  }
  const made = await thinking({ thinkingBudget: 2_000 }, OLDER, rest)
  assert.deepEqual(made.body.tool_choice, { type: 'any' })
  assert.equal(made.body.thinking, undefined)
  assert.equal(lossOf(made, PATH), 'approximated')
  const adaptive = await thinking({ thinkingBudget: 2_000 }, VERSION_4_6, rest)
  assert.deepEqual(adaptive.body.thinking, { type: 'adaptive' })
  assert.deepEqual(adaptive.body.tool_choice, { type: 'any' })
})

test('[SIG-03] no budget of thoughts starts in a loop of calls that another model began', async () => {
  const loop = (thoughtSignature?: string) => ({
    contents: [
      { parts: [{ text: 'Weather?' }] },
      {
        role: 'model',
        parts: [{ functionCall: { name: 'f' }, ...(thoughtSignature && { thoughtSignature }) }],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] },
    ],
    tools: [{ functionDeclarations: [{ name: 'f' }] }],
  })
  const foreign = await thinking({ thinkingBudget: 2_000 }, OLDER, loop())
  assert.equal(foreign.body.thinking, undefined)
  assert.equal(lossOf(foreign, PATH), 'approximated')
  const state = { blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'xyz' }] }
  const own = await thinking({ thinkingBudget: 2_000 }, OLDER, loop(sealed(state, OLDER)))
  assert.deepEqual(own.body.thinking, { type: 'enabled', budget_tokens: 2_000 })
  assert.deepEqual(own.losses, [])
})
