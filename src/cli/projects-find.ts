import type { AdminClient } from './admin-client.ts'
import type { ProjectView } from './admin-views.ts'
import { CliError } from './failure.ts'

/** The id of a project that was named by its id or, where it is the only one of that name, by its name. */
export async function projectIdOf(text: string, admin: AdminClient): Promise<string> {
  const { projects } = await admin.call<{ projects: ProjectView[] }>('GET', '/projects')
  if (projects.some(({ id }) => id === text)) return text
  const [first, ...others] = projects.filter(({ name }) => name === text)
  if (first === undefined) {
    const message = `there is no project ${JSON.stringify(text)}`
    throw new CliError('notFound', message, 'wasat projects list shows them; wasat projects create makes one')
  }
  if (others.length === 0) return first.id
  const ids = [first, ...others].map(({ id }) => id).join(', ')
  throw new CliError(
    'usage',
    `${others.length + 1} projects have the name ${JSON.stringify(text)}`,
    `use an id: ${ids}`,
  )
}
