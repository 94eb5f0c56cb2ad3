/** `sandbox record` and `sandbox replay`: the gateway with everything going to one sandbox. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { FIRST_VARIABLE } from '../config/detect.ts'
import type { Flags, LoadedConfig } from '../config/load.ts'
import type { Config, SandboxUpstreamConfig } from '../config/schema.ts'
import type { RecordingNotice } from '../upstreams/sandbox/fixtures/record.ts'
import { nearest } from '../wire/nearest.ts'
import { addServerOptions } from './config-options.ts'
import { CliError } from './failure.ts'
import { colored, plain, type Terminal } from './output.ts'
import { RECORDINGS_FOLDER } from './sandbox-recordings.ts'
import { type RunningGateway, type SignalSource, serve } from './serve.ts'

interface RecordOptions extends Flags {
  readonly upstream?: string
  readonly recordings: string
  readonly fixtures?: readonly string[]
  readonly refresh?: boolean
}

interface ReplayOptions extends Flags {
  readonly recordings?: string
  readonly fixtures?: readonly string[]
}

type Transform = (loaded: LoadedConfig) => LoadedConfig

export function addSandboxServers(
  sandbox: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
  signals: SignalSource,
): void {
  const fixtures = [
    '--fixtures <path>',
    'file or folder of fixtures that come first; repeatable',
    collect,
  ] as const
  addServerOptions(sandbox.command('record'))
    .description('start a gateway that asks an upstream and stores what it answers')
    .option('--upstream <name>', 'the upstream to ask (the first one that is no sandbox)')
    .option('--recordings <folder>', 'folder to store in', RECORDINGS_FOLDER)
    .option('--refresh', 'ask again for what is recorded already')
    .option(...fixtures)
    .action(async (options: RecordOptions) => done(await record(options, terminal, signals)))
  addServerOptions(sandbox.command('replay'))
    .description('start a gateway that answers from recordings and fixtures alone; a miss is a 404')
    .option('--recordings <folder>', `folder of the recordings (${RECORDINGS_FOLDER}, when there is one)`)
    .option(...fixtures)
    .action(async (options: ReplayOptions) => done(await replay(options, terminal, signals)))
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

async function record(options: RecordOptions, terminal: Terminal, signals: SignalSource): Promise<number> {
  const recordings = resolve(terminal.cwd, options.recordings)
  const fixtures = absolute(options.fixtures, terminal)
  const transform: Transform = (loaded) => {
    const upstream = upstreamToRecord(loaded.config, options.upstream)
    const mode = options.refresh ? 'record' : 'miss'
    return recordingConfig(loaded, upstream, {
      ...PLAIN_SANDBOX,
      fixtures,
      record: mode,
      recordings,
      recordFrom: upstream,
    })
  }
  const { RECORDING_CHANNEL } = await import('../upstreams/sandbox/fixtures/record.ts')
  const tell = (message: unknown) =>
    terminal.stdout(renderNotice(message as RecordingNotice, recordings, terminal))
  subscribe(RECORDING_CHANNEL, tell)
  try {
    return await serve(options, terminal, signals, async () =>
      startWith(transform, `recordings go to ${recordings}`, terminal),
    )
  } finally {
    unsubscribe(RECORDING_CHANNEL, tell)
  }
}

async function replay(options: ReplayOptions, terminal: Terminal, signals: SignalSource): Promise<number> {
  const folder = resolve(terminal.cwd, options.recordings ?? RECORDINGS_FOLDER)
  const fixtures = absolute(options.fixtures, terminal)
  const hasFolder = existsSync(folder)
  if (!hasFolder && (options.recordings !== undefined || fixtures.length === 0))
    throw new CliError('notFound', `there is no folder ${folder}`, 'record something: wasat sandbox record')
  const sandbox: SandboxUpstreamConfig = {
    ...PLAIN_SANDBOX,
    fixtures,
    record: 'replay',
    ...(hasFolder && { recordings: folder }),
  }
  const transform: Transform = (loaded) => withRoutes(loaded, { sandbox }, {})
  const sources = [...fixtures, ...(hasFolder ? [folder] : [])].join(', ')
  return serve(options, terminal, signals, async () =>
    startWith(transform, `answers come from ${sources}`, terminal),
  )
}

const PLAIN_SANDBOX: SandboxUpstreamConfig = {
  kind: 'sandbox',
  fixtures: [],
  record: 'off',
  billing: 'free',
  speed: [],
  python: true,
}

function absolute(paths: readonly string[] = [], { cwd }: Terminal): string[] {
  return paths.map((path) => resolve(cwd, path))
}

/** The real start, with the configuration changed at the start and at each reload. */
async function startWith(transform: Transform, notice: string, terminal: Terminal) {
  const { start } = await import('../main.ts')
  return async (loaded: LoadedConfig): Promise<RunningGateway> => {
    const gateway = await start(transform(loaded))
    terminal.stdout(`${plain(notice)}\n`)
    return {
      url: gateway.url,
      firstStart: gateway.firstStart,
      // The greeting would offer to leave the sandbox.
      usesSandboxOnly: false,
      reload: (next) => gateway.reload(transform(next)),
      blame: (error) => gateway.blame(error),
      shutdown: (mode) => gateway.shutdown(mode),
    }
  }
}

/** The name of the upstream to ask. Throws `CliError` when there is none. */
export function upstreamToRecord(
  { upstreams }: Pick<Config, 'upstreams'>,
  wanted: string | undefined,
): string {
  const names = Object.keys(upstreams).filter((name) => upstreams[name]!.kind !== 'sandbox')
  const [first] = names
  if (first === undefined) {
    const next = `set ${FIRST_VARIABLE}, or name an upstream in wasat.yaml`
    throw new CliError('usage', 'there is no upstream to record from', next)
  }
  if (wanted === undefined || names.includes(wanted)) return wanted ?? first
  const near = nearest(wanted, names)
  const next = near ? `did you mean ${near}?` : `the upstreams are: ${names.join(', ')}`
  throw new CliError('usage', `there is no upstream ${JSON.stringify(wanted)} to record from`, next)
}

/** Everything goes through the recording sandbox, and names that led to the upstream still lead there. */
export function recordingConfig(
  loaded: LoadedConfig,
  upstream: string,
  sandbox: SandboxUpstreamConfig,
): LoadedConfig {
  const { upstreams, models } = loaded.config
  const recorder = upstream === 'sandbox' ? 'recorder' : 'sandbox'
  const entries = Object.entries(models).flatMap(([name, { targets }]) => {
    const own = targets.find((target) => (typeof target === 'string' ? target : target.upstream) === upstream)
    if (own === undefined) return []
    return [[name, { targets: [typeof own === 'string' ? recorder : { ...own, upstream: recorder }] }]]
  })
  const routes: Config['models'] = { ...Object.fromEntries(entries), '*': { targets: [recorder] } }
  return withRoutes(loaded, { [upstream]: upstreams[upstream]!, [recorder]: sandbox }, routes)
}

function withRoutes(
  loaded: LoadedConfig,
  upstreams: Config['upstreams'],
  models: Config['models'],
): LoadedConfig {
  return { ...loaded, notices: [], config: { ...loaded.config, upstreams, models } }
}

/** One line for each answer that was to be stored. */
function renderNotice(notice: RecordingNotice, folder: string, terminal: Terminal): string {
  const { kind, file, verb, model, status, bytes, reason } = notice
  const what = `${verb} of ${model}, status ${status}, ${bytes} bytes`
  const line = file === undefined ? `${what}: ${reason}` : `${join(folder, file)} (${what})`
  const color = kind === 'stored' ? 'green' : kind === 'skipped' ? 'yellow' : 'red'
  return `${colored(terminal, color, kind)} ${plain(line)}\n`
}
