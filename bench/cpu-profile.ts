/** Reads V8's CPU profiles: how much time was spent in each function itself. */

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Microseconds of the monotonic clock. */
  readonly startTime: number
  /** The node that was running, at each sample. */
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

export interface SelfTime {
  /** `function place:line`, or the name of a state such as `(garbage collector)`. */
  readonly name: string
  /** A folder of sources, a package, a module of Node, or the state. */
  readonly place: string
  readonly micros: number
}

export const IDLE = '(idle)'

/** Self time by function within a window of the monotonic clock, most first. */
export function selfTimes(profile: CpuProfile, fromMicros: number, toMicros: number): readonly SelfTime[] {
  const microsByNode = new Map<number, number>()
  let nowMicros = profile.startTime
  for (const [index, node] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0
    nowMicros += delta
    if (nowMicros < fromMicros || nowMicros > toMicros) continue
    microsByNode.set(node, (microsByNode.get(node) ?? 0) + Math.max(0, delta))
  }
  const byName = new Map<string, SelfTime>()
  for (const { id, callFrame } of profile.nodes) {
    const name = describe(callFrame)
    const micros = (byName.get(name)?.micros ?? 0) + (microsByNode.get(id) ?? 0)
    byName.set(name, { name, place: placeOf(callFrame), micros })
  }
  return mostFirst([...byName.values()])
}

/** The same, by place. */
export function timesByPlace(functions: readonly SelfTime[]): readonly SelfTime[] {
  const byPlace = new Map<string, number>()
  for (const { place, micros } of functions) byPlace.set(place, (byPlace.get(place) ?? 0) + micros)
  return mostFirst([...byPlace].map(([place, micros]) => ({ name: place, place, micros })))
}

function mostFirst(times: readonly SelfTime[]): readonly SelfTime[] {
  return times.filter(({ micros }) => micros > 0).sort((left, right) => right.micros - left.micros)
}

function describe({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${shorten(url)}:${lineNumber + 1}`
}

/** Paths from the project's root on; a reader does not care where that is. */
function shorten(url: string): string {
  return url
    .replace(/^file:\/\/.*\/node_modules\//, '')
    .replace(/^file:\/\/.*\/(src|dist|bench|bin)\//, '$1/')
}

function placeOf({ functionName, url }: ProfileNode['callFrame']): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)'
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/')
  const [, packageName] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  if (packageName !== undefined) return packageName
  return shorten(url).split('/').slice(0, 2).join('/')
}
