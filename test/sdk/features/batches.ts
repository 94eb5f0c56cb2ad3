/** Batches, to their end: requests in the call, requests in a file, embeddings. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BatchJob, InlinedRequest } from 'genai-3'
import { checkUsage, collect, type FeatureCase, type FeatureRig, FLASH } from './rig.ts'

export const BATCHES: readonly FeatureCase[] = [
  { name: '[SDKF-BATCH-01] requests in the call, to the end', run: inline },
  { name: '[SDKF-BATCH-01] requests in a file, results in a file', run: fromFile },
  { name: '[SDKF-BATCH-01] embeddings', run: embeddings },
  { name: '[SDKF-BATCH-01] listed, cancelled and deleted', run: managed },
]

const POLL_MS = 100
const POLLS_MAX = 200

async function ended({ ai, sdk }: FeatureRig, job: BatchJob): Promise<BatchJob> {
  const { JobState } = sdk
  const running: readonly unknown[] = [JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING]
  let latest = job
  for (let poll = 0; running.includes(latest.state); poll++) {
    assert.ok(poll < POLLS_MAX, `still ${latest.state}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    latest = await ai.batches.get({ name: job.name as string })
  }
  return latest
}

const asking = (text: string): InlinedRequest => ({ contents: [{ role: 'user', parts: [{ text }] }] })

async function inline(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const src = ['What is the capital of France?', 'What is 6 times 7?', 'Who are you?'].map(asking)
  const made = await ai.batches.create({ model: FLASH, src, config: { displayName: 'three questions' } })
  assert.match(made.name ?? '', /^batches\//)
  assert.equal(made.displayName, 'three questions')
  const job = await ended(rig, made)
  assert.equal(job.state, sdk.JobState.JOB_STATE_SUCCEEDED)
  const answers = job.dest?.inlinedResponses ?? []
  assert.equal(answers.length, 3)
  const texts = answers.map(({ response }) => response?.candidates?.[0]?.content?.parts?.[0]?.text ?? '')
  assert.match(texts[0] ?? '', /Paris/)
  assert.match(texts[1] ?? '', /42/)
  for (const { response } of answers) checkUsage(response)
}

interface Line {
  readonly key: string
  readonly response?: { readonly candidates: { content: { parts: { text: string }[] } }[] }
  readonly error?: { readonly code: number; readonly message: string }
}

async function fromFile(rig: FeatureRig): Promise<void> {
  const { ai, sdk, folder } = rig
  const lineOf = (key: string, request: object) => JSON.stringify({ key, request })
  const lines = [
    lineOf('france', { contents: [{ parts: [{ text: 'What is the capital of France?' }] }] }),
    lineOf('sum', {
      contents: [{ parts: [{ text: 'What is 6 times 7?' }] }],
      generation_config: { temperature: 0 },
    }),
    lineOf('wrong', { contents: [] }),
  ]
  const path = join(folder, 'requests.jsonl')
  await writeFile(path, `${lines.join('\n')}\n`)
  const input = await ai.files.upload({ file: path, config: { mimeType: 'application/jsonl' } })
  const job = await ended(rig, await ai.batches.create({ model: FLASH, src: input.name as string }))
  assert.equal(job.state, sdk.JobState.JOB_STATE_SUCCEEDED)
  const downloadPath = join(folder, 'answers.jsonl')
  await ai.files.download({ file: job.dest?.fileName as string, downloadPath })
  const answers = (await readFile(downloadPath, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  const textOf = (key: string) =>
    answers.find((one) => one.key === key)?.response?.candidates[0]?.content.parts[0]?.text ?? ''
  assert.match(textOf('france'), /Paris/)
  assert.match(textOf('sum'), /42/)
  const wrong = answers.find(({ key }) => key === 'wrong')
  assert.match(wrong?.error?.message ?? '', /contents is not specified/, 'a bad line is its own failure')
}

async function embeddings(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const model = 'gemini-embedding-001'
  const contents = ['a cat', 'a dog']
  const made = await ai.batches.createEmbeddings({ model, src: { inlinedRequests: { contents } } })
  const job = await ended(rig, made)
  assert.equal(job.state, sdk.JobState.JOB_STATE_SUCCEEDED)
  const vectors =
    job.dest?.inlinedEmbedContentResponses?.map(({ response }) => response?.embedding?.values) ?? []
  const { embeddings: alone = [] } = await ai.models.embedContent({ model, contents })
  assert.deepEqual(
    vectors,
    alone.map(({ values }) => values),
    'the same numbers as outside of a batch',
  )
}

async function managed(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const src = Array.from({ length: 40 }, (_, index) =>
    asking(`Write a story of ${400 + index} words about rain`),
  )
  const made = await ai.batches.create({ model: FLASH, src, config: { displayName: 'to be cancelled' } })
  const name = made.name as string
  const listed = await collect(await ai.batches.list({ config: { pageSize: 2 } }))
  assert.ok(listed.some((job) => job.name === name))
  await ai.batches.cancel({ name })
  const job = await ended(rig, made)
  assert.match(job.state ?? '', /^JOB_STATE_(?:CANCELLED|SUCCEEDED)$/)
  await ai.batches.delete({ name })
  await assert.rejects(
    ai.batches.get({ name }),
    (error) => error instanceof sdk.ApiError && [403, 404].includes(error.status),
  )
}
