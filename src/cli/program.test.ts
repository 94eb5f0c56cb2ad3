import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { ended, run, startBin } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-cli-'))
after(() => rmSync(folder, { recursive: true }))

test('version, as a process', async () => {
  const { exitCode, stdout, stderr } = await ended(startBin(['version', '--json'], folder))
  assert.equal(exitCode, 0, stderr)
  const version = JSON.parse(stdout)
  assert.match(version.version, /^\d+\.\d+\.\d+/)
  assert.equal(version.node, process.versions.node)
  assert.equal(version.platform, `${process.platform}-${process.arch}`)
  assert.match((await run('version', folder)).stdout, /^wasat \d/)
})

test('[CLI-01] usage errors end with 2 and one clear line, also as JSON', async () => {
  const cases: readonly [string, RegExp][] = [
    ['--prot 1', /unknown option '--prot'\n {2}next: Did you mean --port\?/],
    ['serve --bogus', /unknown option '--bogus'/],
    ['srve', /no command "srve"\n {2}next: did you mean: wasat serve/],
    ['keys lst', /unknown command 'lst'/],
    ['keys create', /'--name <name>' not specified/],
    ['keys show', /missing required argument 'id'/],
    ['version extra', /too many arguments/],
    ['keys', /Usage: wasat keys/],
  ]
  for (const [words, message] of cases) {
    const { exitCode, stdout, stderr } = await run(words, folder)
    assert.equal(exitCode, 2, words)
    assert.match(stderr, message, words)
    assert.equal(stdout, '', words)
  }
  const { exitCode, stderr } = await ended(startBin(['version', '--bogus', '--json'], folder))
  assert.equal(exitCode, 2)
  assert.match(JSON.parse(stderr).error.message, /unknown option '--bogus'/)
})

test('help and --version end with 0', async () => {
  for (const words of ['--help', 'help', 'keys --help', 'help doctor', '--version', '-V']) {
    const { exitCode, stdout, stderr } = await run(words, folder)
    assert.equal(exitCode, 0, words)
    assert.notEqual(stdout, '', words)
    assert.equal(stderr, '', words)
  }
})

test('config validate tells line and column, and ends with 1', async () => {
  const cwd = mkdtempSync(join(folder, 'validate-'))
  assert.match((await run('config validate', cwd)).stdout, /the defaults are valid/)
  writeFileSync(join(cwd, 'wasat.yaml'), 'server:\n  prot: 1\n')
  const human = await run('config validate', cwd)
  assert.equal(human.exitCode, 1)
  assert.match(human.stderr, /wasat\.yaml:2:3: server\.prot is not a known key\n {4}did you mean port\?/)
  const json = await ended(startBin(['config', 'validate', '--json'], cwd))
  assert.equal(json.exitCode, 1)
  const { error } = JSON.parse(json.stderr)
  assert.deepEqual([error.problems[0].line, error.problems[0].column], [2, 3])
  writeFileSync(join(cwd, 'wasat.yaml'), 'server:\n  port: 1\n')
  const good = JSON.parse((await run('config validate --json', cwd)).stdout)
  assert.deepEqual([good.ok, good.file], [true, join(cwd, 'wasat.yaml')])
})

test('[CONFIG-03] config print shows values, origins and no secret', async () => {
  const environment = { GEMINI_API_KEY: 'canary-key-1234', WASAT_PORT: '1' }
  const { stdout } = await run('config print --log-level warn', folder, environment)
  assert.match(stdout, /port: 1 # environment\n/)
  assert.match(stdout, /level: warn # flag\n/)
  assert.match(stdout, /body: 100MiB # default\n/)
  assert.match(stdout, /keys: \[ ?"?••••1234"? ?\] # environment\n/)
  assert.doesNotMatch(stdout, /canary/)
  assert.equal(parse(stdout).server.port, 1)
  const json = JSON.parse((await run('config print --json', folder, environment)).stdout)
  assert.equal(json.origins['server.port'], 'environment')
  assert.deepEqual(json.config.upstreams.google.keys, ['••••1234'])
})

test('config schema prints a JSON Schema', async () => {
  const { exitCode, stdout } = await ended(startBin(['config', 'schema'], folder))
  assert.equal(exitCode, 0)
  const schema = JSON.parse(stdout)
  assert.match(schema.$schema, /2020-12/)
  assert.ok(schema.properties.server.properties.port.description)
})

test('a reader that leaves early is no crash', async () => {
  const child = startBin(['config', 'schema'], folder)
  child.stdout?.destroy()
  const { exitCode, stderr } = await ended(child)
  assert.equal(exitCode, 0)
  assert.equal(stderr, '')
})
