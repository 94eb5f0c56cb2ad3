/** Redis or Valkey on a loopback port, with a folder of its own and nothing written to the disk. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isRunning } from './child-command.ts'

export interface RedisServer {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  /** Throws when it is not running. */
  pid(): number
  start(): Promise<void>
  /** SIGTERM. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** Its connections stay open and nobody answers. */
  pause(): void
  resume(): void
}

export interface RedisOptions {
  readonly program: string
  readonly folder: string
  readonly port?: number
  /** Further words of the command line. */
  readonly args?: readonly string[]
  /** Let it outlive this process. */
  readonly isDetached?: boolean
}

const START_TIMEOUT_MS = 10_000
const START_PAUSE_MS = 20

/** Not started yet. */
export async function createRedisServer(options: RedisOptions): Promise<RedisServer> {
  const port = options.port ?? (await freePort())
  mkdirSync(options.folder, { recursive: true })
  let pid: number | undefined

  const pidNow = (): number => {
    if (pid === undefined || !isRunning(pid)) throw new Error('this Redis is not running')
    return pid
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = pidNow()
    process.kill(ending, signal)
    while (isRunning(ending)) await sleep(5)
    pid = undefined
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    pid: pidNow,
    start: async () => {
      pid = launch(options, port)
      await waitForAnswer(port, pid)
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void process.kill(pidNow(), 'SIGSTOP'),
    resume: () => void process.kill(pidNow(), 'SIGCONT'),
  }
}

function launch(options: RedisOptions, port: number): number {
  const own = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    options.folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const child = spawn(options.program, [...own, ...(options.args ?? [])], {
    detached: options.isDetached ?? false,
    stdio: 'ignore',
  })
  child.on('error', () => undefined)
  child.unref()
  if (child.pid === undefined) throw new Error(`${options.program} cannot be started`)
  return child.pid
}

async function waitForAnswer(port: number, pid: number): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await answers(port))) {
    if (performance.now() > deadline || !isRunning(pid))
      throw new Error(`Redis does not answer on port ${port}`)
    await sleep(START_PAUSE_MS)
  }
}

/** Whether a Redis answers there; one that asks for a password does, too. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    const tell = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.setTimeout(1_000, () => tell(false))
    socket.on('error', () => tell(false))
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', (bytes) => tell(/^[+-](?:PONG|NOAUTH)/.test(bytes.toString('latin1'))))
  })
}
