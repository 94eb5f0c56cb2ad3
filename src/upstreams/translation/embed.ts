/** embedContent and batchEmbedContents over a target of another wire. */
import { modelNotFound } from '../../errors.ts'
import { Report, refused, untranslatable } from '../../nouns/report.ts'
import type { Answer } from '../../nouns.ts'
import type { EmbedUsage, GenerateContentResponse } from '../../wire/gemini.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { readMessage } from './checks/message.ts'
import { ask } from './counting.ts'
import type { Errand } from './generate.ts'
import { outgoingOf } from './outgoing.ts'
import type { Asking, Embedded, Embedding } from './translator.ts'

type EmbedRequest = GeminiMessage<'EmbedContentRequest'>

/** What Google takes in one request. */
const BATCH_MAX = 100

interface Item {
  /** In front of a field's name: empty, or `requests[0].`. */
  readonly root: string
  readonly request: EmbedRequest
}

/** One vector. */
export function embedContent(errand: Errand): Promise<Answer> {
  const request = readMessage('EmbedContentRequest', errand.call.document())
  return embed(errand, [{ root: '', request }], ({ vectors }) => ({
    embedding: { values: vectors[0] },
  }))
}

/** One for each request, in their order. */
export function batchEmbedContents(errand: Errand): Promise<Answer> {
  const { requests = [] } = readMessage('BatchEmbedContentsRequest', errand.call.document())
  if (requests.length === 0) throw refused('requests', 'requests is not specified')
  if (requests.length > BATCH_MAX)
    throw refused('requests', `at most ${BATCH_MAX} requests can be in one batch`)
  const items = requests.map((request, index) => ({ root: `requests[${index}].`, request }))
  for (const item of items) checkModel(errand, item)
  return embed(errand, items, ({ vectors }) => ({ embeddings: vectors.map((values) => ({ values })) }))
}

async function embed(
  errand: Errand,
  items: readonly Item[],
  shape: (embedded: Embedded) => GenerateContentResponse,
): Promise<Answer> {
  const { line, translator, call, model } = errand
  const how = translator.embed
  if (how === undefined) throw modelNotFound(model, call.apiVersion, call.verb)
  const report = new Report(line.name)
  const texts = items.map(textOf)
  for (const item of items) reportHints(item, how.hasTaskTypes === true, report)
  const taskType = how.hasTaskTypes ? same(items, 'taskType', taskTypeOf) : undefined
  const embedding: Embedding = {
    texts,
    dimensions: same(items, 'outputDimensionality', dimensionsOf),
    taskType,
  }
  const asking: Asking = { call, model, isStream: false, candidates: 1 }
  const outgoing = outgoingOf(how.build(embedding, asking, report))
  report.throwIfStrict(call.isStrict)
  return ask(errand, outgoing, report, (document) => {
    const embedded = how.read(document)
    if (embedded === undefined || embedded.vectors.length !== texts.length) return undefined
    const usageMetadata = usageOf(embedded)
    return { ...shape(embedded), ...(usageMetadata !== undefined && { usageMetadata }) }
  })
}

function textOf({ root, request: { content } }: Item): string {
  if (content === undefined) throw refused(`${root}content`, 'content is not specified')
  const { parts = [] } = content
  if (parts.length === 0) throw refused(`${root}content.parts`, 'contents.parts must not be empty.')
  const texts = parts.map((part, index) => {
    if (part.text !== undefined) return part.text
    throw untranslatable(`${root}content.parts[${index}]`, 'only text can be embedded by this target')
  })
  return texts.join('\n')
}

/** Each item repeats the model of the path, as the client named it or as the route did. */
function checkModel({ call, model }: Errand, { root, request }: Item): void {
  const named = request.model?.replace(/^models\//, '')
  if (!named) throw refused(`${root}model`, 'model is required')
  if (named !== call.model && named !== model)
    throw refused(`${root}model`, `model must match the model of the batch, got "${named.slice(0, 100)}"`)
}

/** Fields stand in two places, the older one on the request itself. */
function reportHints({ root, request }: Item, hasTaskTypes: boolean, report: Report): void {
  const { embedContentConfig: config = {} } = request
  const places = [
    { path: root, fields: request },
    { path: `${root}embedContentConfig.`, fields: config },
  ]
  for (const { path, fields } of places) {
    if (isTask(fields.taskType) && !hasTaskTypes)
      report.dropped(`${path}taskType`, 'the target knows no task types')
    if (fields.title) report.dropped(`${path}title`, 'the target has no title beside the text')
    if (fields.autoTruncate)
      report.dropped(`${path}autoTruncate`, 'what is too long is cut or refused as the target likes')
  }
  for (const field of ['documentOcr', 'audioTrackExtraction'] as const) {
    if (config[field])
      throw untranslatable(`${root}embedContentConfig.${field}`, 'this target embeds text alone')
  }
}

const isTask = (taskType: string | undefined): boolean =>
  taskType !== undefined && taskType !== 'TASK_TYPE_UNSPECIFIED'

const taskTypeOf = ({ embedContentConfig, taskType }: EmbedRequest): string | undefined => {
  const named = embedContentConfig?.taskType ?? taskType
  return isTask(named) ? named : undefined
}

const dimensionsOf = ({ embedContentConfig, outputDimensionality }: EmbedRequest): number | undefined =>
  embedContentConfig?.outputDimensionality ?? outputDimensionality

/** What one request to the target says of all its texts. */
function same<Value>(
  items: readonly Item[],
  field: string,
  read: (request: EmbedRequest) => Value,
): Value | undefined {
  const first = items[0] && read(items[0].request)
  const other = items.find(({ request }) => read(request) !== first)
  if (other === undefined) return first
  throw untranslatable(`${other.root}${field}`, 'the target takes one value for all requests of a batch')
}

function usageOf({ promptTokens }: Embedded): EmbedUsage | undefined {
  if (promptTokens === undefined) return undefined
  const details = { promptTokenDetails: [{ modality: 'TEXT', tokenCount: promptTokens }] }
  return { promptTokenCount: promptTokens, ...(promptTokens > 0 && details) }
}
