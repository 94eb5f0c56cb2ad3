/** A request as the single things that must arrive, each with its path. */
import type { Loose } from './schema-requests.ts'

export interface Leaf {
  /** `contents[0].parts[1].text` */
  readonly path: string
  /** The same without its numbers: `contents[].parts[].text`. */
  readonly pattern: string
  readonly value: unknown
}

/** What arrives as one thing or not at all, because the target writes it as one. */
const WHOLE = [
  'contents[].parts[].functionCall.args',
  'contents[].parts[].functionResponse.response',
  'tools[].functionDeclarations[].parameters',
  'tools[].functionDeclarations[].parametersJsonSchema',
  'generationConfig.responseSchema',
  'generationConfig.responseJsonSchema',
  'generationConfig._responseJsonSchema',
  'generationConfig.responseFormat[].text.schema',
  'generationConfig.stopSequences',
]

export function leavesOf(value: unknown, path = ''): Leaf[] {
  const pattern = path.replaceAll(/\[\d+\]/g, '[]')
  const isLeaf = typeof value !== 'object' || value === null || WHOLE.includes(pattern)
  if (isLeaf || Object.keys(value).length === 0) return [{ path, pattern, value }]
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, `${path}[${index}]`))
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, path === '' ? key : `${path}.${key}`),
  )
}

/** Whether a loss at `loss` speaks for what is at `path`. */
export function covers(loss: string, path: string): boolean {
  return path === loss || path.startsWith(`${loss}.`) || path.startsWith(`${loss}[`)
}

/** Enum names that stand for nothing said. */
const UNSPECIFIED = /(?:^|_)UNSPECIFIED$/i

/** Values that say no more than their absence does. */
export function saysNothing({ pattern, value }: Leaf): boolean {
  if (value === '' || value === false || value === null) return true
  if (typeof value === 'string' && UNSPECIFIED.test(value)) return true
  const isEmpty = typeof value === 'object' && Object.keys(value).length === 0
  return (
    (isEmpty && !/^tools\[\]\.\w+$/.test(pattern) && !pattern.endsWith('Search')) ||
    DEFAULTS.has(`${pattern}=${value}`)
  )
}

const DEFAULTS: ReadonlySet<string> = new Set([
  'generationConfig.candidateCount=1',
  'generationConfig.responseMimeType=text/plain',
  'generationConfig.responseFormat[].text.mimeType=TEXT_PLAIN',
  'generationConfig.responseModalities[]=TEXT',
  'generationConfig.presencePenalty=0',
  'generationConfig.frequencyPenalty=0',
  'contents[].parts[].functionResponse.scheduling=WHEN_IDLE',
  'serviceTier=standard',
  'tools[].functionDeclarations[].behavior=BLOCKING',
  'model=models/some-model',
])

/** The value at a path of an error, which is in snake_case; undefined when there is none. */
export function atErrorPath(request: Loose, field: string): unknown {
  let value: unknown = request
  for (const [segment] of field.matchAll(/[^.[\]]+/g)) {
    if (typeof value !== 'object' || value === null) return undefined
    const camel = segment.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const members = value as Loose
    const ofMap =
      /^\d+$/.test(segment) && !Array.isArray(value) ? Object.values(members)[Number(segment)] : undefined
    // A single value stands where a list is meant, and a map's entries are counted.
    value =
      members[segment] ??
      members[camel] ??
      ofMap ??
      (segment === '0' || segment === 'value' ? value : undefined)
  }
  return value
}
