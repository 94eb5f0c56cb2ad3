/** Which paths name something that a client creates and names, instead of a question to a model. */
import type { ResourcePath } from '../../nouns.ts'

/** Collections by their first segment. Which of them there are is for their room to say. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  'auth_tokens',
  'batches',
  'cachedContents',
  'corpora',
  'fileSearchStores',
  'files',
  'generatedFiles',
  'operations',
  'tunedModels',
])

/** What makes a resource out of a model. */
const MODEL_ACTIONS: ReadonlySet<string> = new Set([
  'asyncBatchEmbedContent',
  'batchGenerateContent',
  'predictLongRunning',
])

/** The same of a model of the cloud platform, where operations are asked for by an action too. */
const CLOUD_ACTIONS: ReadonlySet<string> = new Set(['predictLongRunning', 'fetchPredictOperation'])

/** `path` is what follows the API version; undefined when it names no resource. */
export function resourcePathOf(
  method: string,
  path: readonly string[],
  isUpload: boolean,
): ResourcePath | undefined {
  const last = path.at(-1) ?? ''
  const colon = last.lastIndexOf(':')
  const action = colon < 0 ? '' : last.slice(colon + 1)
  const segments = colon < 0 ? path : [...path.slice(0, -1), last.slice(0, colon)]
  return isResource(segments, action) ? { method, isUpload, segments, action } : undefined
}

function isResource(segments: readonly string[], action: string): boolean {
  const [first = '', , third, , fifth] = segments
  if (first === 'models') {
    if (segments.length === 2) return MODEL_ACTIONS.has(action)
    // A model's own name may have slashes, but none of them ends in `operations`.
    return segments.length > 2 && segments.slice(-2).includes('operations')
  }
  if (first === 'projects') {
    if (third !== 'locations') return false
    return fifth === 'cachedContents' || (segments.length === 8 && CLOUD_ACTIONS.has(action))
  }
  if (first === 'publishers') return segments.length === 4 && CLOUD_ACTIONS.has(action)
  return COLLECTIONS.has(first)
}
