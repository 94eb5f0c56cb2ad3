/**
 * What Gemini can do and OpenAI's API has no member for: `extra_body.google`, as Google's own endpoint takes it, or
 * `google` beside it, which is where the Python client puts an `extra_body` that was nested once only. Names are
 * snake_case or camelCase; what stands in them is Gemini's own.
 */
import { invalid, type Json, Members } from './values.ts'

/** In `generationConfig`. */
const CONFIG = [
  'responseModalities',
  'imageConfig',
  'speechConfig',
  'mediaResolution',
  'topK',
  'audioTimestamp',
  'enableEnhancedCivicAnswers',
] as const
/** In the request itself. */
const REQUEST = ['safetySettings', 'cachedContent', 'labels', 'tools', 'toolConfig'] as const

export interface Extras {
  readonly thinkingConfig: Json | undefined
  readonly config: Json
  readonly request: Json & { readonly tools?: unknown; readonly toolConfig?: Json }
}

export function extrasOf(request: Members): Extras {
  const places = [request.object('extra_body'), request]
  const found = places.flatMap((place) => place?.object('google') ?? [])
  const [extra, second] = found
  if (second !== undefined) throw invalid('google', "'google' stands in the request twice.")
  const outer = places[0]?.untaken()[0]
  if (outer !== undefined) throw unknown(`extra_body.${outer}`)
  if (extra === undefined) return { thinkingConfig: undefined, config: {}, request: {} }
  const known: ReadonlySet<string> = new Set(['thinkingConfig', ...CONFIG, ...REQUEST])
  const other = extra.untaken().find((name) => !known.has(camelCase(name)))
  if (other !== undefined) throw unknown(extra.pathOf(other))
  const named = namedBy(extra)
  const pick = (names: readonly string[]) =>
    Object.fromEntries(names.flatMap((name) => (name in named ? [[name, named[name]]] : [])))
  return {
    thinkingConfig: camelled(named.thinkingConfig, extra.pathOf('thinking_config')),
    config: withObject(pick(CONFIG), 'imageConfig', extra.pathOf('image_config')),
    request: withObject(pick(REQUEST), 'toolConfig', extra.pathOf('tool_config')),
  }
}

function namedBy(extra: Members): Record<string, unknown> {
  const named: Record<string, unknown> = {}
  for (const name of extra.untaken()) {
    const camel = camelCase(name)
    if (Object.hasOwn(named, camel))
      throw invalid(extra.pathOf(name), `'${extra.pathOf(name)}' stands in the request twice.`)
    named[camel] = extra.take(name)
  }
  return named
}

/** One of them is put together with what other members say, and has to be an object for that. */
function withObject(members: Json, name: string, path: string): Json {
  const value = camelled(members[name], path)
  return value === undefined ? members : { ...members, [name]: value }
}

/** Its members are put beside others, so that there must not be two spellings of one. */
function camelled(value: unknown, path: string): Json | undefined {
  return value === undefined ? undefined : namedBy(new Members(value, path))
}

function camelCase(name: string): string {
  return name.replaceAll(/(?!^)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function unknown(path: string) {
  const name = path.slice(path.lastIndexOf('.') + 1, 100)
  return invalid(
    path,
    `Invalid JSON payload received. Unknown name "${name}" at '${path}': Cannot find field.`,
  )
}
