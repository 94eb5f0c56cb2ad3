import assert from 'node:assert/strict'
import { type ExecFileException, execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  curlLine,
  type Greeting,
  javascriptSnippet,
  pythonSnippet,
  reachableUrl,
  renderGreeting,
} from './first-start.ts'

const KEY = 'wst_abcdefgh_0123456789abcdef'
const MODEL = 'gemini-2.5-flash'
const CHILD_TIMEOUT_MS = 30_000
const folder = mkdtempSync(join(tmpdir(), 'wasat-snippets-'))
const seen: { url: string | undefined; key: unknown; body: string }[] = []
let url = ''

const server = createServer(async (request: IncomingMessage, response) => {
  let body = ''
  for await (const piece of request) body += piece
  seen.push({ url: request.url, key: request.headers['x-goog-api-key'], body })
  const content = { role: 'model', parts: [{ text: 'Hello yourself' }] }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ candidates: [{ content, finishReason: 'STOP' }] }))
})

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

interface Ran {
  readonly failed: boolean
  readonly output: string
}

function run(file: string, words: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>()
  const options = { timeout: CHILD_TIMEOUT_MS, env: { ...process.env, ...environment } }
  execFile(file, words, options, (error: ExecFileException | null, stdout, stderr) =>
    resolve({ failed: error !== null, output: error ? `${error.code} ${stderr}` : stdout }),
  )
  return promise
}

function lastSeen() {
  const last = seen.pop()
  assert.match(last?.url ?? '', /^\/v1(beta)?\/models\/gemini-2\.5-flash:generateContent/)
  assert.equal(last?.key, KEY)
  assert.match(last?.body ?? '', /"Hello"/)
}

test('the curl line runs as it stands, with the key in it or in WASAT_KEY', async (t) => {
  if ((await run('curl', ['--version'])).failed) return t.skip('curl is not installed')
  for (const line of [
    curlLine({ url, key: KEY, model: MODEL }),
    curlLine({ url, key: undefined, model: MODEL }),
  ]) {
    const { output } = await run('sh', ['-c', line], { WASAT_KEY: KEY })
    assert.match(output, /Hello yourself/)
    lastSeen()
  }
})

test('the JavaScript snippet runs with the real client', async () => {
  for (const snippet of [
    javascriptSnippet({ url, key: KEY, model: MODEL }),
    javascriptSnippet({ url, key: undefined, model: MODEL }),
  ]) {
    const file = join(folder, 'snippet.mjs')
    writeFileSync(file, snippet.replace("'@google/genai'", `'${import.meta.resolve('genai-3')}'`))
    const { output } = await run(process.execPath, [file], { WASAT_KEY: KEY })
    assert.equal(output, 'Hello yourself\n')
    lastSeen()
  }
})

test('the Python snippet runs with the real client', async (t) => {
  if ((await run('python3', ['-c', 'import google.genai'])).failed)
    return t.skip('google-genai is not installed for python3')
  for (const snippet of [
    pythonSnippet({ url, key: KEY, model: MODEL }),
    pythonSnippet({ url, key: undefined, model: MODEL }),
  ]) {
    const { output } = await run('python3', ['-c', snippet], { WASAT_KEY: KEY })
    assert.equal(output, 'Hello yourself\n')
    lastSeen()
  }
})

test('the Python snippet is Python', async (t) => {
  if ((await run('python3', ['--version'])).failed) return t.skip('python3 is not installed')
  for (const snippet of [
    pythonSnippet({ url, key: KEY, model: MODEL }),
    pythonSnippet({ url, key: undefined, model: MODEL }),
  ]) {
    const check = `import ast, sys; ast.parse(sys.argv[1])`
    const { failed, output } = await run('python3', ['-c', check, snippet])
    assert.ok(!failed, output)
  }
})

function greet(change: Partial<Greeting> = {}): string {
  return renderGreeting({
    ...{ version: '1.2.3', url: 'http://127.0.0.1:4080', usesSandboxOnly: false, notices: ['a notice'] },
    firstStart: { clientKey: undefined, adminKey: undefined },
    ...{ upstreamVariable: 'SOME_API_KEY', hasOwnClientKey: false, model: MODEL },
    ...change,
  })
}

test('the first start shows both keys once, the snippets and the operator API', () => {
  const text = greet({ firstStart: { clientKey: KEY, adminKey: 'wsa_admin' } })
  assert.match(text, /Wasat 1\.2\.3 listens on http:\/\/127\.0\.0\.1:4080\n {2}a notice\n/)
  assert.match(text, /client key {2}wst_abcdefgh_0123456789abcdef\n {2}admin key {3}wsa_admin\n/)
  for (const snippet of [curlLine, pythonSnippet, javascriptSnippet])
    assert.ok(
      text.includes(`\n${snippet({ url: 'http://127.0.0.1:4080', key: KEY, model: MODEL })}\n`),
      'as it stands, not indented',
    )
  assert.match(text, /operator API: http:\/\/127\.0\.0\.1:4080\/admin\/v1\/\n/)
})

test('later starts are short', () => {
  const text = greet({ notices: [] })
  assert.equal(text.trimEnd().split('\n').length, 2)
  assert.doesNotMatch(text, /shown this once|curl/)
})

test('with WASAT_KEY set the snippets take it from there, and nothing is said of a key nobody has', () => {
  const firstStart = { clientKey: undefined, adminKey: 'wsa_admin' }
  const own = greet({ firstStart, hasOwnClientKey: true })
  assert.match(own, /\$WASAT_KEY/)
  assert.doesNotMatch(own, /client key/)
  assert.doesNotMatch(greet({ firstStart }), /curl/)
})

test('the sandbox says so, and which variable changes that', () => {
  assert.match(greet({ usesSandboxOnly: true }), /built-in sandbox.*SOME_API_KEY=/)
  assert.doesNotMatch(greet(), /sandbox/)
})

test('an address that means every address is not one to connect to', () => {
  assert.equal(reachableUrl('http://0.0.0.0:4080'), 'http://127.0.0.1:4080')
  assert.equal(reachableUrl('http://[::]:4080'), 'http://127.0.0.1:4080')
  assert.equal(reachableUrl('http://[::1]:4080'), 'http://[::1]:4080')
  assert.match(
    greet({ url: 'http://0.0.0.0:1', firstStart: { clientKey: KEY, adminKey: undefined } }),
    /127\.0\.0\.1:1\/v1beta/,
  )
})
