/** Embeddings: by task, by size, by closeness. */
import assert from 'node:assert/strict'
import type { FeatureCase, FeatureRig } from './rig.ts'

export const VECTORS: readonly FeatureCase[] = [
  { name: '[SDKF-EMBED-01] embeddings by task and by size', run: embed },
  { name: '[SDKF-EMBED-01] a question lies nearest to its answer', run: retrieve },
]

const model = 'gemini-embedding-001'

const dot = (left: readonly number[], right: readonly number[]) =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0)
const cosine = (left: readonly number[], right: readonly number[]) =>
  dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right))

async function embed({ ai }: FeatureRig): Promise<void> {
  const contents = ['A cat sleeps on a mat.', 'The price of copper rose.']
  const sizes = [undefined, 768, 256]
  for (const outputDimensionality of sizes) {
    const config = { taskType: 'SEMANTIC_SIMILARITY', ...(outputDimensionality && { outputDimensionality }) }
    const { embeddings = [] } = await ai.models.embedContent({ model, contents, config })
    assert.deepEqual(
      embeddings.map(({ values = [] }) => values.length),
      [outputDimensionality ?? 3_072, outputDimensionality ?? 3_072],
    )
  }
  await assert.rejects(
    ai.models.embedContent({ model, contents, config: { taskType: 'SORTING' } }),
    /Invalid value at 'requests\[0\]\.task_type'/,
  )
}

async function retrieve({ ai }: FeatureRig): Promise<void> {
  const contents = [
    'Cats sleep for most of the day.',
    'Copper is mined in Chile.',
    'Rain fell on the harbour.',
  ]
  const valuesOf = async (texts: string[], taskType: string) => {
    const { embeddings = [] } = await ai.models.embedContent({ model, contents: texts, config: { taskType } })
    return embeddings.map(({ values = [] }) => values)
  }
  const documents = await valuesOf(contents, 'RETRIEVAL_DOCUMENT')
  const [question = []] = await valuesOf(['Where is copper mined?'], 'RETRIEVAL_QUERY')
  const scores = documents.map((document) => cosine(document, question))
  assert.equal(scores.indexOf(Math.max(...scores)), 1, `${scores}`)
}
