import type { Command } from 'commander'
import { FIRST_VARIABLE, modelToShow } from '../config/detect.ts'
import type { Flags, LoadedConfig, LoadOptions } from '../config/load.ts'
import { watchConfig } from '../config/watch.ts'
import { addServerOptions, loadOptions } from './config-options.ts'
import { EXIT, failureOf } from './failure.ts'
import { type Greeting, renderGreeting } from './first-start.ts'
import { findLocalOllama } from './local-ollama.ts'
import type { Terminal } from './output.ts'
import { programVersion } from './version.ts'

/** What runs after `start`; the part of it that this command uses. */
export interface RunningGateway {
  readonly url: string
  /** Settled once it is known who may come in. */
  readonly firstStart: Promise<FirstStart>
  readonly usesSandboxOnly: boolean
  reload(loaded: LoadedConfig): Promise<void>
  /** Writes to the log what nobody caught. */
  blame(error: unknown): void
  shutdown(mode: ShutdownMode): Promise<number>
}

type FirstStart = Greeting['firstStart']
type ShutdownMode = 'graceful' | 'quick' | 'crashed' | 'now'
type Start = (loaded: LoadedConfig) => Promise<RunningGateway>

/** Where signals come from: `process`, or an emitter in a test. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown
  off(signal: NodeJS.Signals, listener: () => void): unknown
  off(event: 'uncaughtException', listener: (error: unknown) => void): unknown
}

/**
 * A Ctrl-C reaches every process of the terminal at once, and `npm` and our own launcher pass it on as well:
 * what comes within this time is the same keystroke.
 */
const INTERRUPT_ECHO_MS = 300

export function addServeCommand(
  program: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
  signals: SignalSource = process,
): void {
  addServerOptions(program.command('serve', { isDefault: true }))
    .description('start the gateway (also what wasat alone does)')
    .action(async (flags: Flags) => done(await serve(flags, terminal, signals, importStart)))
}

// Imported when it is needed: the other commands start without the server's code.
async function importStart(): Promise<Start> {
  const { start } = await import('../main.ts')
  return start
}

/** Runs until a signal ends it; resolves with the exit code. */
export async function serve(
  flags: Flags,
  terminal: Terminal,
  signals: SignalSource,
  loadStart: () => Promise<Start>,
): Promise<number> {
  const { loadConfig } = await import('../config/load.ts')
  const hasLocalOllama = await findLocalOllama()
  const options: LoadOptions = { ...loadOptions(flags, terminal), hasLocalOllama }
  const loaded = loadConfig(options)
  const start = await loadStart()
  const gateway = await start(loaded)
  const reload = createReload(options, terminal, gateway)
  const stopWatching = loaded.file
    ? watchConfig(loaded.file, loaded.fileFingerprint, () => void reload())
    : () => {}
  try {
    const end = runUntilSignal(gateway, signals, () => void reload(), stopWatching)
    // Whoever reads this line may signal, or change the file, in the same moment.
    const greeted = gateway.firstStart.then((first) => terminal.stdout(greetingOf(gateway, first, loaded)))
    return await Promise.race([end, greeted.then(() => end)])
  } finally {
    stopWatching()
  }
}

function greetingOf(
  gateway: RunningGateway,
  firstStart: FirstStart,
  { config, notices, secrets }: LoadedConfig,
): string {
  return renderGreeting({
    version: programVersion(),
    url: gateway.url,
    firstStart,
    usesSandboxOnly: gateway.usesSandboxOnly,
    model: modelToShow(config),
    upstreamVariable: FIRST_VARIABLE,
    // The line about the sandbox already says that no key was found.
    notices: gateway.usesSandboxOnly ? [] : notices,
    hasOwnClientKey: secrets.clientKey !== undefined,
  })
}

/** One reload at a time, in order; a bad configuration is told and the old one stays. */
function createReload(
  options: LoadOptions,
  terminal: Terminal,
  gateway: RunningGateway,
): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  const once = async (): Promise<void> => {
    try {
      const { loadConfig } = await import('../config/load.ts')
      await gateway.reload(loadConfig(options))
    } catch (error) {
      terminal.stderr(`wasat: configuration not reloaded, the old one stays: ${failureOf(error).text}\n`)
    }
  }
  return () => {
    last = last.then(once)
    return last
  }
}

function runUntilSignal(
  gateway: RunningGateway,
  signals: SignalSource,
  reload: () => void,
  stopWatching: () => void,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let stopping = false
  let interruptedAtMs = Number.NEGATIVE_INFINITY
  const stop = (mode: ShutdownMode): void => {
    stopWatching()
    gateway.shutdown(stopping ? 'now' : mode).then(resolve, reject)
    stopping = true
  }
  const listeners: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGHUP: () => {
      if (!stopping) reload()
    },
    SIGTERM: () => stop('graceful'),
    SIGINT: () => {
      const now = performance.now()
      if (now - interruptedAtMs < INTERRUPT_ECHO_MS) return
      interruptedAtMs = now
      stop('quick')
    },
  }
  // A rejection that nobody handles comes here as well. What the process holds may be anything now: who is being answered
  // still is, and whoever supervises it starts another one.
  const crash = (error: unknown): void => {
    stopWatching()
    gateway.blame(error)
    gateway.shutdown('crashed').then(resolve, reject)
    stopping = true
  }
  signals.on('uncaughtException', crash)
  const entries = Object.entries(listeners) as [NodeJS.Signals, () => void][]
  for (const [signal, listener] of entries) signals.on(signal, listener)
  return promise
    .then((exitCode) => exitCode ?? EXIT.ok)
    .finally(() => {
      signals.off('uncaughtException', crash)
      for (const [signal, listener] of entries) signals.off(signal, listener)
    })
}
