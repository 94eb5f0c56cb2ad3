import type { Command } from 'commander'
import { ADMIN_HELP, type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import type { ExplainedTargetView, ExplanationView, ModelView } from './admin-views.ts'
import { details, plain, print, type Terminal, table } from './output.ts'
import { projectIdOf } from './projects-find.ts'
import { placesText } from './route-options.ts'

interface ExplainOptions extends AdminOptions {
  readonly key?: string
  readonly project?: string
}

const NEEDS = { needsModels: true }

export function addModelsCommand(program: Command, terminal: Terminal): void {
  const models = program
    .command('models')
    .description('see where the names of models lead, and why')
    .addHelpText('after', ADMIN_HELP)
  const add = (name: string, description: string): Command => addAdminCommand(models, name, description)
  add('list', 'list the names and globs of the configuration').action((options: AdminOptions) =>
    list(options, terminal),
  )
  add('explain <name>', 'show who would be asked for a model now, in which order, and why')
    .option('--key <id>', 'for a request with this key')
    .option('--project <project>', 'for a key of this project, by id or name')
    .action((name: string, options: ExplainOptions) => explain(name, options, terminal))
}

async function list(options: AdminOptions, terminal: Terminal): Promise<void> {
  const { models } = await withAdmin(
    options,
    terminal,
    (admin) => admin.call<{ models: readonly ModelView[] }>('GET', '/models'),
    NEEDS,
  )
  print(terminal, options.json === true, models, () => {
    if (models.length === 0)
      return 'The configuration names no models: each name goes to the upstreams that are known for it.\n'
    const rows = models.map(({ name, strategy, targets, fallback, affinity }) => [
      ...[name, strategy, targets.join(', '), fallback ?? '-', affinity ? 'yes' : 'no'],
    ])
    return table(['MODEL', 'STRATEGY', 'TARGETS', 'FALLBACK', 'AFFINITY'], rows)
  })
}

async function explain(name: string, options: ExplainOptions, terminal: Terminal): Promise<void> {
  // Clients send the prefix, and some operators copy it.
  const model = name.replace(/^models\//, '')
  const { explanation } = await withAdmin(
    options,
    terminal,
    async (admin) => {
      const { key, project } = options
      const whose = new URLSearchParams({
        ...(key !== undefined && { key }),
        ...(project !== undefined && { project: await projectIdOf(project, admin) }),
      })
      const path = `/models/${encodeURIComponent(model)}:explain`
      return admin.call<{ explanation: ExplanationView }>('GET', whose.size === 0 ? path : `${path}?${whose}`)
    },
    NEEDS,
  )
  print(terminal, options.json === true, explanation, () => explanationText(explanation))
}

function explanationText(explanation: ExplanationView): string {
  const { model, override, strategy, affinity, fallbacks, targets } = explanation
  const head = details([
    ['model', model],
    ...(override === null ? [] : [['leads to', overrideText(override)] as const]),
    ['found by', matchText(explanation)],
    ['strategy', strategy],
    ['fallback', fallbacks.join(', then ') || 'none'],
    ['affinity', affinity ? 'the target that answered the turn before comes first' : 'none'],
  ])
  return `${head}\n${targets.map(targetText).join('')}`
}

function overrideText({ of, id, pattern, to }: NonNullable<ExplanationView['override']>): string {
  return `${placesText(to)}, by the route ${pattern} of the ${of} ${id}`
}

function matchText({ matchedBy, entry }: ExplanationView): string {
  switch (matchedBy) {
    case 'name':
      return 'its own entry'
    case 'glob':
      return `the entry ${entry}`
    case 'upstream':
      return 'the name of the upstream before the slash'
    case 'default':
      return 'no entry: the configuration has none, so the upstreams that are known for the name are asked'
  }
}

function targetText(target: ExplainedTargetView, index: number): string {
  const { upstream, kind, model, state, until, firstByteMs, price, weight, thinking, reasons } = target
  const facts = [
    until === null ? state : `${state} until ${until}`,
    price === null
      ? 'price unknown'
      : `$${price.inputUsdPerMillion} in, $${price.outputUsdPerMillion} out for a million tokens`,
    firstByteMs === null ? 'not measured' : `first byte in ${Math.round(firstByteMs)} ms`,
    `weight ${weight}`,
    `thinking ${thinking}`,
  ]
  const why = reasons.map((reason) => `   ${reason}\n`).join('')
  return plainLines(`${index + 1}. ${upstream}/${model} (${kind}): ${facts.join(', ')}\n${why}`)
}

function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n')
}
