/** Which models are tried, where each of them leads, and what its configuration alone already tells. */
import type { Config } from '../../config/schema.ts'
import type { ExplainedTarget, RouteExplanation } from '../../nouns/routing.ts'
import { isGlob, matchesGlob } from '../../wire/glob.ts'

/** More rows than this are no table. */
export const ROWS_MAX = 32

export interface Row {
  /** The entry of the configuration, or the name itself where there are no entries. */
  readonly entry: string
  /** What a client says. */
  readonly model: string
  /** In the order in which they are asked, as `upstream/model`. */
  readonly targets: readonly string[]
  /** The upstream that fails; undefined when nobody beyond this process is asked first. */
  readonly faulty: string | undefined
  readonly notes: readonly string[]
}

export interface RowsOptions {
  readonly config: Config
  readonly explain: (model: string) => RouteExplanation | undefined
  /** Names of models that are in use, to make one of a glob. */
  readonly known: readonly string[]
  /** Without entries: the name that a first request would use. */
  readonly usual: string
  /** The upstream that is to fail; without it the first that would be asked. */
  readonly upstream: string | undefined
}

export function rowsOf(options: RowsOptions): readonly Row[] {
  const { config, explain, known, usual, upstream } = options
  const entries = Object.keys(config.models)
  const names = entries.length > 0 ? entries : [usual]
  return names.flatMap((entry): Row[] => {
    const model = sampleOf(entry, known)
    const explanation = explain(model)
    if (explanation === undefined) return []
    const { targets } = explanation
    if (upstream !== undefined && !targets.some((target) => target.upstream === upstream)) return []
    const [first] = targets
    const faulty = upstream ?? (first === undefined || first.kind === 'sandbox' ? undefined : first.upstream)
    const names = targets.map((target) => `${target.upstream}/${target.model}`)
    return [{ entry, model, targets: names, faulty, notes: notesOf(config, targets, faulty) }]
  })
}

/** A name that the glob stands for, and a real one if there is one. */
export function sampleOf(entry: string, known: readonly string[]): string {
  if (!isGlob(entry)) return entry
  return known.find((name) => matchesGlob(entry, name)) ?? entry.replaceAll(/[*?]/g, 'x')
}

function notesOf(
  config: Config,
  targets: readonly ExplainedTarget[],
  faulty: string | undefined,
): readonly string[] {
  if (faulty === undefined) return ['the sandbox is asked first: there is nothing that could fail']
  return [aloneNote(config, targets, faulty), waitNote(config, faulty), ...moneyNotes(targets)].filter(
    (note) => note !== undefined,
  )
}

function aloneNote(
  { retries }: Config,
  targets: readonly ExplainedTarget[],
  faulty: string,
): string | undefined {
  if (targets.every(({ upstream }) => upstream === faulty))
    return `single point of failure: nobody but ${faulty} is asked`
  return retries.attemptsMax === 1
    ? 'single point of failure: retries.attemptsMax is 1, so that no second target is asked'
    : undefined
}

/** From here on somebody would rather have had the second target. */
const LONG_WAIT_MS = 60_000

function waitNote({ upstreams }: Config, faulty: string): string | undefined {
  const upstream = upstreams[faulty]
  if (upstream === undefined || !('timeouts' in upstream)) return undefined
  const { firstByte } = upstream.timeouts
  return firstByte > LONG_WAIT_MS
    ? `a request that hangs at ${faulty} waits for ${firstByte / 1000} s (timeouts.firstByte); shortened here`
    : undefined
}

/** Budgets are no part of the copy; what they would ask of these targets is known all the same. */
function moneyNotes(targets: readonly ExplainedTarget[]): readonly string[] {
  const nameOf = ({ upstream, model }: ExplainedTarget) => `${upstream}/${model}`
  const unpriced = targets.filter(({ price, kind }) => price === undefined && kind !== 'sandbox')
  const notes = unpriced.map(
    (target) => `${nameOf(target)} has no price: a key with a hard budget is refused this model`,
  )
  const costOf = ({ price }: ExplainedTarget) =>
    price === undefined ? 0n : BigInt(price.inputNanoUsd) + BigInt(price.outputNanoUsd)
  const [first, ...others] = targets
  if (first === undefined) return notes
  const dearest = others.reduce((most, one) => (costOf(one) > costOf(most) ? one : most), first)
  return dearest === first
    ? notes
    : [...notes, `a budget must have room for ${nameOf(dearest)}, the dearest of those that may answer`]
}
