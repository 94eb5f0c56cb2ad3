/** Where Vertex AI is, and under which paths it knows its models. */

export interface Endpoint {
  /** `https://host[:port]` */
  readonly origin: string
  /** Path in front of the API version, without a trailing slash. */
  readonly basePath: string
  readonly location: string
}

const GLOBAL_ORIGIN = 'https://aiplatform.googleapis.com'
/** Regions of regions, which have hosts of another kind. */
const MULTI_REGIONS: ReadonlySet<string> = new Set(['us', 'eu'])

/** `baseUrl`: instead of Google's own host, such as a private endpoint. With an express key there is one host only. */
export function endpointOf(location: string, baseUrl: string | undefined, isExpress: boolean): Endpoint {
  if (baseUrl === undefined) return { origin: originOf(location, isExpress), basePath: '', location }
  const { origin, pathname } = new URL(baseUrl)
  return { origin, basePath: pathname.replace(/\/+$/, ''), location }
}

function originOf(location: string, isExpress: boolean): string {
  if (isExpress || location === 'global') return GLOBAL_ORIGIN
  return MULTI_REGIONS.has(location)
    ? `https://aiplatform.${location}.rep.googleapis.com`
    : `https://${location}-aiplatform.googleapis.com`
}

/** Vertex knows two versions: what the developer API calls `v1beta` and `v1alpha` is its `v1beta1`. */
function versionOf(asked: string): 'v1' | 'v1beta1' {
  return asked === 'v1' ? 'v1' : 'v1beta1'
}

/** The path up to the verb. `project` is undefined with an express key, which has one of its own. */
export function modelPath(
  { basePath, location }: Endpoint,
  asked: string,
  project: string | undefined,
  model: string,
): string {
  const parent = project === undefined ? '' : `/projects/${encodeURIComponent(project)}/locations/${location}`
  // A model of another publisher, or one that was tuned, is named by its path.
  const isPath = model.startsWith('publishers/') || model.startsWith('endpoints/')
  const name = isPath ? model : `publishers/google/models/${model}`
  return `${basePath}/${versionOf(asked)}${parent}/${name}`
}
