import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BIN, ended } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-launcher-'))
after(() => rmSync(folder, { recursive: true }))

/** The system's own Node; the launcher is for the ones that are too old. */
const OLD_NODE = '/usr/bin/node'
const skip = systemNodeMajor() >= 24 && "the system's Node is missing or new enough"

function systemNodeMajor(): number {
  try {
    return Number.parseInt(execFileSync(OLD_NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** A package with the launcher and, in the place of the program, a few lines that show what arrives. */
function place(name: string, program: string, file = 'src/cli/program.ts'): string {
  const root = join(folder, name)
  mkdirSync(join(root, 'bin'), { recursive: true })
  mkdirSync(dirname(join(root, file)), { recursive: true })
  cpSync(BIN, join(root, 'bin/wasat.mjs'))
  writeFileSync(join(root, file), program)
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  return root
}

function withModules(root: string): string {
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'))
  return root
}

function launch(root: string, words: readonly string[], node = OLD_NODE): ChildProcess {
  return spawn(node, [join(root, 'bin/wasat.mjs'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
}

const SHOW = `export async function main(): Promise<void> {
  console.log(JSON.stringify([process.versions.node, process.argv.slice(2), process.env.WASAT_RESTARTED ?? null]))
  process.exitCode = 4
}`

test('[CLI-04] an old Node starts the one that came along, with every word and the exit code', {
  skip,
}, async () => {
  const root = withModules(place('show', SHOW))
  const { exitCode, stdout, stderr } = await ended(launch(root, ['keys', 'a b', '--json']))
  assert.equal(exitCode, 4, stderr)
  const [version, words, mark] = JSON.parse(stdout)
  assert.ok(Number.parseInt(version, 10) >= 24)
  assert.deepEqual([words, mark], [['keys', 'a b', '--json'], null])
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`an old Node passes ${signal} on and ends as the program ends`, { skip }, async () => {
    const program = `export async function main(): Promise<void> {
      const alive = setInterval(() => {}, 1000)
      process.on('${signal}', () => { clearInterval(alive); process.exitCode = 7; console.log('told') })
      console.log('ready')
    }`
    const child = launch(withModules(place(signal, program)), [])
    const end = ended(child)
    await once(child.stdout!, 'data')
    child.kill(signal)
    const { exitCode, stdout } = await end
    assert.deepEqual([exitCode, stdout], [7, 'ready\ntold\n'])
  })

test('a program that a signal killed is told as shells tell it', { skip }, async () => {
  const program = `export async function main(): Promise<void> { process.kill(process.pid, 'SIGKILL') }`
  assert.equal((await ended(launch(withModules(place('killed', program)), []))).exitCode, 137)
})

test('[CLI-04] an old Node without a platform package says what to do', { skip }, async () => {
  const { exitCode, stdout, stderr } = await ended(launch(place('alone', SHOW), ['serve', '--port', '1']))
  assert.deepEqual([exitCode, stdout], [1, ''])
  assert.match(stderr, /needs Node 24 or newer, and this is v/)
  assert.match(stderr, /npx -y -p node-\S+@26\.\d+\.\d+ -- node ".*wasat\.mjs" serve --port 1\n/)
})

test('without the sources it takes the emitted JavaScript', async () => {
  const root = place('emitted', SHOW.replace(': Promise<void>', ''), 'dist/src/cli/program.js')
  const { exitCode, stdout } = await ended(launch(root, ['version'], process.execPath))
  assert.equal(exitCode, 4)
  assert.deepEqual(JSON.parse(stdout)[1], ['version'])
})
