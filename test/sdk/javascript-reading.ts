/** Everything that answers with numbers or names: counting, embedding, the models. */
import assert from 'node:assert/strict'
import type { GoogleGenAI, Model } from 'genai-3'
import { EMBEDDING_MODEL, isApiError, MODEL, PROMPT, type Rig, type SdkCase } from './javascript-rig.ts'

const DIMENSIONS = 3_072

export const READING: readonly SdkCase[] = [
  { name: '[SDK-COUNT-01] countTokens', run: countTokens },
  { name: '[SDK-EMBED-01] the embedding of one text', run: embedOne },
  { name: '[SDK-EMBED-02] the embeddings of many texts', run: embedMany },
  { name: '[SDK-MODELS-01] the models, page by page', run: listModelsPaged },
  { name: '[SDK-MODELS-02] the models, iterated', run: listModelsIterated },
  { name: '[SDK-MODELS-03] one model', run: getModel },
]

async function countTokens({ backend, client, apiVersion }: Rig): Promise<void> {
  const { totalTokens } = await client.models.countTokens({ model: MODEL, contents: PROMPT })
  if (backend.name === 'sandbox') {
    const answer = await client.models.generateContent({ model: MODEL, contents: PROMPT })
    assert.equal(totalTokens, answer.usageMetadata?.promptTokenCount, 'what is counted is what is charged')
    return
  }
  assert.equal(totalTokens, 11)
  assert.equal((await backend.takeReceived())[0]?.route, `POST /${apiVersion}/models/${MODEL}:countTokens`)
}

const lengthOf = (values: readonly number[]) => Math.hypot(...values)
const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, index) => sum + value * b[index]!, 0)

async function embed(
  client: GoogleGenAI,
  contents: string | string[],
  dimensions?: number,
): Promise<number[][]> {
  const config = dimensions === undefined ? {} : { outputDimensionality: dimensions }
  const { embeddings = [] } = await client.models.embedContent({ model: EMBEDDING_MODEL, contents, config })
  return embeddings.map(({ values = [] }) => values)
}

async function embedOne({ backend, client }: Rig): Promise<void> {
  const vectors = await embed(client, 'a cat on a mat')
  const [vector = []] = vectors
  assert.deepEqual([vectors.length, vector.length], [1, DIMENSIONS])
  const [short = []] = await embed(client, 'a cat on a mat', 256)
  assert.equal(short.length, 256)
  if (backend.name === 'replay') return assert.deepEqual(vector.slice(0, 3), [0, -0.03, -0.02])
  assert.ok(Math.abs(lengthOf(vector) - 1) < 1e-6, `length ${lengthOf(vector)}`)
  assert.deepEqual(short, vector.slice(0, 256), 'a shorter one is its beginning')
  assert.deepEqual(await embed(client, 'a cat on a mat'), [vector], 'the sandbox repeats itself')
}

async function embedMany({ backend, client }: Rig): Promise<void> {
  const texts = ['a cat on a mat', 'two cats on a mat', 'the price of copper']
  const vectors = await embed(client, texts)
  assert.deepEqual(
    vectors.map(({ length }) => length),
    [DIMENSIONS, DIMENSIONS, DIMENSIONS],
  )
  if (backend.name === 'replay') {
    assert.deepEqual(
      vectors.map(([first]) => first),
      [0, 0.001, 0.002],
      'in the order of the texts',
    )
    return
  }
  for (const [index, text] of texts.entries()) assert.deepEqual([vectors[index]], await embed(client, text))
  const [cat = [], cats = [], copper = []] = vectors
  assert.ok(product(cat, cats) > product(cat, copper) + 0.1, 'related texts lie near each other')
}

const nameOf = ({ name = '' }: Model) => name

async function pages(client: GoogleGenAI, pageSize: number): Promise<string[][]> {
  const pager = await client.models.list({ config: { pageSize } })
  const found = [pager.page.map(nameOf)]
  while (pager.hasNextPage()) found.push((await pager.nextPage()).map(nameOf))
  return found
}

async function iterated(client: GoogleGenAI): Promise<string[]> {
  const names: string[] = []
  for await (const model of await client.models.list()) names.push(nameOf(model))
  return names
}

async function listModelsPaged({ backend, client }: Rig): Promise<void> {
  const found = await pages(client, 2)
  const sizes = found.map(({ length }) => length)
  assert.ok(found.length >= 2)
  assert.ok(sizes.slice(0, -1).every((size) => size === 2) && sizes.at(-1)! <= 2, `pages of ${sizes}`)
  assert.deepEqual(found.flat(), await iterated(client), 'pages and iteration tell of the same models')
  if (backend.name === 'replay') assert.deepEqual(sizes, [2, 1])
}

async function listModelsIterated({ backend, client }: Rig): Promise<void> {
  const names = await iterated(client)
  assert.equal(new Set(names).size, names.length, 'none twice')
  for (const name of ['gemini-2.5-flash', 'gemini-3.1-pro-preview', EMBEDDING_MODEL]) {
    assert.ok(names.includes(`models/${name}`), `${name} among ${names}`)
  }
  if (backend.name === 'replay') assert.equal(names.length, 3, 'what the upstream offers, and no more')
}

async function getModel({ backend, client, ApiError }: Rig): Promise<void> {
  const model = await client.models.get({ model: MODEL })
  assert.equal(model.name, `models/${MODEL}`)
  assert.equal(model.displayName, 'Gemini 2.5 Flash')
  assert.deepEqual([model.inputTokenLimit, model.outputTokenLimit], [1_048_576, 65_536])
  assert.ok(model.supportedActions?.includes('generateContent'))
  const embedding = await client.models.get({ model: EMBEDDING_MODEL })
  assert.equal(embedding.name, `models/${EMBEDDING_MODEL}`)
  if (backend.name === 'replay') assert.equal(model.version, '001')
  await assert.rejects(
    client.models.get({ model: 'gemini-nowhere' }),
    isApiError(ApiError, 404, /gemini-nowhere/),
  )
}
