/** What clients create and name: files, caches, batches. */
import type { Call, Caller, HttpRequest, HttpResponse, Opening, Target } from '../nouns.ts'

/**
 * What clients stored with us, for an upstream that has no store of its own. Only the caller's own things are found;
 * whatever is another's looks like what does not exist.
 */
export interface Library {
  /** By `files/abc`, or by any address that ends so. Throws `permission_denied` in Google's words. */
  file(caller: Caller, uri: string): Promise<StoredFile>
  /** By `cachedContents/abc`. Throws `permission_denied` in Google's words. */
  cachedContent(caller: Caller, name: string): Promise<StoredCache>
  /** What a file search store holds, by `fileSearchStores/abc`. Throws `permission_denied`. */
  documents(caller: Caller, storeName: string): Promise<readonly StoredDocument[]>
}

export interface StoredFile {
  /** `files/abc` */
  readonly name: string
  readonly mimeType: string
  readonly sizeBytes: number
  /** Bytes from `start` to before `end`; without them, all. */
  read(start?: number, end?: number): Promise<Buffer>
}

export interface StoredCache {
  /** `cachedContents/abc` */
  readonly name: string
  /** `models/m` */
  readonly model: string
  /** The members of the request that made it: contents, systemInstruction, tools, toolConfig; protojson, not checked. */
  readonly document: Readonly<Record<string, unknown>>
}

export interface StoredDocument {
  /** `fileSearchStores/abc/documents/def` */
  readonly name: string
  readonly displayName: string
  readonly text: string
  readonly customMetadata: readonly Readonly<Record<string, unknown>>[]
}

/** Answers what clients create and name: files, caches, batches. */
export interface Resources {
  readonly library: Library
  /**
   * Leaves of the targets those that can see what the call uses, and names it as they do. Costs a call that uses
   * nothing next to nothing. Throws `invalid_argument` when none is left, and `permission_denied` for another's things.
   */
  place(call: Call, caller: Caller, targets: readonly Target[]): Placed | Promise<Placed>
  /** Whether the request carries its right in its own address, as an upload's does: then no key is asked for. */
  isCapability(opening: Opening, request: HttpRequest): boolean
  /**
   * Writes the answer and resolves to its status; throws `GatewayError` before anything is written.
   * `caller` is undefined for a capability without a key only.
   */
  answer(
    request: HttpRequest,
    response: HttpResponse,
    opening: Opening,
    caller: Caller | undefined,
  ): Promise<number>
}

/** A call with the targets that can answer it. */
export interface Placed {
  readonly call: Call
  readonly targets: readonly Target[]
}
