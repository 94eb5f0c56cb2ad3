// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
/** A configuration file as a tree that knows where each value was written. YAML 1.2 core; JSON is a part of it. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { InterpolationError, interpolate, type Sources } from './interpolate.ts'
import { type ConfigProblem, pathText } from './problems.ts'

export const CONFIG_FILE_BYTES_MAX = 1024 * 1024
/** After aliases are followed: a few lines of `&a [*b, *b]` otherwise become billions of values. */
const NODES_MAX = 100_000
/** The schema needs six levels; a cycle of aliases ends here. */
const DEPTH_MAX = 32

/** Where the value in force came from. */
export type Origin = 'flag' | 'environment' | 'file' | 'default'

export interface Place {
  readonly origin: Origin
  readonly line?: number
  readonly column?: number
  /** `--port` or `WASAT_PORT`, for values that are not in a file. */
  readonly label?: string
}

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: unknown
  /** A number as it was written: `0.10`, `1e3`. */
  readonly text?: string
  /** The text came from a flag, a variable or `${…}`, so `4080` and `true` in it may be a number and a boolean. */
  readonly loose: boolean
  /** Its problem has been told already. */
  readonly broken: boolean
}

export interface LocatedMap {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: Map<string, { readonly place: Place; node: Located }>
}

export interface LocatedList {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Located[]
}

export type Located = LocatedScalar | LocatedMap | LocatedList

export interface ReadDocument {
  readonly root: Located
  readonly problems: readonly ConfigProblem[]
  /** The text is not YAML, so nothing can be said of single values. */
  readonly unreadable: boolean
}

export function emptyMap(place: Place): LocatedMap {
  return { kind: 'map', place, entries: new Map() }
}

export function readDocument(text: string, sources: Sources): ReadDocument {
  const lines = new LineCounter()
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const
  const parsed = parseSafely(text, options)
  if ('message' in parsed) return { root: emptyMap({ origin: 'file' }), problems: [parsed], unreadable: true }
  const faults = [...parsed.errors, ...parsed.warnings]
  if (faults.length > 0) {
    const problems = faults.slice(0, 1).map((fault) => yamlProblem(fault, text, lines))
    return { root: emptyMap({ origin: 'file' }), problems, unreadable: true }
  }
  const reader = new Reader(parsed, lines, sources)
  const root = parsed.contents === null ? emptyMap({ origin: 'file' }) : reader.read(parsed.contents, [], 0)
  return { root, problems: reader.problems, unreadable: false }
}

function parseSafely(text: string, options: Parameters<typeof parseDocument>[1]): Document | ConfigProblem {
  try {
    return parseDocument(text, options)
  } catch (error) {
    // Hundreds of thousands of open brackets exhaust the parser's stack.
    return { message: `this is not YAML that can be read (${(error as Error).message})`, line: 1, column: 1 }
  }
}

function yamlProblem(
  fault: { message: string; pos: [number, number]; code: string },
  text: string,
  lines: LineCounter,
): ConfigProblem {
  const { line, col } = lines.linePos(fault.pos[0])
  const lineText = text.split('\n', line)[line - 1] ?? ''
  const flowReference = /[{[,].*\$\{/.test(lineText)
  const suggestion = flowReference ? 'inside { } and [ ], put "${…}" in quotes' : undefined
  return { message: fault.message, line, column: col, ...(suggestion && { suggestion }) }
}

class Reader {
  readonly problems: ConfigProblem[] = []
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #sources: Sources
  #nodes = 0

  constructor(document: Document, lines: LineCounter, sources: Sources) {
    this.#document = document
    this.#lines = lines
    this.#sources = sources
  }

  read(node: Node | null, path: readonly (string | number)[], depth: number): Located {
    const place = this.#place(node)
    this.#nodes++
    if (this.#nodes > NODES_MAX || depth > DEPTH_MAX) return this.#tooMuch(place)
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target) return this.read(target, path, depth + 1)
      return this.#broken(place, path, `the anchor &${node.source} is not there`)
    }
    if (isMap(node)) return this.#map(node.items as Entry[], place, path, depth)
    if (isSeq(node)) {
      const items: Located[] = []
      for (const item of node.items) {
        if (this.#nodes > NODES_MAX) break
        items.push(this.read(item as Node | null, [...path, items.length], depth + 1))
      }
      return { kind: 'list', place, items }
    }
    if (!isScalar(node)) return this.#scalar(null, place, path)
    const { value, source } = node
    if (typeof value !== 'number' || source === undefined) return this.#scalar(value, place, path)
    return { kind: 'scalar', place, value, text: source, loose: false, broken: false }
  }

  #map(items: readonly Entry[], place: Place, path: readonly (string | number)[], depth: number): LocatedMap {
    const map = emptyMap(place)
    for (const { key, value } of items) {
      if (this.#nodes > NODES_MAX) break
      const name = isScalar(key) ? String(key.value) : ''
      const keyPlace = this.#place(key)
      const keyPath = [...path, name]
      if (name === '__proto__') this.#broken(keyPlace, keyPath, 'the key __proto__ is not allowed')
      else if (map.entries.has(name))
        this.#broken(keyPlace, keyPath, `${pathText(keyPath)} is there twice`, 'keep one of the two')
      else map.entries.set(name, { place: keyPlace, node: this.read(value, keyPath, depth + 1) })
    }
    return map
  }

  #scalar(value: unknown, place: Place, path: readonly (string | number)[]): Located {
    if (typeof value !== 'string') return { kind: 'scalar', place, value, loose: false, broken: false }
    try {
      const { text, changed } = interpolate(value, this.#sources)
      return { kind: 'scalar', place, value: text, loose: changed, broken: false }
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error
      return this.#broken(place, path, `${pathText(path)}: ${error.message}`)
    }
  }

  #broken(
    place: Place,
    path: readonly (string | number)[],
    message: string,
    suggestion?: string,
  ): LocatedScalar {
    this.problems.push({
      message,
      ...(place.line !== undefined && { line: place.line, column: place.column! }),
      path: pathText(path),
      ...(suggestion && { suggestion }),
    })
    return { kind: 'scalar', place, value: undefined, loose: false, broken: true }
  }

  #tooMuch(place: Place): LocatedScalar {
    const message = `the file is nested deeper than ${DEPTH_MAX} levels or has more than ${NODES_MAX} values once its aliases are followed`
    if (this.problems.at(-1)?.message !== message) this.#broken(place, [], message)
    return { kind: 'scalar', place, value: undefined, loose: false, broken: true }
  }

  #place(node: Node | null): Place {
    const offset = node?.range?.[0]
    if (offset === undefined) return { origin: 'file' }
    const { line, col } = this.#lines.linePos(offset)
    return { origin: 'file', line, column: col }
  }
}

interface Entry {
  readonly key: Node | null
  readonly value: Node | null
}
