/** What the tests of this room share: a scene made of a request's body, and the corpus that ships. */
import type { Library, StoredDocument } from '../../../nouns/resources.ts'
import { readMessage } from '../../../wire/gemini-schema.ts'
import { createRandom } from '../digest.ts'
import type { SandboxModel } from '../models.ts'
import { SANDBOX_MODELS } from '../models.ts'
import type { Play, Scene } from '../play.ts'
import type { Generation } from '../request.ts'
import { readThinking } from '../thinking.ts'
import { NO_MEDIA, NO_TOKENS } from '../usage.ts'
import { createCorpus } from './corpus.ts'
import { createGroundingPlayer } from './play.ts'

export const shipped = createCorpus()

export interface SceneOptions {
  readonly model?: string
  readonly index?: number
  readonly system?: string
  readonly stores?: Readonly<Record<string, readonly StoredDocument[]>>
  readonly config?: Record<string, unknown>
  readonly toolConfig?: Record<string, unknown>
}

/** The model with this id; `gemini-1.5-flash` is made up of an older one, because the sandbox does not have it. */
export function modelNamed(id: string): SandboxModel {
  const model = SANDBOX_MODELS.get(id)
  if (model !== undefined) return model
  if (id === 'gemini-1.5-flash') return { ...SANDBOX_MODELS.get('gemini-2.0-flash')!, id, family: 1.5 }
  throw new Error(`no model ${id}`)
}

export function sceneOf(prompt: string, tools: readonly object[], options: SceneOptions = {}): Scene {
  const { index = 0, system = '', config, toolConfig } = options
  const model = modelNamed(options.model ?? 'gemini-2.5-flash')
  const request = readMessage('GenerateContentRequest', {
    contents: [{ role: 'user', parts: [{ text: prompt }] }],
    tools,
    ...(config && { generationConfig: config }),
    ...(toolConfig && { toolConfig }),
  })
  const library: Library = {
    file: () => Promise.reject(new Error('no files')),
    cachedContent: () => Promise.reject(new Error('no caches')),
    documents: (_caller, name) => {
      const documents = options.stores?.[name]
      return documents ? Promise.resolve(documents) : Promise.reject(new Error(`no store ${name}`))
    },
  }
  const generation: Generation = {
    model,
    request,
    thinking: readThinking(model, undefined),
    media: NO_MEDIA,
    prompt: NO_TOKENS,
    cached: NO_TOKENS,
    reader: { caller: {} as Generation['reader']['caller'], library },
    hop: undefined,
  }
  return {
    generation,
    conversation: { modelId: model.id, prompt, earlier: [], systemText: system, media: [], readings: [] },
    index,
    random: createRandom(1),
    seed: 1,
    signal: new AbortController().signal,
  }
}

/** Plays the scene; `undefined` when grounding leaves it to others. */
export async function ground(
  prompt: string,
  tools: readonly object[],
  options: SceneOptions = {},
): Promise<Play | undefined> {
  return createGroundingPlayer({ corpus: shipped })(sceneOf(prompt, tools, options))
}

export interface Metadata {
  webSearchQueries?: string[]
  imageSearchQueries?: string[]
  searchEntryPoint?: { renderedContent: string }
  groundingChunks?: Record<string, Record<string, unknown>>[]
  groundingSupports?: {
    segment: { partIndex?: number; startIndex?: number; endIndex: number; text: string }
    groundingChunkIndices: number[]
    confidenceScores?: number[]
  }[]
  retrievalMetadata?: { googleSearchDynamicRetrievalScore: number }
  googleMapsWidgetContextToken?: string
}

/** The metadata of a play whose parts are all left, or of those that are given. */
export function metadataOf(play: Play | undefined, parts = play?.parts): Metadata {
  return (play?.closing?.(parts ?? []).groundingMetadata ?? {}) as Metadata
}

export function textOfPlay(play: Play | undefined): string {
  return play?.parts.map(({ text }) => text ?? '').join('') ?? ''
}

/** CPU time of some work, which other processes of a busy machine do not count in, unlike the clock. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
