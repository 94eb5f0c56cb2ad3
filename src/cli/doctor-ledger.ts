/** `wasat doctor ledger`: whether the books add up. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Flags, StorePlace } from '../config/load.ts'
import type { AuditReport, Invariant, InvariantState } from '../stores/audit/audit.ts'
import { addFolderOptions, loadOptions } from './config-options.ts'
import { CliError, EXIT } from './failure.ts'
import { type Color, colored, plain, print, type Terminal } from './output.ts'

type Options = Flags & { readonly json?: boolean }

const HELP = `
Every sum and budget is worked out anew from the rows, and compared with what is stored. No row is changed, and a
gateway may go on meanwhile. Exit code 1: something does not add up.`

export function addLedgerCommand(
  doctor: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  addFolderOptions(doctor.command('ledger'))
    .description('check that the books add up: every budget, sum and price against the rows')
    .option('--ledger <url>', 'the ledger to check (sqlite, or postgres://…)')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (_: Options, command: Command) => {
      // The doctor has some of these options too, and takes them wherever they stand.
      const options = command.optsWithGlobals<Options>()
      const report = await runAudit(options, terminal)
      print(terminal, options.json === true, report, () => render(report, terminal))
      done(report.ok ? EXIT.ok : EXIT.failure)
    })
}

async function runAudit(options: Options, terminal: Terminal): Promise<AuditReport> {
  const { loadStorePlace } = await import('../config/load.ts')
  const place = loadStorePlace(loadOptions(options, terminal))
  requireBooks(place)
  const { auditLedger } = await import('../main/open-book.ts')
  if (terminal.showsProgress !== true) return auditLedger(place, () => undefined)
  try {
    return await auditLedger(place, (rows) => terminal.stderr(`\r${number(rows)} rows read `))
  } finally {
    terminal.stderr('\r\u001b[K')
  }
}

/** A place where nothing was ever stored is a mistyped one. */
function requireBooks({ data, stores }: StorePlace): void {
  if (stores.ledger !== 'sqlite' || existsSync(join(data, 'wasat.db'))) return
  throw new CliError('notFound', `there are no books in ${data}`, 'name their folder with --data')
}

const STATE_COLORS: Readonly<Record<InvariantState, Color>> = { ok: 'green', fail: 'red', skipped: 'dim' }
const STATE_WIDTH = 'skipped'.length
const ID_WIDTH = 'L32'.length
const INDENT = ' '.repeat(STATE_WIDTH + ID_WIDTH + 4)

function render({ ok, invariants }: AuditReport, terminal: Terminal): string {
  const count = (wanted: InvariantState) => invariants.filter(({ state }) => state === wanted).length
  const verdict = ok
    ? `The books add up: ${count('ok')} invariants hold, ${count('skipped')} cannot be seen in the store.`
    : `The books do not add up: ${count('fail')} invariants fail. Keep a backup, and report it with this table.`
  return `${invariants.map((invariant) => lines(invariant, terminal)).join('')}\n${verdict}\n`
}

function lines({ id, title, state, checked, detail, examples }: Invariant, terminal: Terminal): string {
  const mark = colored(terminal, STATE_COLORS[state], state.padEnd(STATE_WIDTH))
  const amount = state === 'skipped' ? '' : ` (${number(checked)} checked)`
  const more = [detail, examples.length > 0 ? `such as ${examples.join(', ')}` : ''].filter(Boolean)
  const below = more.map((text) => `${INDENT}${plain(text)}\n`).join('')
  return `${mark}  ${id.padEnd(ID_WIDTH)}  ${plain(title)}${amount}\n${below}`
}

const number = (count: number): string => count.toLocaleString('en-US')
