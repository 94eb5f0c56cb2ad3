/** Starts the real gateway as a user does, on a free port and a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireNoLeak, secretsOf } from './canaries.ts'

/** The keys that every gateway of the tests knows; constants, so that a request can be written down as data. */
export const CLIENT_KEY = 'client-key-canary-of-the-test-suite-0001'
export const ADMIN_KEY = 'wsa_test_admin-key-canary-of-the-test-suite-0002'

export interface WasatOptions {
  /** The text of a `wasat.yaml`. Without it the gateway starts with the sandbox alone. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments of `wasat serve`. */
  readonly args?: readonly string[]
  /** An existing data folder, which is then never removed. */
  readonly dataFolder?: string
  readonly keepDataFolder?: boolean
}

export interface WasatProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  readonly key: string
  readonly adminKey: string
  readonly dataFolder: string
  readonly pid: number
  /** All of standard output and standard error so far. */
  output(): string
  /** Whether the process has not ended yet. */
  alive(): boolean
  /** Resident memory in bytes; Linux only. */
  memory(): Promise<number>
  /** SIGTERM unless told otherwise; resolves to the exit code, or the signal's name when that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | string>
  /** SIGKILL. */
  kill(): Promise<void>
}

const START_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 15_000
const OUTPUT_CHARACTERS_MAX = 64 * 1024 * 1024
const COMMAND = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))

/** None outlives its test, however that ends. */
const RUNNING = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of RUNNING) child.kill('SIGKILL')
})

export async function startWasat(options: WasatOptions = {}): Promise<WasatProcess> {
  const home = await mkdtemp(join(tmpdir(), 'wasat-test-'))
  const dataFolder = options.dataFolder ?? join(home, 'data')
  const configArgs = await writeConfig(home, options.config)
  const args = [COMMAND, 'serve', '--port', '0', ...configArgs, ...(options.args ?? [])]
  const env = environment(home, dataFolder, options.env)
  const child = spawn(process.execPath, args, {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  RUNNING.add(child)
  const output = collectOutput(child)
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  let searched: Promise<void> | undefined
  async function ended(): Promise<number | string> {
    const code = await exited
    RUNNING.delete(child)
    const secrets = secretsOf(options.config ?? '', env)
    searched ??= requireNoLeak({ output: output.text(), dataFolder, secrets })
    try {
      await searched
    } finally {
      if (!options.keepDataFolder) await rm(home, { recursive: true, force: true })
    }
    return code
  }
  try {
    const port = await readyPort(output, exited, options.config ?? '')
    return gateway(child, port, dataFolder, output, ended)
  } catch (error) {
    child.kill('SIGKILL')
    await ended()
    throw error
  }
}

function gateway(
  child: ChildProcess,
  port: number,
  dataFolder: string,
  output: Output,
  ended: () => Promise<number | string>,
): WasatProcess {
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    key: CLIENT_KEY,
    adminKey: ADMIN_KEY,
    dataFolder,
    pid: child.pid!,
    output: output.text,
    alive: () => child.exitCode === null && child.signalCode === null,
    memory: () => residentBytes(child.pid!),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      const code = await ended()
      clearTimeout(timer)
      return code
    },
    async kill() {
      child.kill('SIGKILL')
      await ended()
    },
  }
}

/** Nothing of the machine's own environment but the search path: a key lying there would open a real upstream. */
function environment(home: string, dataFolder: string, extra: WasatOptions['env']): NodeJS.ProcessEnv {
  const path = process.env.PATH ?? ''
  return {
    PATH: path,
    HOME: home,
    WASAT_DATA: dataFolder,
    WASAT_KEY: CLIENT_KEY,
    WASAT_ADMIN_KEY: ADMIN_KEY,
    ...extra,
  }
}

async function writeConfig(home: string, config: string | undefined): Promise<string[]> {
  if (config === undefined) return []
  const path = join(home, 'wasat.yaml')
  await writeFile(path, config)
  return ['--config', path]
}

interface Output {
  text(): string
  /** Told of every piece until it says that it has heard enough. */
  onText(isEnough: () => boolean): void
}

function collectOutput(child: ChildProcess): Output {
  let text = ''
  let listeners: (() => boolean)[] = []
  const collect = (piece: string) => {
    text = (text + piece).slice(-OUTPUT_CHARACTERS_MAX)
    listeners = listeners.filter((isEnough) => !isEnough())
  }
  child.stdout!.setEncoding('utf8').on('data', collect)
  child.stderr!.setEncoding('utf8').on('data', collect)
  return { text: () => text, onText: (listener) => void listeners.push(listener) }
}

/** The first loopback address in the output that is not one of the upstreams' in the configuration. */
function readyPort(output: Output, exited: Promise<number | string>, config: string): Promise<number> {
  const others = loopbackPorts(config)
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`wasat serve ${why}\n${output.text()}`))
    const timer = setTimeout(() => fail(`printed no address within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    const look = () => {
      const port = loopbackPorts(output.text()).find((found) => !others.includes(found))
      if (port === undefined) return false
      clearTimeout(timer)
      resolve(port)
      return true
    }
    output.onText(look)
    void exited.then((code) => {
      clearTimeout(timer)
      fail(`ended with ${code} before it was ready`)
    })
    look()
  })
}

function loopbackPorts(text: string): number[] {
  return [...text.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map((match) => Number(match[1]))
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`no resident size for process ${pid}`)
  return Number(kibibytes) * 1024
}
