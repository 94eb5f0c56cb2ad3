import { once } from 'node:events'
import { createWriteStream, renameSync, rmSync, type WriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { withAdmin } from './admin-access.ts'
import type { Sink } from './admin-client.ts'
import { addFolderOptions } from './config-options.ts'
import { plain, type Terminal } from './output.ts'
import { addUsageOptions, type UsageOptions, usageQuery } from './usage-options.ts'

type Options = UsageOptions & { readonly format: 'csv' | 'jsonl'; readonly out?: string }

export function addUsageExport(usage: Command, terminal: Terminal): void {
  const command = addFolderOptions(usage.command('export'))
    .description('every request of the ledger, one by one')
    .addOption(new Option('--format <format>', 'csv or jsonl').choices(['csv', 'jsonl']).default('csv'))
    .option('--out <file>', 'write there instead of to standard output; a file of that name is replaced')
  addUsageOptions(command).action((options: Options) => exportRows(options, terminal))
}

async function exportRows(options: Options, terminal: Terminal): Promise<void> {
  const { format, out } = options
  const path = `/usage/rows${usageQuery(options, { format })}`
  if (out === undefined) {
    return withAdmin(options, terminal, (admin) => admin.stream(path, terminalSink(terminal)))
  }
  const file = resolve(terminal.cwd, out)
  await intoFile(file, (sink) => withAdmin(options, terminal, (admin) => admin.stream(path, sink)))
  terminal.stderr(`written to ${plain(file)}\n`)
}

function terminalSink(terminal: Terminal): Sink {
  return (piece) => {
    terminal.stdout(piece.toString())
    return terminal.drained?.()
  }
}

/** The file is there when it is whole: half an export must not look like one. */
async function intoFile(file: string, work: (sink: Sink) => Promise<void>): Promise<void> {
  const partial = `${file}.partial`
  const stream = createWriteStream(partial, { mode: 0o600 })
  try {
    await once(stream, 'open')
    await work((piece) => written(stream, piece))
    stream.end()
    await once(stream, 'close')
    renameSync(partial, file)
  } catch (error) {
    stream.destroy()
    rmSync(partial, { force: true })
    throw error
  }
}

function written(stream: WriteStream, piece: Buffer | string): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>()
  stream.write(piece, (error) => (error ? reject(error) : done()))
  return promise
}
