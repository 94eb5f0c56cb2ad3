/** The PostgreSQL and the Redis that the tests share: installed when they are missing, started, written down, stopped. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isRunning, runCommand } from '../test/servers/child-command.ts'
import {
  createCluster,
  destroyCluster,
  findPostgresPrograms,
  postgresUser,
  serverOf,
} from '../test/servers/postgres-server.ts'
import { answers, createRedisServer } from '../test/servers/redis-server.ts'
import {
  readServicesFile,
  SERVICES_FILE,
  SERVICES_FOLDER,
  type ServicesFile,
} from '../test/servers/services.ts'

const INSTALL_TIMEOUT_MS = 10 * 60_000
const REDIS_PROGRAMS = ['redis-server', 'valkey-server']

export async function startServers(): Promise<void> {
  const old = existsSync(SERVICES_FILE) ? readServicesFile() : undefined
  if (old !== undefined && (await isWell(old))) return tell('is there', old)
  // One of them is gone, or none was there: both start anew and empty.
  await stopServers()
  const programs = await findOrInstall('postgresql', findPostgresPrograms)
  const redis = await findOrInstall('redis-server', () => findInPath(REDIS_PROGRAMS))
  mkdirSync(SERVICES_FOLDER, { recursive: true })
  const file: ServicesFile = { postgres: await startPostgres(programs), redis: await startRedis(redis) }
  writeFileSync(SERVICES_FILE, `${JSON.stringify(file, null, 2)}\n`)
  tell('is started', file)
}

export async function stopServers(): Promise<void> {
  if (!existsSync(SERVICES_FILE)) return
  const { postgres, redis } = readServicesFile()
  if (isRunning(postgres.pid)) await serverOf(postgres).stop('immediate')
  destroyCluster(postgres)
  if (isRunning(redis.pid) && (await answers(redis.port))) process.kill(redis.pid, 'SIGTERM')
  rmSync(SERVICES_FOLDER, { recursive: true, force: true })
}

function tell(what: string, { postgres, redis }: ServicesFile): void {
  console.log(`PostgreSQL ${what}: ${postgres.url}`)
  console.log(`Redis ${what}: ${redis.url}`)
}

async function isWell({ postgres, redis }: ServicesFile): Promise<boolean> {
  if (!isRunning(postgres.pid) || !isRunning(redis.pid)) return false
  const isReady = await runCommand(join(postgres.programs, 'pg_isready'), ['--dbname', postgres.url]).then(
    () => true,
    () => false,
  )
  return isReady && (await answers(redis.port))
}

async function startPostgres(programs: string): Promise<ServicesFile['postgres']> {
  const cluster = await createCluster(programs, await clusterFolder())
  const server = serverOf(cluster)
  await server.start()
  return { ...cluster, url: server.url, pid: server.pid() }
}

async function startRedis(program: string): Promise<ServicesFile['redis']> {
  const server = await createRedisServer({
    program,
    folder: join(SERVICES_FOLDER, 'redis'),
    isDetached: true,
  })
  await server.start()
  return { url: server.url, port: Number(new URL(server.url).port), pid: server.pid(), program }
}

/** In `.services/`, unless the user that PostgreSQL runs as cannot come there: a clone below a private home folder. */
async function clusterFolder(): Promise<string> {
  const as = postgresUser()
  const isOpen = await runCommand('test', ['-x', SERVICES_FOLDER], as).then(
    () => true,
    () => false,
  )
  return isOpen ? join(SERVICES_FOLDER, 'postgres') : mkdtempSync(join(tmpdir(), 'wasat-services-'))
}

async function findOrInstall(name: string, find: () => string | undefined): Promise<string> {
  const found = find()
  if (found !== undefined) return found
  if (findInPath(['apt-get']) === undefined)
    throw new Error(`install ${name}, so that it is in the search path`)
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  for (const words of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', name],
  ]) {
    const [file, ...rest] = [...sudo, 'apt-get', ...words]
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync(file!, rest, { stdio: 'inherit', timeout: INSTALL_TIMEOUT_MS, env })
  }
  const installed = find()
  if (installed === undefined) throw new Error(`apt-get installed ${name}, but it is nowhere to be found`)
  return installed
}

function findInPath(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const files = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return files.find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
