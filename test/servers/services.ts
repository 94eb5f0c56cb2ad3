/**
 * The real servers that tests of the stores run against. `npm run services` starts the shared ones and writes
 * `.services/services.json`. A test that stops, kills or pauses its server starts a private one here, because two test
 * files run at a time.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRunning } from './child-command.ts'
import {
  createCluster,
  destroyCluster,
  type PostgresServer,
  serverOf,
  type TestDatabase,
} from './postgres-server.ts'
import { createRedisServer, type RedisServer } from './redis-server.ts'

export const SERVICES_FOLDER = fileURLToPath(new URL('../../.services', import.meta.url))
export const SERVICES_FILE = join(SERVICES_FOLDER, 'services.json')

/** What `npm run services` wrote down. */
export interface ServicesFile {
  readonly postgres: {
    readonly url: string
    readonly port: number
    readonly pid: number
    /** The folder with `postgres` and `pg_ctl`. */
    readonly programs: string
    readonly data: string
  }
  readonly redis: {
    readonly url: string
    readonly port: number
    readonly pid: number
    readonly program: string
  }
}

export interface Services {
  /** Shared: make a database of your own on it, and drop that. */
  readonly postgres: { readonly url: string; newDatabase(): Promise<TestDatabase> }
  /** Shared: use keys with a prefix of your own, and never FLUSHALL. */
  readonly redis: { readonly url: string }
}

export interface Disposable {
  dispose(): Promise<void>
}

/**
 * For the `skip` of a test: why it cannot run here, or false. In CI it is always false, and what is missing is a
 * failure.
 */
export const SERVICES_SKIP: string | false =
  !existsSync(SERVICES_FILE) && !process.env.CI && 'the servers are missing, run: npm run services'

/** Throws when the shared servers are not there. */
export function services(): Services {
  const file = readServicesFile()
  for (const { pid } of [file.postgres, file.redis]) {
    if (!isRunning(pid)) throw new Error('a server of the tests has stopped, run: npm run services')
  }
  return { postgres: serverOf(file.postgres), redis: { url: file.redis.url } }
}

/** A PostgreSQL of one's own, to be stopped and killed at will. It ends with this process at the latest. */
export async function startPostgres(): Promise<PostgresServer & Disposable> {
  const folder = privateFolder()
  const cluster = await createCluster(readServicesFile().postgres.programs, folder)
  const destroy = () => destroyCluster(cluster)
  process.once('exit', destroy)
  const server = serverOf(cluster)
  await server.start()
  return {
    ...server,
    dispose: async () => {
      process.off('exit', destroy)
      await server.stop('immediate').catch(() => undefined)
      destroy()
    },
  }
}

/** A Redis of one's own, to be stopped, killed and paused at will. It ends with this process at the latest. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer & Disposable> {
  const folder = privateFolder()
  const server = await createRedisServer({ program: readServicesFile().redis.program, folder, args })
  const destroy = () => {
    try {
      process.kill(server.pid(), 'SIGKILL')
    } catch {
      // It does not run.
    }
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', destroy)
  await server.start()
  return {
    ...server,
    dispose: async () => {
      process.off('exit', destroy)
      await server.kill().catch(() => undefined)
      destroy()
    },
  }
}

export function readServicesFile(): ServicesFile {
  if (!existsSync(SERVICES_FILE))
    throw new Error('the servers of the tests are missing, run: npm run services')
  return JSON.parse(readFileSync(SERVICES_FILE, 'utf8')) as ServicesFile
}

function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-server-'))
  // PostgreSQL runs as another user when we are root.
  chmodSync(folder, 0o755)
  return folder
}
