import type { Command } from 'commander'
import { type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import type { AdminClient } from './admin-client.ts'
import type { TargetHealthView, UpstreamTestView, UpstreamView } from './admin-views.ts'
import { EXIT } from './failure.ts'
import { colored, plain, print, type Terminal, table } from './output.ts'

const HELP = `
The gateway has to run: it is reached through WASAT_URL and WASAT_ADMIN_KEY, or through the socket in its data folder.
A test asks for the list of models with each key of the upstream, which costs nothing.`

/** Only who answers requests knows how upstreams fare. */
const RUNNING = { needsGateway: true }

export function addUpstreamsCommand(
  program: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  const upstreams = program
    .command('upstreams')
    .description('see how the upstreams fare, and test them')
    .addHelpText('after', HELP)
  const add = (name: string, description: string): Command => addAdminCommand(upstreams, name, description)
  add('list', 'list the upstreams, and what is in trouble').action((options: AdminOptions) =>
    list(options, terminal),
  )
  add(
    'test [name]',
    'ask an upstream for its models with each of its keys; without a name, all of them',
  ).action(async (name: string | undefined, options: AdminOptions) => {
    const isGood = await test(name, options, terminal)
    done(isGood ? EXIT.ok : EXIT.failure)
  })
}

async function list(options: AdminOptions, terminal: Terminal): Promise<void> {
  const upstreams = await withAdmin(options, terminal, upstreamsOf, RUNNING)
  print(terminal, options.json === true, upstreams, () => {
    const rows = upstreams.map(({ name, kind, host, credentials, health }) => [
      ...[name, kind, host ?? '-', String(credentials), summaryOf(health)],
    ])
    const troubled = upstreams.flatMap(({ name, health }) =>
      health.filter(({ state }) => state !== 'ok').map((one) => troubleRow(name, one)),
    )
    const trouble =
      troubled.length === 0 ? '' : `\n${table(['UPSTREAM', 'MODEL', 'KEY', 'TROUBLE'], troubled)}`
    return `${table(['NAME', 'KIND', 'HOST', 'KEYS', 'STATE'], rows)}${trouble}`
  })
}

async function upstreamsOf(admin: AdminClient): Promise<readonly UpstreamView[]> {
  return (await admin.call<{ upstreams: UpstreamView[] }>('GET', '/upstreams')).upstreams
}

/** `ok`, or `2 open, 1 parked of 7`. */
function summaryOf(health: readonly TargetHealthView[]): string {
  if (health.length === 0) return 'not asked yet'
  const states = ['open', 'half-open', 'parked'].flatMap((wanted) => {
    const { length } = health.filter(({ state }) => state === wanted)
    return length === 0 ? [] : [`${length} ${wanted}`]
  })
  return states.length === 0 ? 'ok' : `${states.join(', ')} of ${health.length}`
}

function troubleRow(upstream: string, health: TargetHealthView): string[] {
  return [upstream, health.model, String(health.credential), troubleText(health)]
}

function troubleText({ state, reason, until, consecutiveFailures }: TargetHealthView): string {
  if (state === 'half-open') return `failed ${consecutiveFailures} times in a row; the next request tries it`
  if (state === 'open') return `failed ${consecutiveFailures} times in a row; left alone until ${until}`
  return `${reason === 'credential' ? 'the key was refused' : 'a limit was reached'}; left alone until ${until}`
}

/** True when every upstream answered with each of its keys. */
async function test(name: string | undefined, options: AdminOptions, terminal: Terminal): Promise<boolean> {
  const results = await withAdmin(
    options,
    terminal,
    async (admin) => {
      const names = name === undefined ? (await upstreamsOf(admin)).map((upstream) => upstream.name) : [name]
      return Promise.all(
        names.map((one) =>
          admin.call<UpstreamTestView>('POST', `/upstreams/${encodeURIComponent(one)}:test`),
        ),
      )
    },
    RUNNING,
  )
  print(terminal, options.json === true, results, () => render(results, terminal))
  return results.every(({ ok }) => ok)
}

function render(results: readonly UpstreamTestView[], terminal: Terminal): string {
  const width = Math.max(...results.map(({ upstream }) => upstream.length))
  return results
    .map((result) => {
      const mark = result.ok ? colored(terminal, 'green', 'ok  ') : colored(terminal, 'red', 'fail')
      const indent = ' '.repeat(width + 8)
      const failures = result.failures.map(({ code, detail }) => `${indent}${code}: ${plain(detail)}\n`)
      return `${mark}  ${result.upstream.padEnd(width)}  ${resultText(result)}\n${failures.join('')}${nextOf(result, indent)}`
    })
    .join('')
}

function resultText({ reachable, credentials, models, durationMs }: UpstreamTestView): string {
  const { tried, good, refused } = credentials
  if (!reachable) return `cannot be reached, after ${durationMs} ms`
  const keys = `${good} of ${tried} keys good${refused > 0 ? `, ${refused} refused` : ''}`
  return `${models === null ? '' : `${models} models, `}${keys}, in ${durationMs} ms`
}

function nextOf({ ok, reachable, credentials }: UpstreamTestView, indent: string): string {
  if (ok) return ''
  if (!reachable) return `${indent}next: check its baseUrl, the network and its certificate\n`
  return credentials.refused > 0 ? `${indent}next: replace the key that was refused\n` : ''
}
