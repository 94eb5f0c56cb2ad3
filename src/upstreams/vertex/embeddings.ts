/** Embeddings: Vertex has no batches of them, and its older models read them by `predict` alone. */
import { invalidField } from '../../errors.ts'
import { untranslatable } from '../../nouns/report.ts'
import type { Call } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { type Member, removals, rootOf, withEdits } from '../../wire/json-spans.ts'
import { camelCase, childIn, listIn, type Place, placeAt } from '../native/places.ts'
import { readMessage } from '../translation/checks/message.ts'
import { type Context, editsOfContent } from './differences.ts'

type EmbedRequest = GeminiMessage<'EmbedContentRequest'>

/** One request to Vertex, which answers for some of the items, in order. */
export interface EmbedStep {
  readonly verb: 'embedContent' | 'predict'
  readonly body: Buffer
}

/** What came of the steps: the vectors in the order of the items. */
export interface Vectors {
  readonly vectors: readonly unknown[]
  readonly promptTokens: number
}

/** Texts that `predict` reads in one request. Source: Google's page on text embeddings. */
const INSTANCES_MAX = 250
/** This one reads a single text. */
const SINGLE = 'gemini-embedding-001'

/** As Google's own SDKs tell the two ways apart. */
function hasEmbedContent(model: string): boolean {
  return (model.includes('gemini') && model !== SINGLE) || model.includes('maas')
}

/** Throws Google's 400 for what is no request, and `untranslatable` for content that the model does not read. */
export async function embedSteps(call: Call, model: string, context: Context): Promise<readonly EmbedStep[]> {
  const items = itemsOf(call)
  if (hasEmbedContent(model)) {
    return Promise.all(items.map((item) => contentStep(call.body, item, context)))
  }
  const texts = items.map((item) => textItem(call.body, item, context))
  return grouped(texts, model === SINGLE ? 1 : INSTANCES_MAX).map(predictStep)
}

function itemsOf({ body, verb }: Call): readonly Place[] {
  const root = placeAt(body, rootOf(body), '')
  if (verb === 'embedContent') return [root]
  const items = listIn(body, root, 'requests')
  if (items.length === 0) throw invalidField('requests', 'requests is not specified')
  const wrong = items.find(({ start }) => body[start] !== 0x7b)
  if (wrong !== undefined) throw invalidField(wrong.path, 'An EmbedContentRequest must be an object.')
  return items
}

async function contentStep(body: Buffer, item: Place, context: Context): Promise<EmbedStep> {
  const end = body.length
  const own = body.subarray(item.start, item.path === '' ? end : endOf(body, item))
  const place = placeAt(own, 0, item.path)
  const content = childIn(own, place, 'content')
  const edits = removals(place.members, ({ name }: Member) => camelCase(name) === 'model')
  if (content !== undefined) edits.push(...(await editsOfContent(own, content, context)))
  return { verb: 'embedContent', body: withEdits(own, edits) }
}

/** The brace that closes an item stands behind its last member. */
function endOf(body: Buffer, { start, members }: Place): number {
  return body.indexOf(0x7d, members.at(-1)?.end ?? start) + 1
}

interface TextItem {
  readonly instance: { readonly content: string; readonly task_type?: string; readonly title?: string }
  readonly parameters: { readonly outputDimensionality?: number; readonly autoTruncate?: boolean }
}

function textItem(body: Buffer, item: Place, { report }: Context): TextItem {
  const json = JSON.parse(body.toString('utf8', item.start, endOf(body, item))) as unknown
  const request = readMessage('EmbedContentRequest', json)
  const config = { ...request, ...request.embedContentConfig }
  const at = (name: string) => (item.path === '' ? name : `${item.path}.${name}`)
  for (const name of ['documentOcr', 'audioTrackExtraction'] as const) {
    if (config[name]) report.dropped(at(`embedContentConfig.${name}`), 'the model reads text only')
  }
  const { taskType, title, outputDimensionality, autoTruncate } = config
  const isTask = taskType !== undefined && taskType !== 'TASK_TYPE_UNSPECIFIED'
  return {
    instance: {
      content: textOf(request, at('content')),
      ...(isTask && { task_type: taskType }),
      ...(title && { title }),
    },
    parameters: {
      ...(outputDimensionality && { outputDimensionality }),
      ...(autoTruncate !== undefined && { autoTruncate }),
    },
  }
}

function textOf({ content }: EmbedRequest, path: string): string {
  const parts = content?.parts ?? []
  if (parts.length === 0) throw invalidField(`${path}.parts`, 'contents.parts must not be empty.')
  const texts = parts.map(({ text }, index) => {
    if (text === undefined) throw untranslatable(`${path}.parts[${index}]`, 'The model embeds text only.')
    return text
  })
  return texts.join('\n')
}

/** Neighbours go together as long as one set of parameters does for all. */
function grouped(items: readonly TextItem[], sizeMax: number): TextItem[][] {
  const groups: TextItem[][] = []
  let last = ''
  for (const item of items) {
    const parameters = JSON.stringify(item.parameters)
    const group = groups.at(-1)
    if (group === undefined || group.length === sizeMax || parameters !== last) groups.push([item])
    else group.push(item)
    last = parameters
  }
  return groups
}

function predictStep(group: readonly TextItem[]): EmbedStep {
  const parameters = group[0]?.parameters ?? {}
  const body = {
    instances: group.map(({ instance }) => instance),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  }
  return { verb: 'predict', body: Buffer.from(JSON.stringify(body)) }
}

interface EmbedAnswer {
  readonly embedding?: { readonly values?: unknown }
  readonly usageMetadata?: { readonly promptTokenCount?: number }
  readonly predictions?: readonly {
    readonly embeddings?: { readonly values?: unknown; readonly statistics?: { token_count?: number } }
  }[]
}

/** Undefined when the answer is none. */
export function readVectors(verb: EmbedStep['verb'], document: unknown): Vectors | undefined {
  const { embedding, usageMetadata, predictions } = document as EmbedAnswer
  if (verb === 'embedContent') {
    if (!Array.isArray(embedding?.values)) return undefined
    return { vectors: [embedding.values], promptTokens: usageMetadata?.promptTokenCount ?? 0 }
  }
  if (!Array.isArray(predictions)) return undefined
  const found = (predictions as NonNullable<EmbedAnswer['predictions']>).map(({ embeddings }) => embeddings)
  if (found.some((one) => !Array.isArray(one?.values))) return undefined
  return {
    vectors: found.map((one) => one?.values),
    promptTokens: found.reduce((sum, one) => sum + (one?.statistics?.token_count ?? 0), 0),
  }
}

/** In the shape of the developer API. */
export function embedResponse({ verb }: Call, all: readonly Vectors[]): GenerateContentResponse {
  const embeddings = all.flatMap(({ vectors }) => vectors).map((values) => ({ values }))
  const promptTokenCount = all.reduce((sum, { promptTokens }) => sum + promptTokens, 0)
  const usage = promptTokenCount > 0 ? { usageMetadata: { promptTokenCount } } : {}
  return verb === 'embedContent' ? { embedding: embeddings[0], ...usage } : { embeddings, ...usage }
}
