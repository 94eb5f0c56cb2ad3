import type { Command } from 'commander'
import { ADMIN_HELP, type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import type { AdminClient } from './admin-client.ts'
import { addLimitOptions, type LimitOptions, limitsOf, limitsText } from './admin-options.ts'
import type { BudgetView, KeyView, ProjectView } from './admin-views.ts'
import { CliError } from './failure.ts'
import { budgetsText } from './keys-view.ts'
import { details, plain, print, type Terminal, table } from './output.ts'
import { projectIdOf } from './projects-find.ts'
import { addRouteOption, type RouteOptions, routesOf, routesText } from './route-options.ts'

type CreateOptions = AdminOptions & LimitOptions & RouteOptions & { readonly name: string }
type UpdateOptions = AdminOptions & LimitOptions & RouteOptions & { readonly name?: string }

interface ShownProject extends ProjectView {
  readonly keys: number
  readonly budgets: readonly BudgetView[]
}

export function addProjectsCommand(program: Command, terminal: Terminal): void {
  const projects = program
    .command('projects')
    .description('group keys that share limits and budgets')
    .addHelpText('after', ADMIN_HELP)
  const add = (name: string, description: string): Command => addAdminCommand(projects, name, description)

  const createCommand = add('create', 'make a project').requiredOption('--name <name>', 'what it is called')
  addRouteOption(createCommand, false)
  addLimitOptions(createCommand, false).action((options: CreateOptions) => create(options, terminal))
  add('list', 'list the projects').action((options: AdminOptions) => list(options, terminal))
  add('show <project>', 'show one project, by id or name').action((project: string, options: AdminOptions) =>
    showOne(project, options, terminal, (admin, id) => admin.call('GET', pathOf(id))),
  )
  const updateCommand = add('update <project>', 'change a project; what is not named stays')
  updateCommand.option('--name <name>', 'what it is called')
  addRouteOption(updateCommand, true)
  addLimitOptions(updateCommand, true).action((project: string, options: UpdateOptions) =>
    update(project, options, terminal),
  )
  add('disable <project>', 'refuse all its keys from now on').action(
    (project: string, options: AdminOptions) =>
      showOne(project, options, terminal, (admin, id) => admin.call('POST', pathOf(id, ':disable'))),
  )
  add('enable <project>', 'accept its keys again').action((project: string, options: AdminOptions) =>
    showOne(project, options, terminal, (admin, id) => admin.call('POST', pathOf(id, ':enable'))),
  )
  add('delete <project>', 'remove a project that has no keys any more').action(
    (project: string, options: AdminOptions) => remove(project, options, terminal),
  )
}

function pathOf(id: string, action = ''): string {
  return `/projects/${encodeURIComponent(id)}${action}`
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  const body = { name: options.name, limits: limitsOf(options), routes: routesOf(options) }
  const { project } = await withAdmin(
    options,
    terminal,
    (admin) => admin.call<{ project: ProjectView }>('POST', '/projects', { body }),
    { mayCreateFolder: true },
  )
  print(terminal, options.json === true, project, () => projectDetails({ ...project, keys: 0, budgets: [] }))
}

async function list(options: AdminOptions, terminal: Terminal): Promise<void> {
  const projects = await withAdmin(options, terminal, async (admin) => {
    const { projects } = await admin.call<{ projects: ProjectView[] }>('GET', '/projects')
    return withSurroundings(projects, admin)
  })
  print(terminal, options.json === true, projects, () => {
    if (projects.length === 0) return 'There are no projects. Make one: wasat projects create --name <name>\n'
    const rows = projects.map((project) => [
      ...[project.id, project.name, String(project.keys), budgetsText(project.budgets)],
      ...[stateText(project), project.createdAt],
    ])
    return table(['ID', 'NAME', 'KEYS', 'BUDGET', 'STATE', 'CREATED'], rows)
  })
}

async function withSurroundings(
  projects: readonly ProjectView[],
  admin: AdminClient,
): Promise<readonly ShownProject[]> {
  const { keys } = await admin.call<{ keys: KeyView[] }>('GET', '/keys')
  const { budgets } = await admin.call<{ budgets: BudgetView[] }>('GET', '/budgets')
  return projects.map((project) => ({
    ...project,
    keys: keys.filter(({ projectId }) => projectId === project.id).length,
    budgets: budgets.filter(({ scope, scopeId }) => scope === 'project' && scopeId === project.id),
  }))
}

async function showOne(
  project: string,
  options: AdminOptions,
  terminal: Terminal,
  work: (admin: AdminClient, id: string) => Promise<{ readonly project: ProjectView }>,
): Promise<void> {
  const shown = await withAdmin(options, terminal, async (admin) => {
    const { project: found } = await work(admin, await projectIdOf(project, admin))
    return (await withSurroundings([found], admin))[0] as ShownProject
  })
  print(terminal, options.json === true, shown, () => projectDetails(shown))
}

async function update(project: string, options: UpdateOptions, terminal: Terminal): Promise<void> {
  const body = { name: options.name, limits: limitsOf(options), routes: routesOf(options) }
  if (Object.values(body).every((value) => value === undefined)) {
    throw new CliError(
      'usage',
      'there is nothing to change',
      'wasat projects update --help shows what can be',
    )
  }
  await showOne(project, options, terminal, (admin, id) => admin.call('PATCH', pathOf(id), { body }))
}

async function remove(project: string, options: AdminOptions, terminal: Terminal): Promise<void> {
  const id = await withAdmin(options, terminal, async (admin) => {
    const found = await projectIdOf(project, admin)
    await admin.call('DELETE', pathOf(found))
    return found
  })
  print(terminal, options.json === true, { id, deleted: true }, () => `project ${plain(id)} is deleted\n`)
}

function projectDetails(project: ShownProject): string {
  return details([
    ['id', project.id],
    ['name', project.name],
    ['keys', String(project.keys)],
    ['limits', limitsText(project.limits)],
    ['routes', routesText(project.routes)],
    ['budget', budgetsText(project.budgets)],
    ['state', stateText(project)],
    ['created', project.createdAt],
    ['updated', project.updatedAt],
  ])
}

function stateText({ disabled }: ProjectView): string {
  return disabled ? 'disabled' : 'active'
}
