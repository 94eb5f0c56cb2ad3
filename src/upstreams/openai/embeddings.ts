/** Vectors. */

import { untranslatable } from '../../nouns/report.ts'
import type { Asking, Embedded, Embedding, ProviderRequest } from '../translation/translator.ts'
import { isObject, numberOf, objectOf, objectsOf } from './responses/json.ts'
import type { VendorFlags } from './vendor.ts'

/** Throws `untranslatable` for a length that the target cannot be told: vectors of another one are of no use. */
export function embeddingsBody(
  { texts, dimensions }: Embedding,
  asking: Asking,
  flags: VendorFlags,
): ProviderRequest['body'] {
  if (dimensions !== undefined && flags.dimensionsField === 'none') {
    throw untranslatable(pathOfDimensions(asking), 'the target has vectors of one length only')
  }
  return {
    model: asking.model,
    input: texts,
    encoding_format: 'float',
    ...(dimensions !== undefined && { [flags.dimensionsField]: dimensions }),
  }
}

/** Where the first one stands: on the request, or in its newer config. */
function pathOfDimensions({ call }: Asking): string {
  const isBatch = call.verb === 'batchEmbedContents'
  const document = call.document()
  const request = isBatch ? objectOf(objectsOf(document.requests)[0]) : document
  const config = objectOf(request.embedContentConfig ?? request.embed_content_config)
  const isInConfig = (config.outputDimensionality ?? config.output_dimensionality) !== undefined
  return `${isBatch ? 'requests[0].' : ''}${isInConfig ? 'embedContentConfig.' : ''}outputDimensionality`
}

/** In the order of the texts, whatever order they came in. */
export function readEmbeddings(document: unknown): Embedded | undefined {
  if (!isObject(document) || !Array.isArray(document.data)) return undefined
  const items = objectsOf(document.data).map((item, position) => ({
    index: numberOf(item.index) ?? position,
    vector: item.embedding,
  }))
  const vectors = items.sort((one, other) => one.index - other.index).map(({ vector }) => vector)
  if (!vectors.every(isVector)) return undefined
  return { vectors, promptTokens: numberOf(objectOf(document.usage).prompt_tokens) }
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((number) => typeof number === 'number')
}
