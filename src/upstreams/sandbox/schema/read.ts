/** Reads the schemas of a request into shapes, and refuses those that are wrong or that no value satisfies. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import { Complaints } from '../../translation/checks/complaints.ts'
import { unsatisfiable } from './effort.ts'
import { hasEmptyCircle, heightOf, measure } from './endings.ts'
import { readGemini } from './read-gemini.ts'
import { isNode, type JsonReading, readJson } from './read-json.ts'
import type { Shape } from './shape.ts'

export type { Shape } from './shape.ts'

const ROOT = 'GenerateContentRequest'

/**
 * Reads Gemini's `Schema`. `path` is where it stands in the request, such as `generation_config.response_schema`.
 * Throws `invalid_argument` with one line for each thing that is wrong.
 */
export function readGeminiSchema(schema: GeminiMessage<'Schema'>, path: string): Shape {
  const reading = { complaints: new Complaints(ROOT), root: path, nodes: 0 }
  const shape = readGemini(reading, schema, path, 1)
  reading.complaints.throwAny()
  return shape
}

/** Reads a JSON Schema; otherwise as `readGeminiSchema`. References must stay inside the schema. */
export function readJsonSchema(schema: unknown, path: string): Shape {
  const reading: JsonReading = {
    complaints: new Complaints(ROOT),
    root: path,
    nodes: 0,
    document: schema,
    refs: new Map(),
    read: new Map(),
  }
  const shape = readJson(reading, schema, path, 1)
  // What is read here may refer to more: a Map goes on with what was added.
  for (const [target, ref] of reading.refs) {
    const found = resolve(schema, target)
    if (found === undefined) {
      reading.complaints.add(`${path}.$ref`, `reference ${JSON.stringify(shorten(target))} is not defined`)
    } else ref.shape = readJson(reading, found, `${path}${pathOf(target)}`, 1)
  }
  reading.complaints.throwAny()
  checkEnds(reading, shape)
  return shape
}

/** The value behind `#/a/b`; JSON pointers are percent-encoded in a reference. */
function resolve(document: unknown, target: string): unknown {
  let value = document
  for (const part of target.split('/').slice(1)) {
    const name = decode(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value) ? !/^\d{1,6}$/.test(name) : !isNode(value)) return undefined
    if (!Object.hasOwn(value as object, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function pathOf(target: string): string {
  return shorten(target.slice(1).replaceAll('/', '.'))
}

function checkEnds(reading: JsonReading, shape: Shape): void {
  const refs = [...reading.refs.values()].reverse()
  if (hasEmptyCircle(refs)) throw unsatisfiable(reading.root)
  measure(refs)
  if (heightOf(shape) === Number.POSITIVE_INFINITY) throw unsatisfiable(reading.root)
}
