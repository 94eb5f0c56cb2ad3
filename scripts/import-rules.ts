/**
 * Which file may know which: `wire ← nouns, errors ← rooms ← gateway ← main ← cli`.
 * Imports point down this list, rooms meet only in the nouns, and so do the providers inside a room.
 */

const ROOMS = [
  'config',
  'edge',
  'dialects',
  'auth',
  'repeats',
  'routing',
  'policies',
  'upstreams',
  'metering',
  'stores',
  'admin',
  'observe',
  'resources',
  'prices',
]

/** Rooms whose folders each belong to one provider, one client language or one database. */
const ROOMS_OF_PROVIDERS = ['dialects', 'upstreams', 'stores']

/** Folders of such a room that belong to nobody: the providers build on them, and the later ones on the earlier. */
const SHARED_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  upstreams: ['http', 'native', 'translation'],
}

const LAYERS = ['wire', 'nouns, errors', 'rooms', 'gateway', 'main', 'cli'] as const

interface Place {
  readonly layer: number
  readonly room: string | undefined
  /** The provider's folder inside a room. */
  readonly provider: string | undefined
}

/** Tests, and what only tests use: free to know everything. */
export function isTest(file: string): boolean {
  return /\.(?:test|fixture)\.ts$/.test(file)
}

/** Where a file below `src/` stands; `undefined` when nobody gave it a place. */
export function placeOf(file: string): Place | undefined {
  const [, first = '', second = '', ...rest] = file.split('/')
  const plain = (layer: number): Place => ({ layer, room: undefined, provider: undefined })
  if (first === 'wire') return plain(0)
  if (first === 'nouns.ts' || first === 'nouns' || first === 'errors.ts') return plain(1)
  if (first === 'gateway.ts') return plain(3)
  // What main.ts puts together in more than a few lines stands in a folder beside it.
  if (first === 'main.ts' || first === 'main') return plain(4)
  if (first === 'cli') return plain(5)
  if (!ROOMS.includes(first)) return undefined
  const hasProvider = ROOMS_OF_PROVIDERS.includes(first) && rest.length > 0
  return { layer: 2, room: first, provider: hasProvider ? second : undefined }
}

/** Why `from` may not import `to`, or `undefined` when it may. Both are paths from the project's root. */
export function refusal(from: string, to: string): string | undefined {
  if (isTest(from)) return undefined
  if (to === 'package.json') return undefined
  if (!to.startsWith('src/')) return `${to} is no part of the program`
  if (isTest(to)) return `${to} is there for tests only`
  const here = placeOf(from)
  const there = placeOf(to)
  if (here === undefined || there === undefined) return undefined
  if (there.layer > here.layer) {
    return `imports point one way, ${LAYERS.join(' ← ')}, and ${to} stands above ${from}`
  }
  if (here.layer !== 2 || there.layer !== 2) return undefined
  if (here.room !== there.room) {
    return `the rooms ${here.room} and ${there.room} know each other only through nouns.ts, errors.ts and wire/`
  }
  if (there.provider === undefined || here.provider === there.provider) return undefined
  const shared = SHARED_FOLDERS[here.room ?? ''] ?? []
  const depth = shared.indexOf(there.provider)
  const own = shared.indexOf(here.provider ?? '')
  if (here.provider !== undefined && depth >= 0 && (own < 0 || depth < own)) return undefined
  return here.provider === undefined
    ? `what is shared in ${here.room} knows none of its folders: main.ts puts them together`
    : `${here.provider} and ${there.provider} are neighbours in ${here.room} that do not know each other`
}
