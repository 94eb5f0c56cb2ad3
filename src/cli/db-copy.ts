import type { Command } from 'commander'
import { addPlaceOptions, type DbOptions, placeOf, requireDatabase } from './db-place.ts'
import { CliError } from './failure.ts'
import { print, type Terminal, table } from './output.ts'

type Options = DbOptions & { readonly to: string }

const POSTGRES = /^postgres(?:ql)?:\/\//

export function addDbCopy(db: Command, terminal: Terminal): void {
  addPlaceOptions(db.command('copy'))
    .description('copy the books of a data folder into an empty PostgreSQL; stop the gateway first')
    .requiredOption('--to <url>', 'postgres://user@host/database')
    .action((options: Options) => copy(options, terminal))
}

async function copy(options: Options, terminal: Terminal): Promise<void> {
  if (!POSTGRES.test(options.to)) {
    throw new CliError('usage', '--to must be an address such as postgres://user@host/database')
  }
  const { data } = await placeOf({ ...options, ledger: 'sqlite' }, terminal)
  requireDatabase(data)
  const { copyLedger } = await import('../main/copy-ledger.ts')
  const onProgress = (name: string, rows: number) => {
    if (terminal.showsProgress) terminal.stderr(`\r\u001b[K${name}: ${rows.toLocaleString('en-US')} rows `)
  }
  const copied = await copyLedger(data, options.to, onProgress).finally(() => {
    if (terminal.showsProgress) terminal.stderr('\r\u001b[K')
  })
  print(terminal, options.json === true, { copied }, () => {
    const rows = copied.map((one) => [one.table, String(one.rows), one.sum === 0n ? '' : String(one.sum)])
    const next = 'next: set stores.ledger (or WASAT_LEDGER) to that address, and start the gateway'
    return `${table(['TABLE', 'ROWS', 'SUM'], rows)}\nEverything is there, and equals its source.\n${next}\n`
  })
}
