/** Upstreams for which the environment already has a key. Each provider is one row. */
import { emptyMap, type Located, type LocatedMap, type Place } from './document.ts'

interface Detection {
  readonly upstream: string
  /** The first one that is set counts. */
  readonly variables: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

const DETECTIONS: readonly Detection[] = [
  { upstream: 'google', variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], settings: { kind: 'gemini' } },
  {
    upstream: 'comet',
    variables: ['COMETAPI_KEY'],
    settings: { kind: 'gemini', baseUrl: 'https://api.cometapi.com' },
  },
]

/** The variable to name when somebody asks how to leave the sandbox. */
export const FIRST_VARIABLE = DETECTIONS[0]!.variables[0]!

export interface Detected {
  readonly upstreams: LocatedMap
  readonly notices: readonly string[]
}

/** What `upstreams:` would say; the sandbox is always there, last. */
export function detectUpstreams(environment: Readonly<Record<string, string | undefined>>): Detected {
  const upstreams = emptyMap({ origin: 'default' })
  const notices: string[] = []
  for (const { upstream, variables, settings } of DETECTIONS) {
    const [variable, ...others] = variables.filter((name) => environment[name]?.trim())
    if (variable === undefined) continue
    const place: Place = { origin: 'environment', label: variable }
    // A key that was exported with a line feed at its end is still that key.
    const key = scalar(environment[variable]!.trim(), place)
    const section = emptyMap(place)
    for (const [name, value] of Object.entries(settings))
      section.entries.set(name, { place, node: scalar(value, { origin: 'default' }) })
    section.entries.set('keys', { place, node: { kind: 'list', place, items: [key] } })
    upstreams.entries.set(upstream, { place, node: section })
    notices.push(`${variable} found: upstream ${upstream}`)
    for (const other of others) notices.push(`${other} is set too and not used: ${variable} counts`)
  }
  if (upstreams.entries.size === 0)
    notices.push(`no provider key found: only the sandbox answers; set ${FIRST_VARIABLE} for a real upstream`)
  addSandbox(upstreams)
  return { upstreams, notices }
}

function addSandbox(upstreams: LocatedMap): void {
  const place: Place = { origin: 'default' }
  const section = emptyMap(place)
  section.entries.set('kind', { place, node: scalar('sandbox', place) })
  upstreams.entries.set('sandbox', { place, node: section })
}

function scalar(value: string, place: Place): Located {
  return { kind: 'scalar', place, value, loose: false, broken: false }
}
