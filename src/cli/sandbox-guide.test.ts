/** The guide, taken at its word: its files are written, and the steps of its workflow run as they stand. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { NEWEST_PYTHON_CLIENT } from '../../test/sdk/python-clients.ts'
import { lintFixtures } from '../upstreams/sandbox/fixtures/lint.ts'
import { FixtureFileSchema } from '../upstreams/sandbox/fixtures/schema.ts'
import { BIN } from './testing.fixture.ts'

const GUIDE = readFileSync(new URL('../../docs/guides/test-without-gemini.md', import.meta.url), 'utf8')
const CLIENT_PACKAGE = fileURLToPath(new URL('../../node_modules/genai-3', import.meta.url))
const { python: PYTHON, skip } = NEWEST_PYTHON_CLIENT
const WORKFLOW = '.github/workflows/test.yaml'
const RUN_TIMEOUT_MS = 90_000
/** What needs a registry, and is there already. */
const INSTALLS = ['npm ci', 'pip install google-genai']

const folder = mkdtempSync(join(tmpdir(), 'wasat-guide-'))
let port = 0
after(() => rmSync(folder, { recursive: true }))

before(async () => {
  port = await freePort()
  for (const [, name, text] of GUIDE.matchAll(/^```\w+ title=(\S+)\n([\s\S]*?)^```$/gm)) {
    const file = join(folder, name!)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text!.replaceAll('127.0.0.1:4080', `127.0.0.1:${port}`))
  }
  mkdirSync(join(folder, 'node_modules/@google'), { recursive: true })
  symlinkSync(CLIENT_PACKAGE, join(folder, 'node_modules/@google/genai'))
  mkdirSync(join(folder, 'bin'))
  // As `npx wasat` would, but with the program of this very tree.
  command('npx', `shift; exec "${process.execPath}" "${BIN}" "$@"`)
  command('node', `exec "${process.execPath}" "$@"`)
  if (existsSync(PYTHON)) command('python', `exec "${PYTHON}" "$@"`)
})

function command(name: string, line: string): void {
  const file = join(folder, 'bin', name)
  writeFileSync(file, `#!/bin/sh\n${line}\n`)
  chmodSync(file, 0o755)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo
      server.close(() => resolve(free))
    })
  })
}

interface Job {
  readonly env: Record<string, string>
  readonly steps: readonly { readonly run?: string }[]
}

/** Runs the steps in one shell, and ends what they left running. */
function runSteps({ env }: Job, steps: readonly string[]): Promise<string> {
  const script = ["trap 'kill -INT $! 2>/dev/null; wait' EXIT", ...steps].join('\n')
  const options = {
    cwd: folder,
    timeout: RUN_TIMEOUT_MS,
    env: {
      ...env,
      PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
      HOME: folder,
      WASAT_PORT: String(port),
      NO_PROXY: '*',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  }
  return new Promise((resolve, reject) => {
    execFile('bash', ['-e', '-c', script], options, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(`${stdout}${stderr}`),
    )
  })
}

const readJob = (): Job => parse(readFileSync(join(folder, WORKFLOW), 'utf8')).jobs.test
const stepsOf = (job: Job): string[] =>
  job.steps.flatMap(({ run }) => run ?? []).filter((run) => !INSTALLS.includes(run))

test('the fixtures of the guide have no problem, and its tables name every member that there is', () => {
  assert.deepEqual(lintFixtures([join(folder, 'fixtures')]).problems, [])
  const { match, response } = FixtureFileSchema.properties.fixtures.items.properties
  const [rule] = (response as unknown as { anyOf: [{ properties: object }] }).anyOf
  for (const name of [...Object.keys(match.properties), ...Object.keys(rule.properties)])
    assert.ok(GUIDE.includes(`\`${name}\``), name)
})

test('[GUIDE-TEST-01] the workflow of the guide runs: lint, server, JavaScript test', async () => {
  const job = readJob()
  const steps = stepsOf(job)
  assert.equal(steps.length, 4)
  assert.equal(job.steps.filter(({ run }) => INSTALLS.includes(run ?? '')).length, 2)
  const output = await runSteps(job, steps.slice(0, 3))
  assert.match(output, /fixtures\/gemini\.yaml +6 +0/)
  assert.match(output, /pass 3\n/)
})

test('[GUIDE-TEST-02] the workflow of the guide runs: Python test', { skip }, async () => {
  const job = readJob()
  const steps = stepsOf(job)
  assert.match(await runSteps(job, [steps[1]!, steps[3]!]), /Ran 2 tests[\s\S]*OK/)
})
