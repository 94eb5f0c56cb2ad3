/**
 * Embeddings: deterministic unit vectors in which related texts lie near each other, because they share words, pairs
 * of words and letters of words. Every feature is hashed to a few places of a vector of 3,072 with a sign of its own; a
 * weak background that all texts share keeps every place filled. A smaller dimension is the beginning of the large
 * vector, and like Google's not made a unit vector again. The task type weighs the features: what a query asks with
 * counts little, and for a classification only the subject does.
 */
import { GatewayError, invalidField } from '../../../errors.ts'
import type { Call, Target } from '../../../nouns.ts'
import type { EmbedUsage, GenerateContentResponse } from '../../../wire/gemini.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import { tokenEnds } from '../../tokenizer.ts'
import { Complaints } from '../../translation/checks/complaints.ts'
import { checkParts, roleOf, textOf } from '../../translation/checks/contents.ts'
import { readMessage } from '../../translation/checks/message.ts'
import { createRandom } from '../digest.ts'
import { notYet } from '../errors.ts'
import type { SandboxModel } from '../models.ts'
import { stemOf, stopWords } from '../text/words.ts'

type EmbedRequest = GeminiMessage<'EmbedContentRequest'>

const DIMENSIONS_MAX = 3_072
const BATCH_MAX = 100

/** One text to embed, cut to what the model reads. */
interface Item {
  readonly text: string
  readonly tokens: number
  readonly dimensions: number
  readonly taskType: TaskType | undefined
}

type TaskType = NonNullable<EmbedRequest['taskType']>

/** Answers `embedContent`. */
export function embedContent(call: Call, model: SandboxModel): GenerateContentResponse {
  const request = readMessage('EmbedContentRequest', call.document())
  const complaints = new Complaints('EmbedContentRequest')
  checkItem(complaints, '', request)
  complaints.throwAny()
  const item = readItem('', request, model)
  return {
    embedding: { values: embed(item.text, item.dimensions, item.taskType) },
    usageMetadata: embedUsage([item]),
  }
}

/** Answers `batchEmbedContents`, in the order of its requests. */
export function batchEmbedContents(call: Call, target: Target, model: SandboxModel): GenerateContentResponse {
  const { requests = [] } = readMessage('BatchEmbedContentsRequest', call.document())
  const complaints = new Complaints('BatchEmbedContentsRequest')
  if (requests.length === 0) complaints.add('requests', 'requests is not specified')
  if (requests.length > BATCH_MAX)
    complaints.add('requests', `at most ${BATCH_MAX} requests can be in one batch`)
  complaints.throwAny()
  requests.forEach((request, index) => {
    checkModel(complaints, `requests[${index}].model`, request.model, [call.model, target.model])
    checkItem(complaints, `requests[${index}].`, request)
  })
  complaints.throwAny()
  const items = requests.map((request, index) => readItem(`requests[${index}].`, request, model))
  const embeddings = items.map((item) => ({ values: embed(item.text, item.dimensions, item.taskType) }))
  return { embeddings, usageMetadata: embedUsage(items) }
}

/** Each item repeats the model of the path, as the client named it or as the route did. */
function checkModel(
  complaints: Complaints,
  path: string,
  model: string | undefined,
  allowed: readonly string[],
): void {
  if (!model) complaints.add(path, 'model is required')
  else if (!allowed.includes(model.replace(/^models\//, ''))) {
    complaints.add(path, `model must match the model of the batch, got "${shorten(model)}"`)
  }
}

function checkItem(complaints: Complaints, root: string, request: EmbedRequest): void {
  if (request.content === undefined) complaints.add(`${root}content`, 'content is not specified')
  else checkParts(complaints, `${root}content`, request.content)
  const dimensions = dimensionsOf(request)
  if (dimensions < 1 || dimensions > DIMENSIONS_MAX) {
    complaints.add(
      `${root}output_dimensionality`,
      `output_dimensionality must be in the range [1, ${DIMENSIONS_MAX}].`,
    )
  }
}

function dimensionsOf(request: EmbedRequest): number {
  return request.embedContentConfig?.outputDimensionality ?? request.outputDimensionality ?? DIMENSIONS_MAX
}

function readItem(root: string, request: EmbedRequest, model: SandboxModel): Item {
  const { content = {}, embedContentConfig: config = {} } = request
  roleOf(content, `${root}content`)
  content.parts?.forEach((part, index) => {
    if (part.text === undefined)
      throw invalidField(`${root}content.parts[${index}]`, 'Only text can be embedded.')
  })
  if (config.documentOcr || config.audioTrackExtraction) {
    throw notYet(`${root}embed_content_config`, 'documentOcr or audioTrackExtraction')
  }
  const taskType = config.taskType ?? request.taskType
  const title = config.title ?? request.title
  const whole = [...(title ? [title] : []), textOf(content)].join('\n')
  const limit = model.resource.inputTokenLimit
  const ends = tokenEnds(whole, limit + 1)
  if (ends.length > limit && (config.autoTruncate ?? request.autoTruncate) === false) {
    throw new GatewayError(
      'invalid_argument',
      `The input token count exceeds the maximum number of tokens allowed (${limit}).`,
    )
  }
  const tokens = Math.min(limit, ends.length)
  return { text: whole.slice(0, ends[tokens - 1] ?? 0), tokens, dimensions: dimensionsOf(request), taskType }
}

function embedUsage(items: readonly Item[]): EmbedUsage {
  const promptTokenCount = items.reduce((sum, { tokens }) => sum + tokens, 0)
  return {
    promptTokenCount,
    ...(promptTokenCount > 0 && { promptTokenDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }] }),
  }
}

/** Of the sum of squares of a typical text, what all texts have in common. */
const BACKGROUND_WEIGHT = 0.02
const WORD_WEIGHT = 1
const COMMON_WORD_WEIGHT = 0.15
const PAIR_WEIGHT = 0.4
const TRIGRAM_WEIGHT = 0.3

const BACKGROUND: Float64Array = (() => {
  const random = createRandom(1)
  return Float64Array.from(
    { length: DIMENSIONS_MAX },
    () => (random.below(2_001) / 1_000 - 1) * BACKGROUND_WEIGHT,
  )
})()

/** How much of each feature a task type sees. */
interface Weights {
  readonly common: number
  readonly pair: number
  readonly trigram: number
}

const WEIGHTS: Weights = { common: COMMON_WORD_WEIGHT, pair: PAIR_WEIGHT, trigram: TRIGRAM_WEIGHT }
/** A question and the document that answers it share rare words, hardly phrases. */
const RETRIEVAL_WEIGHTS: Weights = { common: 0.02, pair: 0.2, trigram: 0.3 }
const SUBJECT_WEIGHTS: Weights = { common: 0, pair: 0.1, trigram: 0.2 }
const CODE_WEIGHTS: Weights = { common: 0.15, pair: 0.6, trigram: 0.5 }

const TASK_WEIGHTS: Readonly<Partial<Record<TaskType, Weights>>> = {
  RETRIEVAL_QUERY: RETRIEVAL_WEIGHTS,
  RETRIEVAL_DOCUMENT: RETRIEVAL_WEIGHTS,
  QUESTION_ANSWERING: RETRIEVAL_WEIGHTS,
  FACT_VERIFICATION: RETRIEVAL_WEIGHTS,
  CODE_RETRIEVAL_QUERY: CODE_WEIGHTS,
  CLASSIFICATION: SUBJECT_WEIGHTS,
  CLUSTERING: SUBJECT_WEIGHTS,
}

/** The first `dimensions` values of a unit vector for a text. */
export function embed(text: string, dimensions: number, taskType?: TaskType): number[] {
  const weights = TASK_WEIGHTS[taskType ?? 'TASK_TYPE_UNSPECIFIED'] ?? WEIGHTS
  const vector = Float64Array.from(BACKGROUND)
  let previous = ''
  for (const [match] of text.toLowerCase().normalize('NFKC').matchAll(WORD)) {
    const word = stemOf(match)
    const weight = COMMON_WORDS.has(match) ? weights.common : WORD_WEIGHT
    addFeature(vector, `w:${word}`, weight)
    if (previous !== '') addFeature(vector, `p:${previous} ${word}`, weights.pair * weight)
    for (let index = 0; index + 3 <= word.length; index++) {
      const trigram = `t:${word.slice(index, index + 3)}`
      addFeature(vector, trigram, (weights.trigram * weight) / Math.sqrt(word.length - 2))
    }
    previous = word
  }
  return unit(vector, dimensions)
}

/** Words of alphabets, numbers; each character of the scripts that write no spaces. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}](?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{M}\p{N}]){0,62}|\p{S}/gu

const COMMON_WORDS = stopWords('')

/** Where a feature's hash may put it: most often among the first places, which small vectors keep. */
const PLACES: readonly number[] = [3_072, 3_072, 1_536, 768, 768, 256, 128]

function addFeature(vector: Float64Array, feature: string, weight: number): void {
  let hash = 0x811c9dc5
  for (let index = 0; index < feature.length; index++) {
    hash = Math.imul(hash ^ feature.charCodeAt(index), 0x01000193)
  }
  for (const places of PLACES) {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash ^= hash >>> 13
    const place = (hash >>> 1) % places
    vector[place] = vector[place]! + (hash & 1 ? weight : -weight)
  }
}

/** Nine digits are what a 32-bit float prints as, and keep the length within 1e-8 of 1. */
const PRECISION = 1e9

function unit(vector: Float64Array, dimensions: number): number[] {
  let squares = 0
  for (const value of vector) squares += value ** 2
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 1
  return Array.from(
    { length: dimensions },
    (_, index) => Math.round(vector[index]! * scale * PRECISION) / PRECISION,
  )
}
