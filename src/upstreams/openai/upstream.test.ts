import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import type { Model } from '../../wire/gemini.ts'
import { says, startRig, user } from './testing.fixture.ts'
import { createOpenAiUpstream } from './upstream.ts'
import { DEFAULT_FLAGS } from './vendor.ts'
import { VENDOR_ROWS, vendorNameAt, vendorNamed } from './vendors.ts'

test('[VND-01] a row of data is a vendor', async () => {
  const row = {
    name: 'newcomer',
    baseUrl: '',
    credential: 'api-key',
    flags: { maxTokensField: 'max_completion_tokens', hasTopK: true },
    models: [{ pattern: /^thinker/, flags: { hasTopK: false } }],
  } as const
  const rig = await startRig({ vendor: row })
  const request = { ...says('hi'), generationConfig: { topK: 3, maxOutputTokens: 9 } }
  const { sent, losses } = await rig.send(request, { model: 'speaker' })
  assert.equal(sent.top_k, 3)
  assert.equal(sent.max_completion_tokens, 9)
  assert.equal(rig.asked[0]?.headers['api-key'], 'the-key')
  assert.deepEqual(losses, [])
  const thinker = await rig.send(request, { model: 'thinker-1' })
  assert.deepEqual(thinker.lost, { 'generationConfig.topK': 'dropped' })
})

test("[VND-01] the operator's flags are the last word", async () => {
  const rig = await startRig({ vendor: 'generic', flags: { hasTopK: true } })
  const { sent } = await rig.send({ ...says('hi'), generationConfig: { topK: 3 } })
  assert.equal(sent.top_k, 3)
})

for (const row of VENDOR_ROWS) {
  test(`[VND-01] ${row.name} says only what it knows, under names that exist`, async () => {
    const known = new Set(Object.keys(DEFAULT_FLAGS))
    const flags = [row.flags ?? {}, ...(row.models ?? []).map((rule) => rule.flags)]
    for (const name of flags.flatMap((part) => Object.keys(part))) assert.ok(known.has(name), name)
    assert.equal(vendorNamed(row.name)?.name, row.name)
    if (row.baseUrl !== '') assert.ok(URL.canParse(row.baseUrl))
    const rig = await startRig({ vendor: row.name })
    await rig.send({ ...says('hi'), generationConfig: { maxOutputTokens: 50 } }, { model: 'grok-2' })
  })
}

test('a vendor without an address, or that nobody knows, is told so at once', async () => {
  const { upstream } = await startRig()
  const make = (vendor: string) => () =>
    createOpenAiUpstream({
      name: 'x',
      vendor,
      keys: [],
      timeouts: { connect: 1, firstByte: 1, streamFirstByte: 1, streamIdle: 1, streamTotal: 1 },
      connectionsMax: 1,
      library: {} as never,
      seals: {} as never,
    })
  assert.equal(upstream.kind, 'openai')
  assert.throws(make('azure'), fails('invalid_argument', /set baseUrl/))
  assert.throws(make('nobody'), fails('invalid_argument', /no vendor nobody/))
})

test('a server without a credential is sent none', async () => {
  const rig = await startRig({ vendor: 'llamacpp', keys: [] })
  await rig.send(says('hi'))
  assert.equal(rig.asked[0]?.headers.authorization, undefined)
  assert.equal(rig.upstream.credentials, 1)
})

async function listed(...data: object[]): Promise<readonly Model[]> {
  const rig = await startRig()
  rig.reply({ body: { object: 'list', data } })
  return rig.upstream.listModels()
}

test('models are listed with what can be asked of them, and with the limits that are told', async () => {
  const GENERATES = ['generateContent', 'streamGenerateContent', 'countTokens']
  const models = await listed(
    { id: 'gpt-4o', object: 'model' },
    { id: 'text-embedding-3-small' },
    { id: 'whisper-1' },
    { id: 'gpt-image-1' },
    { id: 'a/b', name: 'A: B', context_length: 1_000, top_provider: { max_completion_tokens: 100 } },
    { id: 'local.gguf', meta: { n_ctx_train: 4_096 } },
    { id: 'served', max_model_len: 2_048 },
    { id: '' },
    { nothing: true },
  )
  assert.deepEqual(models, [
    { name: 'models/gpt-4o', displayName: 'gpt-4o', supportedGenerationMethods: GENERATES },
    {
      name: 'models/text-embedding-3-small',
      displayName: 'text-embedding-3-small',
      supportedGenerationMethods: ['embedContent', 'batchEmbedContents'],
    },
    {
      name: 'models/a/b',
      displayName: 'A: B',
      inputTokenLimit: 1_000,
      outputTokenLimit: 100,
      supportedGenerationMethods: GENERATES,
    },
    {
      name: 'models/local.gguf',
      displayName: 'local.gguf',
      inputTokenLimit: 4_096,
      supportedGenerationMethods: GENERATES,
    },
    {
      name: 'models/served',
      displayName: 'served',
      inputTokenLimit: 2_048,
      supportedGenerationMethods: GENERATES,
    },
  ])
})

test('a list that is none is an error of the upstream', async () => {
  const rig = await startRig()
  rig.reply({ status: 401, body: { error: { message: 'no' } } })
  await assert.rejects(async () => rig.upstream.listModels(), fails('upstream_refused_credential'))
  rig.reply({ status: 500, body: { error: 'down' } })
  await assert.rejects(async () => rig.upstream.listModels(), fails('upstream_unavailable'))
})

test('[EMB-11] vectors come in the order of the texts', async () => {
  const rig = await startRig()
  rig.reply({
    body: {
      data: [
        { index: 1, embedding: [3, 4] },
        { index: 0, embedding: [1, 2] },
      ],
      usage: { prompt_tokens: 6 },
    },
  })
  const item = (text: string) => ({
    model: 'models/text-embedding-3-small',
    content: user({ text }),
    outputDimensionality: 2,
  })
  const how = { verb: 'batchEmbedContents', model: 'text-embedding-3-small' } as const
  const { sent, chunks } = await rig.send({ requests: [item('a'), item('b')] }, how)
  assert.equal(rig.asked[0]?.path, '/v1/embeddings')
  assert.deepEqual(sent, {
    model: 'text-embedding-3-small',
    input: ['a', 'b'],
    encoding_format: 'float',
    dimensions: 2,
  })
  assert.deepEqual((chunks[0] as { embeddings?: unknown }).embeddings, [
    { values: [1, 2] },
    { values: [3, 4] },
  ])
})

test('[EMB-11] a length that the target cannot be told is refused by its path', async () => {
  const rig = await startRig({ vendor: 'llamacpp' })
  const request = { content: user({ text: 'a' }), outputDimensionality: 2 }
  const how = { verb: 'embedContent' } as const
  await assert.rejects(rig.send(request, how), fails('untranslatable', /^output_dimensionality/))
})

test('[CNT-01] tokens are counted where the server has a way to, and estimated elsewhere', async () => {
  const how = { verb: 'countTokens' } as const
  const vllm = await startRig({ vendor: 'vllm' })
  vllm.reply({ body: { count: 12, max_model_len: 100 } })
  const counted = await vllm.send(says('hi'), how)
  assert.equal(vllm.asked[0]?.path, '/tokenize')
  assert.equal((counted.chunks[0] as { totalTokens?: number }).totalTokens, 12)
  const llama = await startRig({ vendor: 'llamacpp' })
  llama.reply({ body: { input_tokens: 7 } })
  const alike = await llama.send(says('hi'), how)
  assert.equal(llama.asked[0]?.path, '/v1/chat/completions/input_tokens')
  assert.equal((alike.chunks[0] as { totalTokens?: number }).totalTokens, 7)
  const groq = await startRig({ vendor: 'groq' })
  const estimated = await groq.send(says('hi'), how)
  assert.equal(groq.asked.length, 0)
  assert.deepEqual(estimated.lost, { '': 'emulated' })
})

test('models that go on thinking only there are asked by the other API', async () => {
  const rig = await startRig()
  rig.reply({ body: { id: 'r', model: 'o3', status: 'completed', output: [] } })
  await rig.send(says('hi'), { model: 'o3' })
  await rig.send(says('hi'), { model: 'gpt-5-chat-latest' }).catch(() => undefined)
  assert.deepEqual(
    rig.asked.map(({ path }) => path),
    ['/v1/responses', '/v1/chat/completions'],
  )
})

test('[VND-01] an address tells whose server it is', () => {
  assert.equal(vendorNameAt('https://api.groq.com/openai/v1'), 'groq')
  assert.equal(vendorNameAt('http://127.0.0.1:11434/v1'), 'ollama')
  assert.equal(vendorNameAt('https://mine.openai.azure.com/openai/v1'), 'azure')
  assert.equal(vendorNameAt('https://api.groq.com.example.com/v1'), 'generic')
  assert.equal(vendorNameAt('https://llm.example.com/v1'), 'generic')
})
