/** Where models go: which upstreams serve a name, and in which order they are asked. */
import { matchesGlob, mostSpecificFirst } from '../wire/glob.ts'
import { MODEL_GLOB_PATTERN, MODEL_NAME_PATTERN, MODEL_NAME_SHAPE } from '../wire/model-name.ts'
import { nearest } from '../wire/nearest.ts'
import { Type } from '../wire/type.ts'
import { section } from './fields.ts'
import { pathText } from './problems.ts'

const WEIGHT_MAX = 1000

const TargetSchema = Type.Union(
  [
    Type.String({ description: 'The name of an upstream; the model keeps its name.' }),
    section('An upstream, the name that the model has there, and its share.', {
      upstream: Type.String({ description: 'The name of an upstream.' }),
      model: Type.Optional(
        Type.String({
          pattern: MODEL_NAME_PATTERN,
          'x-shape': MODEL_NAME_SHAPE,
          description: 'The name of the model at that upstream. Left out: as the client named it.',
        }),
      ),
      weight: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: WEIGHT_MAX,
          description:
            'Its share of the requests with the strategy `weight`: 3 beside 1 gets three of four. Left out: 1. Other strategies ignore it.',
        }),
      ),
    }),
  ],
  { 'x-shape': 'the name of an upstream, or { upstream, model, weight }' },
)

export const ModelsSchema = Type.Record(
  Type.String({ pattern: MODEL_GLOB_PATTERN }),
  section('Where a model goes.', {
    targets: Type.Array(TargetSchema, {
      minItems: 1,
      maxItems: 100,
      description: 'Upstreams that can answer: the next one is tried when one before it cannot.',
    }),
    strategy: Type.Enum(['order', 'weight', 'cheapest', 'fastest'], {
      default: 'order',
      description:
        'Which target is asked first. `order`: as they are listed. `weight`: by chance, in proportion to `weight`. `cheapest`: the lowest price of as many tokens in as out, unknown prices last. `fastest`: the shortest time to the first byte lately; one request in twenty tries another one. With each of them, a target that is out of order is asked last.',
    }),
    fallback: Type.Optional(
      Type.String({
        pattern: MODEL_NAME_PATTERN,
        'x-shape': MODEL_NAME_SHAPE,
        description:
          'Another model, by a name of this section or as upstream/model: its targets are asked when none of the own ones can answer. Left out: none.',
      }),
    ),
    affinity: Type.Boolean({
      default: true,
      description:
        'Whether a conversation stays with the target that answered it, which has its prompt cached. A request whose target could not answer says so in `x-wasat-affinity`. Matters with more than one target, or more than one key of it.',
    }),
    thinking: Type.Enum(['pass', 'adapt'], {
      default: 'pass',
      description:
        '`pass` sends thinkingConfig as it came. `adapt` turns a thinking level into a budget and back where the model knows only the other, and says so in `x-wasat-translation`.',
    }),
  }),
  {
    additionalProperties: false,
    default: {},
    maxProperties: 10_000,
    'x-names': 'letters, digits and ._:@/+- with * as a wildcard, at most 255',
    description:
      'Which upstreams serve a model name or glob. Empty: a name goes to the real upstreams that are known for it (`serves`), else to all of them in their order, and to the sandbox only when there is no other.',
  },
)

interface Entry {
  readonly targets: readonly (string | { readonly upstream: string })[]
  readonly fallback?: string | undefined
}

/** What the rules look at. */
interface Routing {
  readonly models: Readonly<Record<string, Entry>>
  readonly upstreams: Readonly<Record<string, object>>
}

type Path = readonly (string | number)[]
type Tell = (path: Path, message: string, suggestion?: string) => void

/** What the schema cannot say: names that must exist, and fallbacks that must end. */
export function checkModels(config: Routing, tell: Tell): void {
  const entryOf = entryFinder(config)
  for (const [model, { targets }] of Object.entries(config.models)) {
    if (model.startsWith('models/'))
      tell(
        ['models', model],
        'has the prefix models/, which clients send and Wasat takes off',
        'leave it out',
      )
    for (const [index, target] of targets.entries()) {
      const isText = typeof target === 'string'
      const path = ['models', model, 'targets', index, ...(isText ? [] : ['upstream'])]
      checkTarget(isText ? target : target.upstream, path, config, tell)
    }
    checkFallback(model, config, entryOf, tell)
  }
}

/** Targets name upstreams and never models, so an alias cannot lead to itself. */
function checkTarget(name: string, path: Path, config: Routing, tell: Tell): void {
  if (Object.hasOwn(config.upstreams, name)) return
  const names = Object.keys(config.upstreams)
  const shown = JSON.stringify(name.slice(0, 64))
  if (Object.hasOwn(config.models, name)) {
    const list = `the upstreams are: ${names.join(', ')}`
    tell(path, `names the model ${shown}; a target is an upstream`, list)
    return
  }
  const near = nearest(name, names)
  const suggestion = near ? `did you mean ${near}?` : `the upstreams are: ${names.slice(0, 20).join(', ')}`
  tell(path, `names the upstream ${shown}, which is not there`, suggestion)
}

/** The entry that a model's name leads to, as the router finds it. */
type EntryOf = (model: string) => string | undefined

function entryFinder({ models }: Routing): EntryOf {
  const globs = mostSpecificFirst(Object.keys(models))
  return (model) =>
    Object.hasOwn(models, model) ? model : globs.find((pattern) => matchesGlob(pattern, model))
}

function checkFallback(model: string, config: Routing, entryOf: EntryOf, tell: Tell): void {
  const path = ['models', model, 'fallback']
  const first = config.models[model]?.fallback
  if (first === undefined) return
  if (entryOf(first) === undefined) {
    checkDirectFallback(first, path, config, tell)
    return
  }
  const seen = new Set<string>()
  for (let entry = entryOf(first); entry !== undefined && !seen.has(entry); ) {
    if (entry === model) {
      const through = seen.size === 0 ? '' : ` through ${[...seen].slice(0, 5).join(', ')}`
      const next = 'name a model whose entry has no fallback'
      tell(path, `leads back to ${pathText(['models', model])}${through}`, next)
      return
    }
    seen.add(entry)
    const next = config.models[entry]?.fallback
    entry = next === undefined ? undefined : entryOf(next)
  }
}

/** Without an entry, a name has to say its upstream. */
function checkDirectFallback(name: string, path: Path, config: Routing, tell: Tell): void {
  const slash = name.indexOf('/')
  if (slash > 0 && Object.hasOwn(config.upstreams, name.slice(0, slash))) return
  const near = nearest(name, Object.keys(config.models))
  const suggestion = near ? `did you mean ${near}?` : 'name a model of this section, or upstream/model'
  tell(path, `names the model ${JSON.stringify(name.slice(0, 64))}, which leads nowhere`, suggestion)
}
