import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { ask, serve } from './testing.fixture.ts'

const item = (text: string, rest = {}) => ({
  model: 'models/some-model',
  content: { parts: [{ text }] },
  ...rest,
})
/** Predicts as many vectors as instances: the length of the text, and its place. */
const predictor = ({ body }: { body: string }) => {
  const { instances } = JSON.parse(body) as { instances: { content: string }[] }
  const predictions = instances.map(({ content }, index) => ({
    embeddings: {
      values: [content.length, index],
      statistics: { token_count: content.length, truncated: false },
    },
  }))
  return { body: JSON.stringify({ predictions }) }
}

test('[EMB-11] a classic model predicts, and answers in the shape of the developer API', async (t) => {
  const { origin, asked } = await serve(t, predictor)
  const text = JSON.stringify({
    ...item('hello', { taskType: 'RETRIEVAL_DOCUMENT', title: 'T', outputDimensionality: 2 }),
  })
  const told = await ask(
    t,
    origin,
    { verb: 'embedContent', text },
    { target: { model: 'text-embedding-005' } },
  )
  assert.match(asked[0]?.url ?? '', /models\/text-embedding-005:predict$/)
  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
    instances: [{ content: 'hello', task_type: 'RETRIEVAL_DOCUMENT', title: 'T' }],
    parameters: { outputDimensionality: 2 },
  })
  assert.deepEqual(JSON.parse(told.text), {
    embedding: { values: [5, 0] },
    usageMetadata: { promptTokenCount: 5 },
  })
  assert.deepEqual(told.answer.reading().usage, { promptTokenCount: 5 })
})

test('[EMB-11] a batch keeps its order, in as many requests as the model needs', async (t) => {
  const { origin, asked } = await serve(t, predictor)
  const texts = Array.from({ length: 12 }, (_, index) => 'x'.repeat(index + 1))
  const text = JSON.stringify({ requests: texts.map((one) => item(one)) })
  for (const [model, requests] of [
    ['gemini-embedding-001', 12],
    ['text-embedding-005', 1],
  ] as const) {
    asked.length = 0
    const told = await ask(t, origin, { verb: 'batchEmbedContents', text }, { target: { model } })
    const { embeddings, usageMetadata } = JSON.parse(told.text)
    assert.deepEqual(
      embeddings.map(({ values }: { values: number[] }) => values[0]),
      texts.map((one) => one.length),
    )
    assert.equal(usageMetadata.promptTokenCount, 78)
    assert.equal(asked.length, requests)
  }
})

test('[EMB-11] a model that reads contents is asked for each by itself; one alone passes as it is', async (t) => {
  const answer = '{"embedding":{"values":[0.5]},"usageMetadata":{"promptTokenCount":3},"truncated":false}'
  const { origin, asked } = await serve(t, () => ({ body: answer }))
  const target = { model: 'gemini-embedding-2' }
  const one = '{"model":"models/m", "content":{"role":"user","parts":[{"text":"a"}]},"taskType":"CLUSTERING"}'
  assert.equal((await ask(t, origin, { verb: 'embedContent', text: one }, { target })).text, answer)
  assert.match(asked[0]?.url ?? '', /gemini-embedding-2:embedContent$/)
  assert.equal(asked[0]?.body, '{"content":{"role":"user","parts":[{"text":"a"}]},"taskType":"CLUSTERING"}')
  asked.length = 0
  const text = JSON.stringify({ requests: [item('a', { outputDimensionality: 7 }), item('b')] })
  const told = await ask(t, origin, { verb: 'batchEmbedContents', text }, { target })
  assert.equal(
    told.text,
    '{"embeddings":[{"values":[0.5]},{"values":[0.5]}],"usageMetadata":{"promptTokenCount":6}}',
  )
  assert.deepEqual(asked.map(({ body }) => body).sort(), [
    '{"content":{"role":"user","parts":[{"text":"a"}]},"outputDimensionality":7}',
    '{"content":{"role":"user","parts":[{"text":"b"}]}}',
  ])
})

test('[EMB-11] an error of one is the answer of all, and media are refused where they are', async (t) => {
  const error = '{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}'
  const { origin } = await serve(t, ({ body }) =>
    body.includes('bad') ? { status: 429, body: error } : predictor({ body }),
  )
  const target = { model: 'gemini-embedding-001' }
  const text = JSON.stringify({ requests: [item('a'), item('bad'), item('c')] })
  const told = await ask(t, origin, { verb: 'batchEmbedContents', text }, { target })
  assert.deepEqual([told.answer.status, told.answer.retryable, told.text], [429, true, error])
  const picture = JSON.stringify({ requests: [{ content: { parts: [{ inlineData: { data: 'AA==' } }] } }] })
  await assert.rejects(
    ask(t, origin, { verb: 'batchEmbedContents', text: picture }, { target }),
    fails('untranslatable', /^requests\[0\]\.content\.parts\[0\]: The model embeds text only/),
  )
})
