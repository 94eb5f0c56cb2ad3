import type { Command } from 'commander'
import type { Flags, LoadedConfig } from '../config/load.ts'
import { addServerOptions, loadOptions } from './config-options.ts'
import type { CheckState, DoctorCheck } from './doctor-check.ts'
import { addLedgerCommand } from './doctor-ledger.ts'
import { checkClock, checkNode } from './doctor-machine.ts'
import { checkFolder, checkStore } from './doctor-store.ts'
import { CliError, EXIT, failureOf } from './failure.ts'
import { type Color, colored, plain, print, type Terminal } from './output.ts'

interface Options extends Flags {
  readonly json?: boolean
  readonly network?: boolean
  readonly faults?: boolean
  readonly upstream?: string
}

const HELP = `
With --faults, a copy of the configuration runs in this process for a moment, with made-up keys and upstreams that are
played on this machine. No provider is asked, and neither a running gateway nor its data is touched. Exit code 1: a
request did not end as it should.`

export function addDoctorCommand(
  program: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  const doctor = program.command('doctor')
  addLedgerCommand(doctor, terminal, done)
  addServerOptions(doctor)
    .description('check that everything is in place, and say what to do where it is not')
    .option('--network', 'also connect to each upstream')
    .option('--faults', 'show what clients would see when an upstream fails')
    .option('--upstream <name>', 'with --faults: the upstream that fails (the first that is asked)')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      if (options.faults === true) return done(await showFaults(options, terminal))
      if (options.upstream !== undefined)
        throw new CliError('usage', '--upstream goes with --faults', 'wasat doctor --faults --upstream NAME')
      const checks = await runChecks(options, terminal)
      const ok = checks.every(({ state }) => state !== 'fail')
      print(terminal, options.json === true, { ok, checks }, () => render(checks, terminal))
      done(ok ? EXIT.ok : EXIT.failure)
    })
}

async function showFaults(options: Options, terminal: Terminal): Promise<number> {
  const { renderFaults, runFaults } = await import('./doctor-faults.ts')
  const report = await runFaults(options, terminal)
  print(terminal, options.json === true, report, () => renderFaults(report, terminal))
  return report.ok ? EXIT.ok : EXIT.failure
}

async function runChecks(options: Options, terminal: Terminal): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [checkNode(process.versions.node)]
  const loaded = await loadOrExplain(options, terminal)
  if ('state' in loaded) return [...checks, loaded, checkClock(Date.now(), undefined)]
  const { config, file, notices } = loaded
  const detail = [file ? `${file} is valid` : 'no file; the defaults are valid', ...notices].join('; ')
  checks.push({ name: 'config', state: 'ok', detail })
  const folder = checkFolder(config.data)
  checks.push(folder)
  if (folder.state !== 'fail') checks.push(...(await checkStore(config.data)))
  const { checkPort, checkUpstreams } = await import('./doctor-network.ts')
  checks.push(await checkPort(config.server.host, config.server.port))
  checks.push(checkClock(Date.now(), config.data))
  if (options.network) checks.push(...(await checkUpstreams(config)))
  return checks
}

async function loadOrExplain(options: Options, terminal: Terminal): Promise<LoadedConfig | DoctorCheck> {
  try {
    const { loadConfig } = await import('../config/load.ts')
    return loadConfig(loadOptions(options, terminal))
  } catch (error) {
    const next = 'mend it, then: wasat config validate'
    return { name: 'config', state: 'fail', detail: failureOf(error).text, next }
  }
}

const STATE_COLORS: Readonly<Record<CheckState, Color>> = { ok: 'green', warn: 'yellow', fail: 'red' }

function render(checks: readonly DoctorCheck[], terminal: Terminal): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .map(({ name, state, detail, next }) => {
      const mark = colored(terminal, STATE_COLORS[state], state.padEnd(4))
      const lines = detail
        .split('\n')
        .map(plain)
        .join(`\n${' '.repeat(width + 8)}`)
      return `${mark}  ${name.padEnd(width)}  ${lines}\n${next ? `${' '.repeat(width + 8)}next: ${next}\n` : ''}`
    })
    .join('')
}
