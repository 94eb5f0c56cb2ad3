/** What `wasat serve` prints at its first start, taken out of its output and run as it stands. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NEWEST_PYTHON_CLIENT } from './python-clients.ts'

const COMMAND = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))
const CLIENT_PACKAGE = fileURLToPath(new URL('../../node_modules/genai-3', import.meta.url))
const { python: PYTHON, skip } = NEWEST_PYTHON_CLIENT
const START_TIMEOUT_MS = 15_000
const RUN_TIMEOUT_MS = 60_000

let folder = ''
let server: ChildProcess
let greeting = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasat-snippets-'))
  // As a person starts it: no key set, so that it makes and prints them.
  server = spawn(process.execPath, [COMMAND, 'serve', '--port', '0'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, WASAT_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  server.stdout!.setEncoding('utf8')
  while (!/operator API:[^\n]*\n/.test(greeting))
    greeting += (await once(server.stdout!, 'data', { signal }))[0]
})

after(async () => {
  if (server.exitCode === null) {
    server.kill('SIGINT')
    await once(server, 'exit')
  }
  await rm(folder, { recursive: true, force: true })
})

/** The lines below the heading that begins with `title`, up to the next blank line. */
function snippet(title: string): string {
  const lines = greeting.split('\n')
  const at = lines.findIndex((line) => new RegExp(`^\\W*${title}\\b`).test(line))
  assert.ok(at >= 0, `no snippet for ${title} in:\n${greeting}`)
  const end = lines.findIndex((line, index) => index > at && line.trim() === '')
  const body = lines.slice(at + 1, end)
  const indent = Math.min(...body.map((line) => line.search(/\S/)))
  return `${body.map((line) => line.slice(indent)).join('\n')}\n`
}

function run(file: string, words: readonly string[]): Promise<string> {
  const options = {
    cwd: folder,
    timeout: RUN_TIMEOUT_MS,
    env: { PATH: process.env.PATH ?? '', NO_PROXY: '*' },
  }
  return new Promise((resolve, reject) => {
    execFile(file, words, options, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    )
  })
}

test('[START-01] the first start prints both keys once, and where it listens', () => {
  assert.match(greeting, /http:\/\/127\.0\.0\.1:\d+/)
  const key = /client key\s+(wst_\S+)/.exec(greeting)?.[1] ?? ''
  assert.ok(key.length >= 43, greeting)
  assert.match(greeting, /admin key\s+\S{32,}/)
})

test('[START-02] the curl line answers with a candidate', async () => {
  const answer = JSON.parse(await run('sh', ['-c', snippet('curl')]))
  assert.equal(answer.candidates[0].finishReason, 'STOP')
  assert.ok(answer.candidates[0].content.parts[0].text.length > 0)
})

test('[START-03] the JavaScript snippet prints an answer', async () => {
  await mkdir(join(folder, 'node_modules/@google'), { recursive: true })
  await symlink(CLIENT_PACKAGE, join(folder, 'node_modules/@google/genai'))
  await writeFile(join(folder, 'snippet.mjs'), snippet('JavaScript'))
  assert.match(await run(process.execPath, ['snippet.mjs']), /\S/)
})

test('[START-04] the Python snippet prints an answer', { skip }, async () => {
  await writeFile(join(folder, 'snippet.py'), snippet('Python'))
  assert.match(await run(PYTHON, ['snippet.py']), /\S/)
})
