import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../errors.ts'
import { drain, send } from '../testing.fixture.ts'
import { embed } from './embed.ts'

const MODEL = 'gemini-embedding-001'

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0)
}

function cosine(left: readonly number[], right: readonly number[]): number {
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right))
}

function content(text: string): unknown {
  return { parts: [{ text }] }
}

async function refusal(verb: 'embedContent' | 'batchEmbedContents', body: unknown): Promise<GatewayError> {
  const error = await send(verb, MODEL, body).then(
    () => assert.fail('nothing was refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof GatewayError)
  assert.equal(error.http, 400)
  return error
}

it('[EMB-01] a whole vector has length 1, a shorter one is its beginning as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 3072 }), (text, dimensions) => {
      const values = embed(text, dimensions)
      const whole = embed(text, 3072)
      assert.equal(values.length, dimensions)
      assert.ok(Math.abs(dot(whole, whole) - 1) < 1e-6)
      assert.deepEqual(whole.slice(0, dimensions), values)
    }),
    { numRuns: 50 },
  )
})

describe('related texts are nearer than unrelated ones', () => {
  const TRIPLES: readonly (readonly [string, string, string])[] = [
    ['The cat sat on the mat', 'A cat is sitting on a mat', 'Stock prices fell sharply today'],
    ['How do I bake bread?', 'Baking bread at home', 'The engine of the car is broken'],
    ['What is the capital of France?', 'Paris is the capital city of France', 'Dogs like long walks'],
    ['東京は日本の首都です', '日本の首都は東京', '猫が好きです'],
  ]
  for (const dimensions of [3072, 768, 128]) {
    for (const [text, near, far] of TRIPLES) {
      it(`${dimensions}: ${text}`, () => {
        const [a, b, c] = [text, near, far].map((each) => embed(each, dimensions))
        assert.ok(cosine(a!, b!) > cosine(a!, c!) + 0.1, `${cosine(a!, b!)} ${cosine(a!, c!)}`)
      })
    }
  }
})

describe('[EMB-02] the task type matters', () => {
  const question = 'What is the capital of France?'

  it('a query is less drawn to what only sounds alike', () => {
    const decoy = 'What is the answer of the test?'
    const plain = cosine(embed(question, 768), embed(decoy, 768))
    const asked = cosine(embed(question, 768, 'RETRIEVAL_QUERY'), embed(decoy, 768, 'RETRIEVAL_DOCUMENT'))
    assert.ok(asked < plain / 2, `${asked} ${plain}`)
  })

  it('every type is deterministic, and a classification hears no common word', () => {
    const texts = ['the cat is on the mat', 'cat on mat']
    const [whole, short] = texts.map((text) => embed(text, 768, 'CLASSIFICATION'))
    assert.ok(cosine(whole!, short!) > cosine(embed(texts[0]!, 768), embed(texts[1]!, 768)))
    assert.deepEqual(
      embed(question, 768, 'CODE_RETRIEVAL_QUERY'),
      embed(question, 768, 'CODE_RETRIEVAL_QUERY'),
    )
  })
})

describe('embedContent', () => {
  it('answers in the shape of the API, with 3,072 places by default', async () => {
    const [response] = drain(
      await send('embedContent', MODEL, { content: content('Hello world'), taskType: 'RETRIEVAL_QUERY' }),
    )
    const { embedding, usageMetadata } = response as {
      embedding?: { values: number[] }
      usageMetadata?: unknown
    }
    assert.equal(embedding?.values.length, 3072)
    assert.deepEqual(usageMetadata, {
      promptTokenCount: 2,
      promptTokenDetails: [{ modality: 'TEXT', tokenCount: 2 }],
    })
  })

  it('takes the dimension in either place', async () => {
    for (const body of [
      { outputDimensionality: 5 },
      { embed_content_config: { output_dimensionality: '5' } },
    ]) {
      const [response] = drain(await send('embedContent', MODEL, { content: content('a'), ...body }))
      assert.equal((response as { embedding: { values: number[] } }).embedding.values.length, 5)
    }
  })

  it('cuts a long text to what the model reads, unless told not to', async () => {
    const long = content('word '.repeat(3_000))
    const [response] = drain(await send('embedContent', MODEL, { content: long, outputDimensionality: 3 }))
    assert.equal(response?.usageMetadata?.promptTokenCount, 2048)
    const error = await refusal('embedContent', { content: long, autoTruncate: false })
    assert.equal(error.message, 'The input token count exceeds the maximum number of tokens allowed (2048).')
  })

  for (const [what, body, message] of [
    ['no content', {}, '* EmbedContentRequest.content: content is not specified\n'],
    ['no parts', { content: {} }, '* EmbedContentRequest.content.parts: contents.parts must not be empty.\n'],
    [
      'an image',
      { content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } },
      'Only text can be embedded.',
    ],
    [
      'a bad role',
      { content: { role: 'system', parts: [{ text: 'a' }] } },
      'Please use a valid role: user, model.',
    ],
    [
      'too many places',
      { content: { parts: [{ text: 'a' }] }, outputDimensionality: 3073 },
      '* EmbedContentRequest.output_dimensionality: output_dimensionality must be in the range [1, 3072].\n',
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.equal((await refusal('embedContent', body)).message, message)
    })
  }
})

describe('batchEmbedContents', () => {
  const item = (text: string, model = `models/${MODEL}`): unknown => ({
    model,
    content: content(text),
    outputDimensionality: 8,
  })

  it('answers in order, each as embedContent would', async () => {
    const [response] = drain(
      await send('batchEmbedContents', MODEL, { requests: [item('one'), item('two', MODEL)] }),
    )
    const { embeddings, usageMetadata } = response as {
      embeddings?: { values: number[] }[]
      usageMetadata?: { promptTokenCount?: number }
    }
    assert.deepEqual(embeddings, [{ values: embed('one', 8) }, { values: embed('two', 8) }])
    assert.equal(usageMetadata?.promptTokenCount, 2)
  })

  it('H30: refuses more than 100 items', async () => {
    const requests = Array.from({ length: 101 }, () => item('a'))
    assert.equal(
      (await refusal('batchEmbedContents', { requests })).message,
      '* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n',
    )
  })

  it('refuses an empty batch, an item without its model and one of another model', async () => {
    assert.match((await refusal('batchEmbedContents', {})).message, /requests is not specified/)
    const message = (
      await refusal('batchEmbedContents', { requests: [{ content: content('a') }, item('a', 'models/x')] })
    ).message
    assert.match(message, /requests\[0\]\.model: model is required\n.*requests\[1\]\.model: model must match/)
  })
})
