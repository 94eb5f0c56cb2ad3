/**
 * What a `JsonScanner` looks at, and the form of it that is quick to follow: a tree whose names are compared as bytes,
 * because it is asked about every key of every request.
 */

/**
 * What to look at below one value. A name in lowerCamelCase is found in snake_case too, as in protojson; one in snake_case
 * is found as it is and no otherwise.
 */
export interface Watch {
  /** Members of an object, at most 31. One of these that comes twice is refused. */
  readonly keys?: Readonly<Record<string, Watch>>
  /** Elements of an array. A value that is not an array counts as its only element, as in protojson. */
  readonly each?: Watch
  /** Count the elements of an array, refuse more than this. */
  readonly elementsMax?: number
  /** Sum what such objects hold. They may not lie in each other. */
  readonly measure?: Measure
  /** Keep the value's own text, to be had from `captured`; refused above 64 KiB. The last one counts. */
  readonly capture?: true
  /** Keep the texts of this many different values at most, to be had from `collected`; the others are let go. */
  readonly collectMax?: number
  /** Note under this name that a value stands here that is not null. */
  readonly note?: string
}

export interface Measure {
  /** The member whose bytes are summed, if it is a string: without its quotes, escapes as they stand. */
  readonly bytes: string
  /** The member that says what it is, such as a media type. */
  readonly label: string
  /** The name that such an object is summed under; empty to leave it out. `label` is undefined without a string. */
  readonly sumAs: (label: string | undefined) => string
}

/** What is done with the value itself. */
export type Role = 'none' | 'capture' | 'collect' | 'note' | 'bytes' | 'label'

export interface WatchNode {
  /** `generationConfig.maxOutputTokens`; elements of an array have the path of the array. */
  readonly path: string
  readonly role: Role
  readonly names: readonly WatchName[]
  /** A bit for each first byte that a watched name may have, in any spelling. */
  readonly firstBytes: number
  readonly each: WatchNode | undefined
  readonly elementsMax: number | undefined
  readonly measure: Measure | undefined
  readonly collectMax: number
  /** The name for `note`; empty for none. */
  readonly note: string
}

export interface WatchName {
  readonly name: string
  readonly bytes: Buffer
  /** Its own among the names of its object. */
  readonly bit: number
  readonly node: WatchNode
}

const NAMES_MAX = 31
const BACKSLASH = 0x5c
const UNDERSCORE = 0x5f

const COMPILED = new WeakMap<Watch, WatchNode>()

export function compileWatch(watch: Watch): WatchNode {
  let node = COMPILED.get(watch)
  if (node === undefined) {
    node = nodeOf(watch, '')
    COMPILED.set(watch, node)
  }
  return node
}

function nodeOf(watch: Watch, path: string, role = roleOf(watch)): WatchNode {
  const names = namesOf(watch, path)
  return {
    path,
    role,
    names,
    firstBytes: names.reduce((mask, { bytes }) => mask | bitOf(bytes[0] as number), bitOf(BACKSLASH)),
    each: watch.each && nodeOf(watch.each, path),
    elementsMax: watch.elementsMax,
    measure: watch.measure,
    collectMax: watch.collectMax ?? 0,
    note: watch.note ?? '',
  }
}

function namesOf({ keys = {}, measure }: Watch, path: string): WatchName[] {
  const below = Object.entries(keys).map(([name, watch]) => ({ name, node: nodeOf(watch, join(path, name)) }))
  if (measure !== undefined) {
    below.push({ name: measure.bytes, node: nodeOf({}, join(path, measure.bytes), 'bytes') })
    below.push({ name: measure.label, node: nodeOf({}, join(path, measure.label), 'label') })
  }
  if (below.length > NAMES_MAX) throw new RangeError(`${path}: more than ${NAMES_MAX} watched names`)
  return below.map(({ name, node }, index) => ({ name, bytes: Buffer.from(name), bit: 1 << index, node }))
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

function roleOf({ capture, collectMax, note }: Watch): Role {
  if (capture) return 'capture'
  if (collectMax !== undefined) return 'collect'
  return note === undefined ? 'none' : 'note'
}

/** Upper and lower case share a bit, which costs a comparison and loses nothing. */
function bitOf(byte: number): number {
  return 1 << (byte & 31)
}

/** The watched name that the key between two quotes is, in either spelling and however it is escaped. */
export function nameIn(node: WatchNode, bytes: Buffer, from: number, to: number): WatchName | undefined {
  if ((node.firstBytes & bitOf(bytes[from] as number)) === 0) return undefined
  for (let index = 0; index < node.names.length; index++) {
    const name = node.names[index] as WatchName
    if (name.bytes.length === to - from && standsAt(name.bytes, bytes, from)) return name
  }
  for (let at = from; at < to; at++) {
    if (bytes[at] !== UNDERSCORE && bytes[at] !== BACKSLASH) continue
    const written = unescaped(bytes.toString('utf8', from, to))
    const canonical = canonicalName(written)
    return node.names.find(({ name }) => name === written || name === canonical)
  }
  return undefined
}

function unescaped(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
}

function standsAt(name: Buffer, bytes: Buffer, from: number): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[from + index] !== name[index]) return false
  return true
}

/** One name for both spellings of a field. */
function canonicalName(name: string): string {
  return name.includes('_')
    ? name.replace(/(?!^)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : name
}
