import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../config/load.ts'
import { openRecordings } from '../upstreams/sandbox/fixtures/recordings.ts'
import { recordingConfig, upstreamToRecord } from './sandbox-serve.ts'
import { run } from './testing.fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'wasat-cli-sandbox-'))
after(() => rmSync(root, { recursive: true }))
let folders = 0

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(++folders))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const GOOD = 'fixtures:\n  - { name: a, match: { lastUserText: a }, response: { text: a } }\n'

test('[FIXTURE-LINT-02] lint ends with 0 for good files and with 1 for any problem, with file, line and hint', async () => {
  const cwd = folderWith({
    'fixtures/good.yaml': GOOD,
    'bad/b.yaml': 'fixtures:\n  - response: { txt: a }\n',
    'bad/c.json': '{"fixtures": [{"response": {"text": "a"}}, {"response": {"text": "b"}}]}',
  })
  const good = await run('sandbox fixtures lint', cwd)
  assert.equal(good.exitCode, 0, good.stderr)
  assert.match(good.stdout, /^FILE +FIXTURES +PROBLEMS\nfixtures\/good\.yaml +1 +0\n$/)
  const bad = await run('sandbox fixtures lint bad fixtures', cwd)
  assert.equal(bad.exitCode, 1)
  assert.match(
    bad.stdout,
    /^bad\/b\.yaml:2:17: fixtures\[0\]\.response\.txt is not a known key\n {4}did you mean text\?\n/,
  )
  assert.match(
    bad.stdout,
    /bad\/c\.json:1:\d+: it never answers: c\.json:1 comes before it and matches all its calls\n/,
  )
  assert.match(bad.stdout, /\nbad\/b\.yaml +0 +1\nbad\/c\.json +2 +1\nfixtures\/good\.yaml +1 +1\n$/)
  const json = await run('sandbox fixtures lint --json bad', cwd)
  assert.equal(json.exitCode, 1)
  const { ok, problems } = JSON.parse(json.stdout)
  assert.deepEqual(
    [ok, problems[0].file, problems[0].line, problems[0].hint],
    [false, 'bad/b.yaml', 2, 'did you mean text?'],
  )
  const missing = await run('sandbox fixtures lint', folderWith({ 'x.txt': '' }))
  assert.equal(missing.exitCode, 2)
  assert.match(missing.stderr, /there is no folder fixtures here\n {2}next: name them/)
})

test('fixtures schema prints a JSON Schema', async () => {
  const { exitCode, stdout } = await run('sandbox fixtures schema', root)
  assert.equal(exitCode, 0)
  const schema = JSON.parse(stdout)
  assert.match(schema.$schema, /2020-12/)
  const { match, response } = schema.properties.fixtures.items.properties
  for (const [name, member] of Object.entries<{ description?: string }>({ ...match.properties }))
    assert.ok((member.description ?? '').length > 10, name)
  assert.ok(response.anyOf[0].properties.cutAtByte.description.length > 10)
})

test('recordings list shows each recording, and ends with 1 for one that cannot be used', async () => {
  const cwd = folderWith({ 'x.txt': '' })
  assert.equal((await run('sandbox recordings list', cwd)).exitCode, 4)
  const folder = join(cwd, 'recordings')
  await openRecordings(folder).store({
    version: 1,
    recordedAt: '2026-11-20T10:11:12.345Z',
    request: {
      method: 'POST',
      apiVersion: 'v1beta',
      model: 'tuned/../x',
      verb: 'streamGenerateContent',
      delivery: 'sse',
      headers: {},
      body: { contents: [{ parts: [{ text: 'Hello\u001b[31m' }] }] },
    },
    response: {
      status: 200,
      headers: {},
      ended: 'complete',
      body: [
        { atMs: 0, text: 'data: é\n\n' },
        { atMs: 1, base64: '/w==' },
      ],
    },
  })
  const [file] = readdirSync(folder)
  assert.match(file!, /^tuned_\.\._x-streamGenerateContent-[0-9a-f]{12}\.json$/)
  const good = await run('sandbox recordings list', cwd)
  assert.equal(good.exitCode, 0, good.stderr)
  assert.match(good.stdout, /sse +200 +complete +11 +2026-11-20T10:11:12\.345Z +Hello�\[31m\n$/)
  writeFileSync(join(folder, 'torn.json'), '{"version": 1,')
  cpSync(join(folder, file!), join(folder, 'copy.json'))
  const bad = await run('sandbox recordings list --json', cwd)
  assert.equal(bad.exitCode, 1)
  const { recordings, unusable } = JSON.parse(bad.stdout)
  assert.deepEqual([recordings.length, unusable.length], [2, 1])
  assert.match(unusable[0].error, /torn\.json cannot be used: it is no whole JSON/)
})

test('record goes through the chosen upstream, and names that led there still do', () => {
  const cwd = folderWith({
    'wasat.yaml': `
upstreams:
  google: { kind: gemini, keys: [a] }
  other: { kind: gemini, keys: [b] }
  sandbox: { kind: sandbox }
models:
  fast: { targets: [other, { upstream: google, model: gemini-2.5-flash }] }
  own: { targets: [google] }
  odd: { targets: [sandbox] }
`,
  })
  const loaded = loadConfig({ flags: {}, environment: {}, cwd })
  assert.equal(upstreamToRecord(loaded.config, undefined), 'google')
  assert.equal(upstreamToRecord(loaded.config, 'other'), 'other')
  assert.throws(() => upstreamToRecord(loaded.config, 'gogle'), { next: 'did you mean google?' })
  assert.throws(() => upstreamToRecord(loaded.config, 'sandbox'), {
    next: 'the upstreams are: google, other',
  })
  assert.throws(() => upstreamToRecord({ upstreams: {} }, undefined), /no upstream to record from/)
  const sandbox = {
    kind: 'sandbox',
    fixtures: [],
    record: 'miss',
    billing: 'free',
    recordings: 'r',
    speed: [],
    python: true,
  } as const
  const { upstreams, models } = recordingConfig(loaded, 'google', sandbox).config
  assert.deepEqual(Object.keys(upstreams), ['google', 'sandbox'])
  assert.deepEqual(models, {
    fast: { targets: [{ upstream: 'sandbox', model: 'gemini-2.5-flash' }] },
    own: { targets: ['sandbox'] },
    '*': { targets: ['sandbox'] },
  })
})

test('replay without anything to replay from says what to do', async () => {
  const cwd = folderWith({ 'f.yaml': 'fixtures: [{ response: { txt: a } }]' })
  const nothing = await run('sandbox replay', cwd)
  assert.equal(nothing.exitCode, 4)
  assert.match(
    nothing.stderr,
    /there is no folder .*recordings\n {2}next: record something: wasat sandbox record/,
  )
  assert.equal((await run('sandbox replay --recordings nowhere --fixtures f.yaml', cwd)).exitCode, 4)
  assert.equal((await run('sandbox', cwd)).exitCode, 2)
})
