/** A document of a file search store: what a client may say of it, how its row keeps it, and how it is shown. */
import { invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import { checkedDisplayName } from '../batches/create.ts'
import { timeOf } from '../files/file.ts'
import type { ResourceMessage } from '../messages.ts'

export const DOCUMENTS = 'documents'
const METADATA_MAX = 20
const METADATA_KEY_CHARACTERS_MAX = 256
const METADATA_VALUES_MAX = 100
const METADATA_VALUE_CHARACTERS_MAX = 4_096
/** Google's own bound. */
export const CHUNK_TOKENS_MAX = 512

/** What a client may say of a document. */
export interface DocumentPlan {
  readonly displayName: string
  readonly customMetadata: readonly Metadata[]
  readonly chunkingConfig?: ResourceMessage<'ChunkingConfig'>
}

type Metadata = ResourceMessage<'CustomMetadata'>

/** The document of a document's row. */
export interface DocumentDocument extends DocumentPlan {
  readonly mimeType: string
  readonly state: 'ACTIVE' | 'FAILED'
}

type Told = ResourceMessage<'UploadToFileSearchStoreRequest'>

export function planDocument(
  { displayName, customMetadata = [], chunkingConfig }: Omit<Told, 'mimeType'>,
  defaultName: string,
): DocumentPlan {
  const name = checkedDisplayName(displayName, 'display_name')
  checkMetadata(customMetadata)
  checkChunking(chunkingConfig)
  return {
    displayName: name || defaultName,
    customMetadata,
    ...(chunkingConfig !== undefined && { chunkingConfig }),
  }
}

function checkMetadata(list: readonly Metadata[]): void {
  if (list.length > METADATA_MAX) {
    throw invalidField('custom_metadata', `A document must not have more than ${METADATA_MAX} metadata.`)
  }
  const keys = new Set<string>()
  for (const [index, { key = '', stringValue, numericValue, stringListValue }] of list.entries()) {
    const field = `custom_metadata[${index}]`
    if (key === '' || key.length > METADATA_KEY_CHARACTERS_MAX || keys.has(key)) {
      const text = `Each metadata needs a key of its own, with at most ${METADATA_KEY_CHARACTERS_MAX} characters.`
      throw invalidField(`${field}.key`, text)
    }
    keys.add(key)
    const values = stringListValue?.values ?? [stringValue ?? '']
    if (stringValue === undefined && numericValue === undefined && stringListValue === undefined) {
      throw invalidField(field, 'A metadata needs a string, numeric or string list value.')
    }
    const isTooMuch = values.some((value) => value.length > METADATA_VALUE_CHARACTERS_MAX)
    if (isTooMuch || values.length > METADATA_VALUES_MAX) {
      const text = `A metadata holds at most ${METADATA_VALUES_MAX} values of ${METADATA_VALUE_CHARACTERS_MAX} characters.`
      throw invalidField(field, text)
    }
  }
}

function checkChunking(config: ResourceMessage<'ChunkingConfig'> | undefined): void {
  const { maxTokensPerChunk: most, maxOverlapTokens: overlap } = config?.whiteSpaceConfig ?? {}
  const field = 'chunking_config.white_space_config'
  if (most !== undefined && (most < 1 || most > CHUNK_TOKENS_MAX)) {
    throw invalidField(`${field}.max_tokens_per_chunk`, `It must be between 1 and ${CHUNK_TOKENS_MAX}.`)
  }
  if (overlap !== undefined && (overlap < 0 || overlap >= (most ?? CHUNK_TOKENS_MAX))) {
    throw invalidField(`${field}.max_overlap_tokens`, 'It must be less than the tokens of a chunk.')
  }
}

export function documentOf(row: ResourceRow): DocumentDocument {
  return JSON.parse(row.document) as DocumentDocument
}

export function documentView(row: ResourceRow): object {
  const { displayName, customMetadata, mimeType, state } = documentOf(row)
  return {
    name: row.name,
    displayName,
    ...(customMetadata.length > 0 && { customMetadata }),
    updateTime: timeOf(row.updatedAt),
    createTime: timeOf(row.createdAt),
    state: `STATE_${state}`,
    ...(row.sizeBytes > 0 && { sizeBytes: String(row.sizeBytes) }),
    mimeType,
  }
}
