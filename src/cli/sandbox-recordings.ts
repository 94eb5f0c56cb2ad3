import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { CliError, EXIT, failureOf } from './failure.ts'
import { plain, print, type Terminal, table } from './output.ts'

/** Where recordings lie when no folder is given. */
export const RECORDINGS_FOLDER = 'recordings'

interface Options {
  readonly recordings: string
  readonly json?: boolean
}

interface Row {
  readonly file: string
  readonly model: string
  readonly verb: string
  readonly delivery: string
  readonly status: number
  readonly ended: string
  readonly bytes: number
  readonly recordedAt: string
  readonly lastUserText: string
}

interface Unusable {
  readonly file: string
  readonly error: string
}

const SHOWN_CHARS_MAX = 40

export function addRecordingsCommands(
  sandbox: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  const recordings = sandbox.command('recordings').description('look at what was recorded')
  recordings
    .command('list')
    .description('list the recordings; ends with 1 when one of them cannot be used')
    .option('--recordings <folder>', 'folder of the recordings', RECORDINGS_FOLDER)
    .option('--json', 'print JSON')
    .action(async (options: Options) => done(await list(options, terminal)))
}

async function list(options: Options, terminal: Terminal): Promise<number> {
  const folder = resolve(terminal.cwd, options.recordings)
  if (!existsSync(folder)) {
    throw new CliError('notFound', `there is no folder ${folder}`, 'record something: wasat sandbox record')
  }
  const rows = await readRows(folder)
  const good = rows.filter((row): row is Row => !('error' in row))
  const bad = rows.filter((row): row is Unusable => 'error' in row)
  const result = { folder, recordings: good, unusable: bad }
  print(terminal, options.json === true, result, () => {
    if (rows.length === 0) return `There are no recordings in ${plain(folder)}.\n`
    return `${table(HEAD, good.map(cellsOf))}${bad.map(({ error }) => `\n${plain(error)}\n`).join('')}`
  })
  return bad.length === 0 ? EXIT.ok : EXIT.failure
}

async function readRows(folder: string): Promise<(Row | Unusable)[]> {
  const { readRecording, recordingFiles } = await import('../upstreams/sandbox/fixtures/recordings.ts')
  const { bytesOf } = await import('../upstreams/sandbox/fixtures/recording.ts')
  const { lastUserTextOf } = await import('../upstreams/sandbox/fixtures/subject.ts')
  return recordingFiles(folder).map((file) => {
    try {
      const { request, response, recordedAt } = readRecording(folder, file)
      const { model, verb, delivery } = request
      const { status, ended } = response
      const bytes = response.body.reduce((sum, piece) => sum + bytesOf(piece).length, 0)
      const lastUserText = lastUserTextOf(request.body)
      return { file, model, verb, delivery, status, ended, bytes, recordedAt, lastUserText }
    } catch (error) {
      return { file: join(folder, file), error: failureOf(error).text }
    }
  })
}

const HEAD = ['FILE', 'DELIVERY', 'STATUS', 'ENDED', 'BYTES', 'RECORDED', 'LAST USER TEXT']

function cellsOf(row: Row): string[] {
  const text = row.lastUserText
  const shown = text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text
  return [row.file, row.delivery, String(row.status), row.ended, String(row.bytes), row.recordedAt, shown]
}
