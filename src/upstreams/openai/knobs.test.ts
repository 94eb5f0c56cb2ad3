import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chatAnswer, partsOf, type Rig, says, startRig } from './testing.fixture.ts'

const KNOBS = {
  temperature: 0.5,
  topP: 0.9,
  topK: 40,
  seed: 7,
  presencePenalty: 0.5,
  frequencyPenalty: -0.5,
  maxOutputTokens: 100,
  stopSequences: ['END'],
  responseLogprobs: true,
  logprobs: 3,
}

test('[TRN-09][TRN-11] knobs arrive under the names that the target has for them', async () => {
  const rig = await startRig()
  const { sent, lost } = await rig.send({ ...says('hi'), generationConfig: KNOBS })
  const { messages: _, model: __, ...rest } = sent
  assert.deepEqual(rest, {
    temperature: 0.5,
    top_p: 0.9,
    seed: 7,
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    max_completion_tokens: 100,
    stop: ['END'],
    logprobs: true,
    top_logprobs: 3,
  })
  assert.deepEqual(lost, { 'generationConfig.topK': 'dropped' })
})

test('[TRN-09] other vendors have other knobs', async () => {
  const rig = await startRig({ vendor: 'mistral' })
  const { sent, lost } = await rig.send({ ...says('hi'), generationConfig: { ...KNOBS, temperature: 1.9 } })
  assert.equal(sent.random_seed, 7)
  assert.equal(sent.max_tokens, 100)
  assert.equal(sent.temperature, 1.5)
  assert.equal(sent.stream_options, undefined)
  assert.deepEqual(lost, {
    'generationConfig.temperature': 'approximated',
    'generationConfig.topK': 'dropped',
    'generationConfig.responseLogprobs': 'dropped',
    'generationConfig.logprobs': 'dropped',
  })
})

test('[TRN-09] a model that thinks reads no sampling, and whatever it would not read is reported', async () => {
  const rig = await startRig({ flags: { api: 'chat' } })
  const { sent, lost } = await rig.send({ ...says('hi'), generationConfig: KNOBS }, { model: 'o3' })
  assert.deepEqual(Object.keys(sent).sort(), ['max_completion_tokens', 'messages', 'model', 'seed'])
  assert.deepEqual(lost, {
    'generationConfig.temperature': 'dropped',
    'generationConfig.topP': 'dropped',
    'generationConfig.topK': 'dropped',
    'generationConfig.presencePenalty': 'dropped',
    'generationConfig.frequencyPenalty': 'dropped',
    'generationConfig.stopSequences': 'emulated',
    'generationConfig.responseLogprobs': 'dropped',
    'generationConfig.logprobs': 'dropped',
  })
})

test('[TRN-09] stop sequences beyond what the target takes are cut off here', async () => {
  const rig = await startRig()
  rig.reply({ body: chatAnswer({ content: 'one five two' }, { finish_reason: 'length' }) })
  const { sent, lost, chunks } = await rig.send({
    ...says('count'),
    generationConfig: { stopSequences: ['a1', 'a2', 'a3', 'a4', 'five'] },
  })
  assert.deepEqual(sent.stop, ['a1', 'a2', 'a3', 'a4'])
  assert.equal(partsOf(chunks)[0]?.text, 'one ')
  assert.equal(chunks[0]?.candidates?.[0]?.finishReason, 'STOP')
  assert.deepEqual(lost, { 'generationConfig.stopSequences': 'emulated' })
})

test('[TRN-10] several candidates are asked for at once, or one by one', async () => {
  const rig = await startRig()
  const choice = (index: number) => ({ index, message: { content: `c${index}` }, finish_reason: 'stop' })
  rig.reply({ body: { model: 'm', choices: [choice(1), choice(0)] } })
  const request = { ...says('hi'), generationConfig: { candidateCount: 2 } }
  const { sent, chunks, losses } = await rig.send(request)
  assert.equal(sent.n, 2)
  assert.deepEqual(
    chunks[0]?.candidates?.map((candidate) => candidate.content?.parts?.[0]?.text),
    ['c0', 'c1'],
  )
  assert.deepEqual(losses, [])
  const other = await startRig({ vendor: 'groq' })
  const repeated = await other.send(request)
  assert.equal(other.asked.length, 2)
  assert.equal(repeated.sent.n, undefined)
  assert.equal(repeated.chunks[0]?.candidates?.length, 2)
})

async function thoughtsOf(rig: Rig, thinkingConfig: object, modelName: string) {
  const { sent, lost } = await rig.send(
    { ...says('hi'), generationConfig: { thinkingConfig } },
    { model: modelName },
  )
  const { messages: _, model: __, ...rest } = sent
  return { rest, lost }
}

const LEVEL = 'generationConfig.thinkingConfig.thinkingLevel'
const BUDGET = 'generationConfig.thinkingConfig.thinkingBudget'
const THOUGHTS: readonly [
  vendor: string,
  model: string,
  config: object,
  members: object,
  lost: Record<string, string>,
][] = [
  ['openai', 'o3', { thinkingLevel: 'LOW' }, { reasoning_effort: 'low' }, {}],
  ['openai', 'o3', { thinkingLevel: 'MINIMAL' }, { reasoning_effort: 'low' }, { [LEVEL]: 'approximated' }],
  ['openai', 'gpt-5', { thinkingLevel: 'MINIMAL' }, { reasoning_effort: 'minimal' }, {}],
  ['openai', 'gpt-5', { thinkingBudget: 0 }, { reasoning_effort: 'minimal' }, { [BUDGET]: 'approximated' }],
  ['openai', 'gpt-5.2', { thinkingBudget: 0 }, { reasoning_effort: 'none' }, {}],
  ['openai', 'gpt-5.2', { thinkingLevel: 'XHIGH' }, { reasoning_effort: 'xhigh' }, {}],
  [
    'openai',
    'gpt-5',
    { thinkingBudget: 8_192 },
    { reasoning_effort: 'medium' },
    { [BUDGET]: 'approximated' },
  ],
  ['openai', 'gpt-5', { thinkingBudget: -1 }, {}, {}],
  ['openai', 'gpt-4o', { thinkingBudget: 0 }, {}, {}],
  ['openai', 'gpt-4o', { thinkingLevel: 'LOW' }, {}, { [LEVEL]: 'dropped' }],
  ['openrouter', 'x/y', { thinkingBudget: 2_000 }, { reasoning: { max_tokens: 2_000 } }, {}],
  ['openrouter', 'x/y', { includeThoughts: true }, { reasoning: { enabled: true } }, {}],
  ['openrouter', 'x/y', { thinkingBudget: 0 }, { reasoning: { effort: 'none' } }, {}],
  [
    'deepseek',
    'deepseek-v4',
    { thinkingLevel: 'HIGH' },
    { thinking: { type: 'enabled' }, reasoning_effort: 'high' },
    {},
  ],
  ['deepseek', 'deepseek-v4', { thinkingBudget: 0 }, { thinking: { type: 'disabled' } }, {}],
  [
    'vllm',
    'qwen',
    { thinkingBudget: 0 },
    { reasoning_effort: 'none', chat_template_kwargs: { enable_thinking: false } },
    {},
  ],
  ['mistral', 'mistral-small-latest', { thinkingLevel: 'HIGH' }, { reasoning_effort: 'high' }, {}],
]
for (const [vendor, modelName, config, members, lost] of THOUGHTS) {
  test(`[TRN-08] ${vendor} ${modelName}: ${JSON.stringify(config)}`, async () => {
    const rig = await startRig({ vendor, flags: { api: 'chat' } })
    const result = await thoughtsOf(rig, config, modelName)
    assert.deepEqual(result.rest, members)
    assert.deepEqual(result.lost, lost)
  })
}
