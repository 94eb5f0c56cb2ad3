/** What Google refuses of grounding tools, before anything is looked for. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import type { SandboxModel } from '../models.ts'
import { STORES_MAX, TOP_K_MAX } from './limits.ts'
import { readMetadataFilter } from './metadata-filter.ts'

type Tool = GeminiMessage<'Tool'>

const EXCLUDED_DOMAINS_MAX = 2_000

/**
 * Throws `invalid_argument` for tools that this model does not take, and for values out of their range. What may stand
 * beside functions or a schema is checked where those are.
 */
export function checkGrounding(
  model: SandboxModel,
  tools: readonly Tool[],
  toolConfig: GeminiMessage<'ToolConfig'> | undefined,
): void {
  checkLocation(toolConfig?.retrievalConfig?.latLng)
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`
    checkGeneration(model, tool, path)
    const search = tool.googleSearch ?? tool.enterpriseWebSearch
    if (search !== undefined)
      checkSearch(search, `${path}.${tool.googleSearch ? 'google' : 'enterprise_web'}_search`)
    if (tool.fileSearch !== undefined) checkFileSearch(tool.fileSearch, `${path}.file_search`)
  })
}

function checkLocation(point: GeminiMessage<'LatLng'> | undefined): void {
  if (point === undefined) return
  const { latitude = 0, longitude = 0 } = point
  const path = 'tool_config.retrieval_config.lat_lng'
  if (!(Math.abs(latitude) <= 90)) {
    throw invalidField(`${path}.latitude`, `Invalid latitude: ${latitude}. It must be between -90 and 90.`)
  }
  if (!(Math.abs(longitude) <= 180)) {
    throw invalidField(
      `${path}.longitude`,
      `Invalid longitude: ${longitude}. It must be between -180 and 180.`,
    )
  }
}

/** The smallest models of the second generation never got it; of the image models, those of the third did. */
function canSearch({ family, id, outputs, tools }: SandboxModel): boolean {
  if (tools) return !id.includes('2.0-flash-lite')
  return outputs.includes('IMAGE') && family >= 3
}

/** Which generation of models has which tool. */
function checkGeneration(model: SandboxModel, tool: Tool, path: string): void {
  const { family, id } = model
  if (tool.googleSearch && !canSearch(model)) {
    throw invalidField(`${path}.google_search`, `Search as tool is not enabled for models/${id}`)
  }
  if (tool.googleSearchRetrieval && family >= 2) {
    throw invalidField(
      `${path}.google_search_retrieval`,
      'google_search_retrieval is not supported. Please use google_search tool instead.',
    )
  }
  if (tool.googleSearch && family < 2) {
    throw invalidField(
      `${path}.google_search`,
      'google_search is not supported. Please use google_search_retrieval tool instead.',
    )
  }
  if (tool.googleMaps && (family < 2 || !model.tools || id.includes('2.0-flash-lite'))) {
    throw invalidField(`${path}.google_maps`, `Google Maps tool is not enabled for models/${id}`)
  }
  if (tool.urlContext && (family < 2.5 || !model.tools)) {
    throw invalidField(`${path}.url_context`, 'Browse tool is not supported.')
  }
  if (tool.fileSearch && (family < 2.5 || !model.tools)) {
    throw invalidField(`${path}.file_search`, `File search tool is not enabled for models/${id}`)
  }
}

function checkSearch(search: GeminiMessage<'Tool.GoogleSearch'>, path: string): void {
  const { timeRangeFilter, excludeDomains = [] } = search
  if (excludeDomains.length > EXCLUDED_DOMAINS_MAX) {
    throw invalidField(`${path}.exclude_domains`, `At most ${EXCLUDED_DOMAINS_MAX} domains can be excluded.`)
  }
  if (timeRangeFilter === undefined) return
  const { startTime, endTime } = timeRangeFilter
  if ((startTime === undefined) !== (endTime === undefined)) {
    throw invalidField(
      `${path}.time_range_filter`,
      'Both start_time and end_time must be set, or neither of them.',
    )
  }
  if (startTime !== undefined && endTime !== undefined && Date.parse(startTime) > Date.parse(endTime)) {
    throw invalidField(`${path}.time_range_filter`, 'start_time must not be after end_time.')
  }
}

function checkFileSearch(tool: GeminiMessage<'FileSearch'>, path: string): void {
  const { fileSearchStoreNames: names = [], topK = 0, metadataFilter = '' } = tool
  if (names.length === 0) {
    throw invalidField(`${path}.file_search_store_names`, 'file_search_store_names must not be empty.')
  }
  if (names.length > STORES_MAX) {
    throw invalidField(`${path}.file_search_store_names`, `At most ${STORES_MAX} stores can be searched.`)
  }
  const odd = names.find((name) => !/^fileSearchStores\/[a-z0-9-]{1,63}$/.test(name))
  if (odd !== undefined) {
    throw invalidField(
      `${path}.file_search_store_names`,
      'A file search store is named fileSearchStores/{id}.',
    )
  }
  if (topK < 0 || topK > TOP_K_MAX) {
    throw invalidField(`${path}.top_k`, `top_k must be between 1 and ${TOP_K_MAX}.`)
  }
  readMetadataFilter(metadataFilter, `${path}.metadata_filter`)
}
