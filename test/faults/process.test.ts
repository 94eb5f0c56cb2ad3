/** Faults of the process itself: no more descriptors, nobody who reads its output, no door beside its own. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE, dataFolder, type Gateway, startGateway, until } from '../gateway/rig.ts'
import { freePort } from '../servers/child-command.ts'
import { ADMIN_KEY, CLIENT_KEY } from '../servers/wasat-process.ts'

/** Those that it has open anyway are about thirty. */
const DESCRIPTORS_MAX = 64
const CONNECTIONS = 100
/** More lines than a pipe and the queue before it hold. */
const UNREAD_REQUESTS = 1_000
const REQUESTS_AT_ONCE = 16
const COMMAND = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))
const ASK_PATH = '/v1beta/models/gemini-2.5-flash:generateContent'

const isLinux = process.platform === 'linux'
const canLimit = isLinux && spawnSync('prlimit', ['--version']).status === 0

suite('[NEV-62] a process', { concurrency: true }, () => {
  let gateway: Gateway
  before(async () => {
    gateway = await startGateway()
  })
  after(() => gateway?.stop('SIGINT'))

  test('[NEV-62] P16 it listens on its own port and on no other, debugger included', {
    skip: !isLinux,
  }, async () => {
    assert.deepEqual(await listeningPorts(gateway.pid), [gateway.port])
  })

  test('[NEV-62] P08 out of descriptors, it serves whom it has and comes back', {
    skip: !canLimit,
  }, async () => {
    const limited = await startGateway()
    try {
      const { status } = spawnSync('prlimit', ['--pid', `${limited.pid}`, `--nofile=${DESCRIPTORS_MAX}`])
      assert.equal(status, 0)
      const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => knock(limited.port)))
      assert.ok(limited.alive())
      for (const socket of sockets) socket.destroy()
      await until('it answers again', async () => (await statusOf(limited)) === 200)
      assert.equal(await limited.stop('SIGINT'), 0)
    } finally {
      if (limited.alive()) await limited.kill()
    }
  })

  test('[NEV-62] P12 nobody reads its output: lines are lost, requests are not', async () => {
    const folder = await dataFolder()
    const port = await freePort()
    const env = {
      PATH: process.env.PATH,
      HOME: folder.path,
      WASAT_KEY: CLIENT_KEY,
      WASAT_ADMIN_KEY: ADMIN_KEY,
    }
    const child = spawn(process.execPath, [COMMAND, 'serve', '--port', `${port}`], {
      cwd: folder.path,
      env: { ...env, ...COMPILE_CACHE, WASAT_DATA: folder.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    try {
      await until('it answers', () => reaches(port))
      await many(UNREAD_REQUESTS, async () => assert.equal(await ask(port), 200))
      assert.equal(child.exitCode, null)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
      await folder.remove()
    }
  })
})

async function many(times: number, work: () => Promise<void>): Promise<void> {
  let left = times
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker))
}

async function ask(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${ASK_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': CLIENT_KEY },
    body: '{"contents":[{"parts":[{"text":"hi"}]}]}',
  })
  await answer.arrayBuffer()
  return answer.status
}

async function reaches(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/livez`)).ok
  } catch {
    return false
  }
}

async function statusOf(gateway: Gateway): Promise<number | undefined> {
  try {
    return (await gateway.ask(ASK_PATH)).status
  } catch {
    return undefined
  }
}

/** Connects and says nothing; whether it was taken is the other side's matter. */
function knock(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.once('connect', () => resolve(socket))
    socket.once('close', () => resolve(socket))
  })
}

/** By the kernel's word: the sockets of the process that listen. */
async function listeningPorts(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => '')),
  )
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')),
  )
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[3] === '0A' && own.has(cells[9] ?? ''))
    .map((cells) => Number.parseInt(cells[1]?.split(':')[1] ?? '', 16))
}
