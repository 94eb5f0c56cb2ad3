/** A request that names a cached content, read as if it began with what the cache holds. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Caller } from '../../nouns.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { shorten } from '../../wire/protojson-scalars.ts'
import { readMessage } from './checks/message.ts'

type Request = GeminiMessage<'GenerateContentRequest'>

const NAME = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?cachedContents\/[A-Za-z0-9._-]{1,128}$/

/** Whose request it is, and where that caller's files and caches are. */
export interface Reader {
  readonly caller: Caller
  readonly library: Library
}

export interface Recalled {
  /** The cache's contents, then the request's; the cache's instruction and tools. */
  readonly request: Request
  /** What of it came from the cache. */
  readonly cached: Request
}

/**
 * `names` are those that the request's model goes by. Throws Google's 400 for what may not be combined, 403 for a cache
 * that is not the caller's.
 */
export async function recall(request: Request, names: readonly string[], reader: Reader): Promise<Recalled> {
  const name = request.cachedContent ?? ''
  if (!NAME.test(name)) throw invalidField('cached_content', `Invalid CachedContent name: ${shorten(name)}`)
  if (request.systemInstruction || request.tools?.length || request.toolConfig) {
    throw new GatewayError(
      'invalid_argument',
      'CachedContent can not be used with GenerateContent request setting system_instruction, tools or ' +
        'tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.',
    )
  }
  const stored = await reader.library.cachedContent(reader.caller, name)
  if (!names.includes(plainModel(stored.model))) {
    throw new GatewayError(
      'invalid_argument',
      'Cached content model does not match the model in the request.',
    )
  }
  const cached = readMessage('GenerateContentRequest', stored.document)
  return {
    cached,
    request: { ...request, ...cached, contents: [...(cached.contents ?? []), ...(request.contents ?? [])] },
  }
}

/** `m` of `models/m` and of a cloud platform's path. */
function plainModel(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
