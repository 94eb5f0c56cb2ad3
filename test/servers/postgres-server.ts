/**
 * PostgreSQL clusters of the project's own: on a loopback port, in UTC, and as safe as in production (fsync is on).
 * Nothing of a cluster that the machine has already is touched.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Artefact } from './canaries.ts'
import { freePort, isRunning, type RunAs, runCommand } from './child-command.ts'

/** `fast` breaks connections and writes a checkpoint; `immediate` breaks everything, and the next start recovers. */
export type StopMode = 'fast' | 'immediate'

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

export interface PostgresServer {
  /** `postgres://wasat@127.0.0.1:<port>/postgres`: everything is allowed. */
  readonly url: string
  /** Of the first process of the server. Throws when it is not running. */
  pid(): number
  newDatabase(): Promise<TestDatabase>
  start(): Promise<void>
  stop(mode?: StopMode): Promise<void>
  restart(mode?: StopMode): Promise<void>
  /** kill -9 of the first process; its children end by themselves, and are waited for. */
  kill(): Promise<void>
}

export interface Cluster {
  /** The folder with `postgres` and `pg_ctl`. */
  readonly programs: string
  readonly data: string
  readonly port: number
}

const START_TIMEOUT_SECONDS = 30
/** After kill -9 the children of the dead server hold its memory for a moment, and a start is refused. */
const START_ATTEMPTS_MAX = 50
const START_PAUSE_MS = 100
const LOG_LINES = 20
const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
fsync = on
timezone = 'UTC'
log_timezone = 'UTC'
`

/** Where `initdb` and `postgres` are: in the search path, else where the packages of Debian and of Homebrew put them. */
export function findPostgresPrograms(): string | undefined {
  const newestFirst = (pattern: string) =>
    globSync(pattern).sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
  const folders = [
    ...newestFirst('/usr/lib/postgresql/*/bin'),
    ...(process.env.PATH ?? '').split(delimiter),
    ...newestFirst('/opt/homebrew/opt/postgresql@*/bin'),
    ...newestFirst('/usr/pgsql-*/bin'),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
}

/** Makes an empty cluster below `folder`, which must not hold one. Its only user is `wasat`, without a password. */
export async function createCluster(programs: string, folder: string): Promise<Cluster> {
  mkdirSync(folder, { recursive: true })
  const as = postgresUser()
  if (as.uid !== undefined && as.gid !== undefined) {
    chmodSync(folder, 0o755)
    chownSync(folder, as.uid, as.gid)
  }
  const data = join(folder, 'data')
  const words = [
    '--pgdata',
    data,
    '--username',
    'wasat',
    '--auth',
    'trust',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
  ]
  await runCommand(join(programs, 'initdb'), [...words, '--no-sync'], as)
  appendFileSync(join(data, 'postgresql.conf'), SETTINGS)
  return { programs, data, port: await freePort() }
}

/** The server of a cluster, whether it runs already or not. */
export function serverOf({ programs, data, port }: Cluster): PostgresServer {
  const as = postgresUser()
  const url = `postgres://wasat@127.0.0.1:${port}/postgres`
  const log = join(data, '..', 'log')
  async function control(...words: string[]): Promise<void> {
    const always = ['--pgdata', data, '--wait', '--timeout', `${START_TIMEOUT_SECONDS}`]
    try {
      await runCommand(join(programs, 'pg_ctl'), [...always, ...words], as)
    } catch (error) {
      // What the server said last tells why.
      const said = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []
      throw new Error(`${error}\n${said.slice(-LOG_LINES).join('\n')}`)
    }
  }

  const pid = () => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0])

  async function start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await control('--log', log, '--options', `-p ${port}`, 'start')
        return
      } catch (error) {
        if (attempt === START_ATTEMPTS_MAX) throw error
        await sleep(START_PAUSE_MS)
      }
    }
  }

  async function stop(mode: StopMode = 'fast'): Promise<void> {
    await control('--mode', mode, 'stop')
  }

  return {
    url,
    pid,
    start,
    stop,
    newDatabase: () => newDatabase(url),
    restart: async (mode) => {
      await stop(mode)
      await start()
    },
    kill: async () => {
      const first = pid()
      const children = childrenOf(first)
      process.kill(first, 'SIGKILL')
      // A child that has not noticed yet serves its connection once more.
      while ([first, ...children].some(isRunning)) await sleep(5)
    },
  }
}

/** Linux only; elsewhere none is known. */
function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number) : []
}

/** The end of a cluster that its maker does not need any more, at once: also while this process exits. */
export function destroyCluster({ data }: Cluster): void {
  try {
    const [first] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)
    // Its children see its end and follow.
    process.kill(Number(first), 'SIGQUIT')
  } catch {
    // It does not run.
  }
  rmSync(join(data, '..'), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

async function newDatabase(url: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await execute(url, `CREATE DATABASE ${name}`)
  return {
    url: url.replace(/postgres$/, name),
    drop: () => execute(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** Every row of every table as text. */
export async function rowsIn(url: string): Promise<Artefact[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    const artefacts: Artefact[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)
      artefacts.push({ name: `table ${name}`, bytes: Buffer.from(rows.map(({ text }) => text).join('\n')) })
    }
    return artefacts
  } finally {
    await client.end()
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
export function postgresUser(): RunAs {
  if (process.getuid?.() !== 0) return {}
  const idOf = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
