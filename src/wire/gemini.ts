/**
 * Gemini's wire shapes, typed only where we read or write them; everything else rides along untouched.
 * Source of the facts: Google's generativelanguage v1beta discovery.
 */

export interface Part {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  inlineData?: { mimeType: string; data: string }
  fileData?: { mimeType?: string; fileUri: string }
  functionCall?: { id?: string; name: string; args?: Record<string, unknown> }
  functionResponse?: { id?: string; name: string; response: Record<string, unknown> }
  [member: string]: unknown
}

export interface Content {
  role?: string
  parts?: Part[]
}

export interface Candidate {
  content?: Content
  finishReason?: string
  index?: number
  [member: string]: unknown
}

/** Token counts of one answer; running totals in a stream, so the last one counts. */
export interface UsageMetadata {
  promptTokenCount?: number
  cachedContentTokenCount?: number
  candidatesTokenCount?: number
  toolUsePromptTokenCount?: number
  thoughtsTokenCount?: number
  totalTokenCount?: number
  [member: string]: unknown
}

export interface EmbedUsage {
  promptTokenCount?: number
  totalTokenCount?: number
  [member: string]: unknown
}

/** A GenerateContentResponse, a chunk of a stream, or the answer of another verb. */
export interface GenerateContentResponse {
  candidates?: Candidate[]
  promptFeedback?: { blockReason?: string; [member: string]: unknown }
  usageMetadata?: UsageMetadata
  modelVersion?: string
  responseId?: string
  createTime?: string
  [member: string]: unknown
}

/** A model resource of `models.list`. */
export interface Model {
  /** `models/{id}` */
  name: string
  displayName?: string
  description?: string
  version?: string
  inputTokenLimit?: number
  outputTokenLimit?: number
  supportedGenerationMethods?: string[]
  [member: string]: unknown
}

/** `google.rpc.Status` as the REST front end prints it. */
export interface ErrorBody {
  error: { code: number; message: string; status: string; details?: readonly object[] }
}
