/** From a CachedContent's JSON to its row and blob. */
import { GatewayError, invalidField, modelNotFound, refusing } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller } from '../../nouns.ts'
import { readMessage } from '../../wire/gemini-schema.ts'
import { type ResourceMessage, readResource } from '../messages.ts'
import { newId, shownId } from '../names.ts'
import type { ResourceParts } from '../parts.ts'
import { CACHED_CONTENTS, type CacheDocument, defaultExpiry, expiryOf } from './cache.ts'

/** `contents`, `systemInstruction`, `tools` and `toolConfig`, as protojson normalises them. */
export type CachedDocument = Readonly<Record<string, unknown>>

export interface CacheOptions {
  /** Whether the name, without `models/`, leads anywhere that this caller may go. */
  modelExists(model: string, caller: Caller): boolean
  /** Tokens that the model would read. Throws `GatewayError` for content that it would refuse. */
  countTokens(model: string, document: CachedDocument, caller: Caller): Promise<number>
  /** Fewer are refused. */
  cacheTokensMin(model: string, caller: Caller): number
}

const DISPLAY_NAME_CHARACTERS_MAX = 128
const MODEL_NAME = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/)?models\/(.+)$/
const MODEL_CHARACTERS_MAX = 256

export interface NewCache {
  readonly caller: Caller
  readonly apiVersion: string
  readonly json: Record<string, unknown>
}

/** Checks everything, and writes nothing. */
export async function planCache(
  { now }: ResourceParts,
  options: CacheOptions,
  { caller, apiVersion, json }: NewCache,
): Promise<{ row: ResourceRow; bytes: Buffer }> {
  const message = readResource('CachedContent', json)
  const { displayName } = message
  if (displayName !== undefined && displayName.length > DISPLAY_NAME_CHARACTERS_MAX) {
    const text = `The display name must not be longer than ${DISPLAY_NAME_CHARACTERS_MAX} characters.`
    throw invalidField('display_name', text)
  }
  const model = modelOf(message.model)
  if (!options.modelExists(model, caller))
    throw modelNotFound(shownId(model), apiVersion, 'createCachedContent')
  const expiresAt = expiryOf(message, now()) ?? defaultExpiry(now())
  const content = contentOf(message)
  const totalTokenCount = await options.countTokens(model, content, caller)
  const least = options.cacheTokensMin(model, caller)
  if (totalTokenCount < least) throw tooSmall(totalTokenCount, least)
  const createdAt = now()
  const document: CacheDocument = {
    model: message.model as string,
    ...(displayName !== undefined && displayName !== '' && { displayName }),
    totalTokenCount,
  }
  const bytes = Buffer.from(JSON.stringify(content))
  const row: ResourceRow = {
    keyId: caller.keyId,
    name: `${CACHED_CONTENTS}/${newId()}`,
    collection: CACHED_CONTENTS,
    parent: undefined,
    upstream: undefined,
    createdAt,
    updatedAt: createdAt,
    expiresAt,
    blob: undefined,
    sizeBytes: bytes.length,
    document: JSON.stringify(document),
  }
  return { row, bytes }
}

/** The model's name without its collection; throws when the request names none, or not as a resource. */
export function modelOf(name: string | undefined): string {
  if (name === undefined || name === '')
    throw invalidField('model', '* CachedContent.model: model is not specified\n')
  const model = name.length > MODEL_CHARACTERS_MAX ? undefined : MODEL_NAME.exec(name)?.[1]
  if (model !== undefined) return model
  throw invalidField('model', `* CachedContent.model: unexpected model name format\n`)
}

function contentOf(message: ResourceMessage<'CachedContent'>): CachedDocument {
  const { contents, systemInstruction, tools, toolConfig } = message
  return refusing(() =>
    readMessage('GenerateContentRequest', {
      ...(contents !== undefined && { contents }),
      ...(systemInstruction !== undefined && { systemInstruction }),
      ...(tools !== undefined && { tools }),
      ...(toolConfig !== undefined && { toolConfig }),
    }),
  )
}

function tooSmall(total: number, least: number): GatewayError {
  return new GatewayError(
    'invalid_argument',
    `Cached content is too small. total_token_count=${total}, min_total_token_count=${least}`,
  )
}
