import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { CliError, EXIT } from './failure.ts'
import { plain, print, type Terminal, table } from './output.ts'

/** Where fixtures are looked for when no path is given. */
const FIXTURES_FOLDER = 'fixtures'

interface Options {
  readonly json?: boolean
}

export function addFixturesCommands(
  sandbox: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  const fixtures = sandbox.command('fixtures').description('check fixture files, and describe them')
  fixtures
    .command('lint')
    .argument('[paths...]', `files and folders (${FIXTURES_FOLDER})`)
    .description('find mistakes, fixtures that never answer, and names that are taken; ends with 1 for any')
    .option('--json', 'print JSON')
    .action(async (paths: readonly string[], options: Options) => done(await lint(paths, options, terminal)))
  fixtures
    .command('schema')
    .description('print the JSON Schema of a fixture file, for editors')
    .option('--json', 'print JSON (it is JSON anyway)')
    .action(() => printSchema(terminal))
}

async function printSchema(terminal: Terminal): Promise<void> {
  const { fixturesJsonSchema } = await import('../upstreams/sandbox/fixtures/schema.ts')
  terminal.stdout(`${JSON.stringify(fixturesJsonSchema(), null, 2)}\n`)
}

async function lint(named: readonly string[], options: Options, terminal: Terminal): Promise<number> {
  const { lintFixtures } = await import('../upstreams/sandbox/fixtures/lint.ts')
  const { renderProblems } = await import('../upstreams/sandbox/fixtures/load.ts')
  const report = lintFixtures(fixturePaths(named, terminal))
  const shown = <Item extends { readonly file: string }>(items: readonly Item[]) =>
    items.map((item) => ({ ...item, file: relative(terminal.cwd, item.file) || item.file }))
  const files = shown(report.files)
  const problems = shown(report.problems)
  const ok = problems.length === 0
  print(terminal, options.json === true, { ok, files, problems }, () => {
    const rows = files.map(({ file, fixtures, problems: count }) => [file, String(fixtures), String(count)])
    const told = ok ? '' : `${renderProblems(problems).split('\n').map(plain).join('\n')}\n\n`
    return `${told}${table(['FILE', 'FIXTURES', 'PROBLEMS'], rows)}`
  })
  return ok ? EXIT.ok : EXIT.failure
}

function fixturePaths(named: readonly string[], { cwd }: Terminal): string[] {
  if (named.length > 0) return named.map((path) => resolve(cwd, path))
  const usual = resolve(cwd, FIXTURES_FOLDER)
  if (existsSync(usual)) return [usual]
  const next = 'name them: wasat sandbox fixtures lint <file or folder>'
  throw new CliError('usage', `there is no folder ${FIXTURES_FOLDER} here`, next)
}
