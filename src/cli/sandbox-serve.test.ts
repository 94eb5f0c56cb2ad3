/** `sandbox record` and `sandbox replay` as the processes that people start, before an upstream in a process of its own. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startReplay } from '../../test/servers/replay-client.ts'
import { ended, type Ran, startBin } from './testing.fixture.ts'

const KEY = 'client-key-for-the-sandbox-tests'
const START_TIMEOUT_MS = 20_000
const root = mkdtempSync(join(tmpdir(), 'wasat-sandbox-serve-'))
after(() => rmSync(root, { recursive: true }))

interface Started {
  readonly url: string
  readonly ran: Promise<Ran>
  readonly child: ChildProcess
}

async function start(words: readonly string[], environment: Record<string, string> = {}): Promise<Started> {
  const keys = { WASAT_KEY: KEY, WASAT_ADMIN_KEY: `admin-${KEY}`, WASAT_LOG_LEVEL: 'silent' }
  const child = startBin([...words, '--port', '0'], root, { HOME: root, ...keys, ...environment })
  const ran = ended(child)
  let output = ''
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  for (;;) {
    const url = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1]
    if (url !== undefined) return { url, ran, child }
    const next = await Promise.race([once(child.stdout!, 'data', { signal }), ran])
    if (!Array.isArray(next)) throw new Error(`it ended: ${next.stdout}${next.stderr}`)
    output += String(next[0])
  }
}

async function stop({ child, ran }: Started): Promise<Ran> {
  child.kill('SIGINT')
  return ran
}

const PATHS = {
  unary: '/v1beta/models/gemini-2.5-flash:generateContent',
  sse: '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
  array: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
  error: '/v1beta/models/missing-model:generateContent',
  alias: '/v1beta/models/fast:generateContent',
} as const

async function post(url: string, path: string, text: string) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': KEY },
    body: JSON.stringify({ contents: [{ parts: [{ text }] }] }),
  })
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

test('[RECORD-07] what `sandbox record` stored, `sandbox replay` answers byte for byte with the upstream gone', async () => {
  const upstream = await startReplay()
  writeFileSync(
    join(root, 'wasat.yaml'),
    `upstreams: { google: { kind: gemini, baseUrl: "${upstream.url}", keys: [upstream-key] } }\nmodels: { fast: { targets: [{ upstream: google, model: gemini-2.5-flash }] } }\n`,
  )
  const live = new Map<string, unknown>()
  let recorder: Started | undefined
  try {
    recorder = await start(['sandbox', 'record', '--upstream', 'google'])
    for (const [name, path] of Object.entries(PATHS)) live.set(name, await post(recorder.url, path, 'Hello'))
    const asked = await upstream.receivedCount()
    await post(recorder.url, PATHS.unary, 'Hello')
    assert.equal(await upstream.receivedCount(), asked, 'what is recorded is not asked again')
  } finally {
    await upstream.close()
    if (recorder !== undefined) {
      const { stdout, exitCode } = await stop(recorder)
      assert.equal(exitCode, 0, stdout)
      assert.match(stdout, /recordings go to .*recordings\n/)
      // The alias leads to the model that was recorded already.
      assert.equal(stdout.match(/^stored .*\.json \((?:stream)?[gG]enerateContent of /gm)?.length, 4, stdout)
      assert.match(
        stdout,
        /stored .*missing-model-generateContent-[0-9a-f]{12}\.json \(generateContent of missing-model, status 404, \d+ bytes\)/,
      )
    }
  }
  assert.equal(readdirSync(join(root, 'recordings')).length, 4)
  writeFileSync(
    join(root, 'extra.yaml'),
    'fixtures: [{ match: { lastUserText: fixture }, response: { text: from a file } }]',
  )
  const player = await start(['sandbox', 'replay', '--recordings', 'recordings', '--fixtures', 'extra.yaml'])
  try {
    for (const [name, path] of Object.entries(PATHS)) {
      if (name === 'alias') continue
      assert.deepEqual(await post(player.url, path, 'Hello'), live.get(name), name)
    }
    assert.match((await post(player.url, PATHS.unary, 'fixture')).body, /from a file/)
    const miss = await post(player.url, PATHS.unary, 'Hello?')
    assert.equal(miss.status, 404)
    assert.match(
      JSON.parse(miss.body).error.message,
      /Nearest:\n1\. recording gemini-2\.5-flash-generateContent-[0-9a-f]{12}\.json: last user text is "Hello"/,
    )
  } finally {
    assert.equal((await stop(player)).exitCode, 0)
  }
})

test('fixtures come from the configuration too; a bad one keeps the old configuration', async () => {
  writeFileSync(join(root, 'own.yaml'), 'upstreams: { s: { kind: sandbox, fixtures: [mine.yaml] } }\n')
  writeFileSync(
    join(root, 'mine.yaml'),
    'fixtures: [{ match: { lastUserText: a }, response: { error: { code: 429, retryDelay: 3s } } }]',
  )
  const gateway = await start(['serve', '--config', 'own.yaml'])
  try {
    const quota = await post(gateway.url, PATHS.unary, 'a')
    assert.equal(quota.status, 429)
    assert.match(quota.body, /"retryDelay": "3s"/)
    assert.equal((await post(gateway.url, PATHS.unary, 'b')).status, 200)
    writeFileSync(join(root, 'mine.yaml'), 'fixtures: [{ response: { txt: a } }]')
    gateway.child.kill('SIGHUP')
    const [line] = await once(gateway.child.stderr!, 'data', {
      signal: AbortSignal.timeout(START_TIMEOUT_MS),
    })
    assert.match(
      String(line),
      /not reloaded, the old one stays: the fixtures cannot be used\n.*mine\.yaml:1:\d+: .*did you mean text/s,
    )
    assert.equal((await post(gateway.url, PATHS.unary, 'a')).status, 429)
  } finally {
    await stop(gateway)
  }
  const failed = await ended(startBin(['serve', '--config', 'own.yaml', '--port', '0'], root, { HOME: root }))
  assert.equal(failed.exitCode, 1)
  assert.match(failed.stderr, /the fixtures cannot be used[\s\S]*next: mend them/)
})
