/** The Python clients in the versions that are proved, each in the environment that `npm run services` makes. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

export interface PythonClient {
  readonly folder: string
  readonly version: string
  /** The interpreter of its environment. */
  readonly python: string
  /** Why it cannot run here; false in CI, where what is missing is a failure. */
  readonly skip: string | false
}

/** What a client's script prints for each of its cases, as a line of JSON. */
export interface CaseLine {
  readonly mode: 'sync' | 'async'
  readonly case: string
  readonly version: string
  /** A traceback. */
  readonly error: string | null
}

const ENVIRONMENTS = fileURLToPath(new URL('../../.venv/', import.meta.url))
/**
 * Nothing here is TLS, and for each of its clients Google's reads every authority of the world three times, which is most
 * of what a run costs.
 */
const AUTHORITY = fileURLToPath(new URL('./python/authority.pem', import.meta.url))
/** No key of the machine's own, and no proxy between the client and the loopback address. */
export const PYTHON_ENVIRONMENT = {
  PATH: process.env.PATH ?? '',
  NO_PROXY: '*',
  PYTHONIOENCODING: 'utf8',
  PYTHONDONTWRITEBYTECODE: '1',
  SSL_CERT_FILE: AUTHORITY,
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

function clientIn(folder: string, version: string): PythonClient {
  const isWindows = process.platform === 'win32'
  const python = join(ENVIRONMENTS, folder, isWindows ? 'Scripts/python.exe' : 'bin/python')
  const isMissing = !existsSync(python) && !process.env.CI
  return {
    folder,
    version,
    python,
    skip: isMissing && `.venv/${folder} is missing: npm run services makes it`,
  }
}

export const NEWEST_PYTHON_CLIENT = clientIn('genai-3', '3.4.0')
export const PYTHON_CLIENTS: readonly PythonClient[] = [clientIn('genai-2', '2.25.0'), NEWEST_PYTHON_CLIENT]
export const OPENAI_PYTHON_CLIENT = clientIn('openai-3', '3.54.0')

/** Runs a script of cases to its end. */
export function runCases(python: string, words: readonly string[], timeoutMs: number): Promise<CaseLine[]> {
  assert.ok(existsSync(python), `there is no ${python}: npm run services makes it`)
  const options = {
    timeout: timeoutMs,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: PYTHON_ENVIRONMENT,
  }
  return new Promise((resolve, reject) => {
    execFile(python, words, options, (error, stdout, stderr) => {
      if (error) return reject(new Error(`the Python client failed: ${error.message}\n${stderr}`))
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
      resolve(lines.map((line) => JSON.parse(line)))
    })
  })
}

/** One test for each case and mode, and one that no case goes unseen. `lines` is asked when the tests run. */
export function testCases(
  cases: Readonly<Record<string, string>>,
  version: string,
  suffix: string,
  lines: () => readonly CaseLine[],
): void {
  for (const mode of ['sync', 'async'] as const) {
    for (const [key, title] of Object.entries(cases)) {
      test(`${title} (Python ${mode}, google-genai ${version}${suffix})`, () => {
        const line = lines().find((one) => one.mode === mode && one.case === key)
        assert.ok(line, 'the client did not run this case')
        assert.equal(line.version, version)
        assert.equal(line.error, null, line.error ?? '')
      })
    }
  }
  test(`no case of the client goes unseen${suffix}`, () => {
    assert.deepEqual([...new Set(lines().map((line) => line.case))].sort(), Object.keys(cases).sort())
  })
}
