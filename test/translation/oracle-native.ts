/** The same for a target that speaks Gemini's own wire: what is not at its own place there has to be on the report. */
import { isDeepStrictEqual } from 'node:util'
import type { Loss } from '../../src/nouns/translation.ts'
import { covers, type Leaf, leavesOf, saysNothing } from './leaves.ts'
import { STORED } from './request-fields.ts'
import type { Loose } from './schema-requests.ts'

export function silentNativeLosses(
  request: Loose,
  { body, headers }: { readonly body: unknown; readonly headers: object },
  losses: readonly Loss[],
): string[] {
  // A cache is expanded before the request's own contents.
  const shift =
    request.cachedContent === undefined ? 0 : STORED.caches['cachedContents/known'].contents.length
  return leavesOf(request)
    .filter((leaf) => !saysNothing(leaf) && !losses.some(({ path }) => covers(path, leaf.path)))
    .map((leaf) => ({ ...leaf, path: shifted(leaf.path, shift) }))
    .filter((leaf) => !isDeepStrictEqual(at(body, leaf.path), leaf.value))
    .filter((leaf) => MOVED[leaf.pattern]?.(leaf, body, headers) !== true)
    .map(({ path, value }) => `${path} = ${JSON.stringify(value)}`)
}

function shifted(path: string, by: number): string {
  return path.replace(/^contents\[(\d+)\]/, (_, index: string) => `contents[${Number(index) + by}]`)
}

type Moved = (leaf: Leaf, body: unknown, headers: object) => boolean

const inlined: Moved = ({ path }, body) => {
  const part = at(body, path.replace(/\.fileData\..*$/, '')) as Loose | undefined
  const { mimeType, data } = STORED.files['files/known']
  const blob = (part?.inlineData ?? {}) as Loose
  return blob.mimeType === mimeType && blob.data === data
}

const PART = 'contents[].parts[]'

/** What stands in another place there. */
const MOVED: Readonly<Record<string, Moved>> = {
  [`${PART}.fileData.fileUri`]: inlined,
  [`${PART}.fileData.mimeType`]: inlined,
  [`${PART}.fileData.displayName`]: ({ path, value }, body) =>
    at(body, path.replace('.fileData.', '.inlineData.')) === value,
  'generationConfig._responseJsonSchema': ({ value }, body) =>
    isDeepStrictEqual(at(body, 'generationConfig.responseJsonSchema'), value),
  cachedContent: (_, body) => JSON.stringify(body).includes('zq-cached-q'),
  serviceTier: ({ value }, _, headers) => JSON.stringify(headers).includes(`"${value}"`),
}

function at(value: unknown, path: string): unknown {
  return [...path.matchAll(/[^.[\]]+/g)].reduce<unknown>(
    (inner, [segment]) => (inner as Loose | undefined | null)?.[segment],
    value,
  )
}
