import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { HttpRequest } from '../../nouns.ts'

/** What an upload becomes: a file, a document. One for each path below `/upload/{version}/`. */
export interface UploadTarget {
  /** As in an endpoint: `files`, or `fileSearchStores/{}:uploadToFileSearchStore`. Stands in stored sessions. */
  readonly path: string
  /** Judges what the client says before its bytes come, or throws. What is returned is kept as JSON. */
  plan(announcement: Announcement): Promise<Plan>
  /** Makes the row and the answer of bytes that are whole and durable. Writes nothing yet that names the blob. */
  finish(upload: FinishedUpload): Promise<FinishedResource>
}

export interface Announcement {
  readonly keyId: string
  /** What stood for each `{}` of the path. */
  readonly ids: readonly string[]
  /** The JSON that came with it; `{}` when none did. */
  readonly json: Record<string, unknown>
  /** The bytes' own content type, as the headers name it. */
  readonly mimeType: string | undefined
}

export type Plan = Readonly<Record<string, unknown>>

export interface FinishedUpload {
  readonly keyId: string
  readonly ids: readonly string[]
  readonly plan: Plan
  readonly blob: string
  readonly sizeBytes: number
  readonly sha256: Buffer
  /** Of the request that brought the last byte. */
  readonly request: HttpRequest
}

export interface FinishedResource {
  readonly row: ResourceRow
  /** The JSON that the client gets. */
  readonly answer: object
}
