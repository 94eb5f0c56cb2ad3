/** The bodies that make resources, read as Google's protojson front end reads them. */
import { refusing } from '../errors.ts'
import { createReader, type MessageOf } from '../wire/protojson.ts'

/** What only we may say is taken and ignored, because clients send back what they got: then its type is `Value`. */
const MESSAGES = {
  CreateFileRequest: { file: 'File' },
  File: {
    name: 'string',
    displayName: 'string',
    mimeType: 'string',
    sizeBytes: 'int64',
    createTime: 'Value',
    updateTime: 'Value',
    expirationTime: 'Value',
    sha256Hash: 'Value',
    uri: 'Value',
    downloadUri: 'Value',
    state: 'Value',
    source: 'Value',
    error: 'Value',
    videoMetadata: 'Value',
  },
  CachedContent: {
    name: 'string',
    model: 'string',
    displayName: 'string',
    contents: 'Value',
    systemInstruction: 'Value',
    tools: 'Value',
    toolConfig: 'Value',
    ttl: 'Duration',
    expireTime: 'Timestamp',
    createTime: 'Value',
    updateTime: 'Value',
    usageMetadata: 'Value',
  },
  Empty: {},
  CreateBatchRequest: { batch: 'Batch' },
  Batch: {
    name: 'string',
    model: 'string',
    displayName: 'string',
    inputConfig: 'InputConfig',
    priority: 'int64',
    output: 'Value',
    createTime: 'Value',
    endTime: 'Value',
    updateTime: 'Value',
    batchStats: 'Value',
    state: 'Value',
  },
  InputConfig: { requests: 'InlinedRequests', fileName: 'string' },
  InlinedRequests: { requests: 'InlinedRequest[]' },
  // A wrong request is that request's failure, not the batch's.
  InlinedRequest: { request: 'Struct', metadata: 'Struct' },
  FileSearchStore: {
    name: 'string',
    displayName: 'string',
    embeddingModel: 'string',
    createTime: 'Value',
    updateTime: 'Value',
    activeDocumentsCount: 'Value',
    pendingDocumentsCount: 'Value',
    failedDocumentsCount: 'Value',
    sizeBytes: 'Value',
  },
  ImportFileRequest: {
    fileName: 'string',
    customMetadata: 'CustomMetadata[]',
    chunkingConfig: 'ChunkingConfig',
  },
  UploadToFileSearchStoreRequest: {
    displayName: 'string',
    mimeType: 'string',
    customMetadata: 'CustomMetadata[]',
    chunkingConfig: 'ChunkingConfig',
  },
  CustomMetadata: {
    key: 'string',
    stringValue: 'string',
    numericValue: 'float',
    stringListValue: 'StringList',
  },
  StringList: { values: 'string[]' },
  ChunkingConfig: { whiteSpaceConfig: 'WhiteSpaceConfig' },
  WhiteSpaceConfig: { maxTokensPerChunk: 'int32', maxOverlapTokens: 'int32' },
  FetchPredictOperationRequest: { operationName: 'string' },
} as const

export type ResourceMessageName = keyof typeof MESSAGES
export type ResourceMessage<Name extends ResourceMessageName> = MessageOf<typeof MESSAGES, Name>

const readMessage = createReader({
  packageName: 'google.ai.generativelanguage.v1beta',
  messages: MESSAGES,
  enums: {},
  oneofs: {
    CachedContent: { expiration: ['ttl', 'expireTime'] },
    InputConfig: { source: ['requests', 'fileName'] },
    CustomMetadata: { value: ['stringValue', 'stringListValue', 'numericValue'] },
  },
})

/** Throws `invalid_argument` with one line and one violation for each thing that is wrong. */
export function readResource<Name extends ResourceMessageName>(
  name: Name,
  json: unknown,
): ResourceMessage<Name> {
  return refusing(() => readMessage(name, json))
}
