/** A vendor is one row of data: with its row it works, and nothing else in the program knows its name. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lex } from '../../scripts/lex.ts'
import { PROJECT, typescriptFiles } from '../../scripts/project.ts'
import { createOpenAiUpstream } from '../../src/upstreams/openai/upstream.ts'
import type { VendorRow } from '../../src/upstreams/openai/vendor.ts'
import { VENDOR_ROWS } from '../../src/upstreams/openai/vendors.ts'
import { ask, libraryOf, newSeals, TIMEOUTS, UPSTREAM_KEY } from './ask.ts'
import { permissive } from './permissive.ts'
import { type Provider, type Received, startProvider } from './provider.ts'
import type { Loose } from './schema-requests.ts'

let provider: Provider

before(async () => {
  provider = await startProvider()
})
after(() => provider.close())

/** A vendor that nobody has: its own address, its own credential, and ways of its own. */
const ROW: Omit<VendorRow, 'baseUrl'> = {
  name: 'acme',
  credential: 'api-key',
  flags: {
    maxTokensField: 'max_tokens',
    hasTopK: true,
    stopsMax: 1,
    systemRole: 'developer',
    extraBody: { acme_mode: 'fast' },
  },
  models: [{ pattern: /^acme-quiet/, flags: { sampling: 'never' } }],
}

const REQUEST = {
  systemInstruction: { parts: [{ text: 'Be brief.' }] },
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  generationConfig: { maxOutputTokens: 50, topK: 3, temperature: 0.5, stopSequences: ['A'] },
}

test('[VND-01] a row of data is a vendor: address, credential, names of fields, rules of single models', async () => {
  const upstream = createOpenAiUpstream({
    ...{ name: 'up', vendor: { ...ROW, baseUrl: `${provider.origin}/acme/v2` }, keys: [UPSTREAM_KEY] },
    ...{ timeouts: TIMEOUTS, connectionsMax: 1, library: libraryOf({}), seals: newSeals() },
  })
  try {
    provider.expect(permissive('chat', 'Hello.'))
    const asked = { verb: 'generateContent', request: REQUEST }
    const plain = await ask(upstream, { ...asked, model: 'acme-1' })
    const quiet = await ask(upstream, { ...asked, model: 'acme-quiet' })
    assert.deepEqual([plain.error, plain.losses], [undefined, []])
    assert.deepEqual(
      quiet.losses.map(({ path }) => path),
      ['generationConfig.temperature'],
    )
    const [first, second] = provider.received as [Received, Received]
    assert.equal(first.path, '/acme/v2/chat/completions')
    assert.deepEqual([first.headers['api-key'], first.headers.authorization], [UPSTREAM_KEY, undefined])
    assert.deepEqual(first.body, {
      ...{ model: 'acme-1', max_tokens: 50, top_k: 3, temperature: 0.5, stop: ['A'], acme_mode: 'fast' },
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    })
    assert.ok(!('temperature' in (second.body as Loose)))
  } finally {
    await upstream.destroy()
  }
})

/** Where a vendor may be named beside its row, and why. */
const NAMED: Readonly<Record<string, string>> = {
  'src/upstreams/openai/vendors.ts': 'the rows',
  'src/config/detect.ts': 'which environment variables make an upstream',
  'src/cli/serve.ts': 'the file that looks for a server of one vendor on its usual address',
  'src/config/upstreams-schema.ts': 'an example in the reference of the configuration',
}

/** The wire's own name, and what is an English word as well: only the whole string is a vendor's name then. */
const IS_WORD: readonly string[] = ['together', 'generic']

/** Files of `src/` that say a vendor's name in a name or a string, with the name. */
function namers(names: readonly string[], files: ReadonlyMap<string, string>): string[] {
  const found = names.filter((name) => name !== 'openai')
  const whole = new Set(found.filter((name) => IS_WORD.includes(name)))
  const inside = found.filter((name) => !IS_WORD.includes(name))
  const pattern = new RegExp(`(?<![a-z0-9_])(?:${inside.join('|')})(?![a-z0-9_])`, 'i')
  const mentions = new RegExp(found.join('|'), 'i')
  return [...files].flatMap(([file, source]) =>
    (mentions.test(source) ? lex(source) : [])
      .filter(({ kind }) => kind === 'name' || kind === 'string')
      .filter(({ kind, text }) => pattern.test(text) || (kind === 'string' && whole.has(text)))
      .map(({ text, line }) => `${file}:${line} ${text}`),
  )
}

const NAMES = VENDOR_ROWS.map(({ name }) => name)

test('[VND-01] no file but the rows knows a vendor by its name', () => {
  const files = typescriptFiles(PROJECT, 'src')
    .filter((file) => !/\.(?:test|fixture)\.ts$/.test(file) && !(file in NAMED))
    .map((file) => [file, readFileSync(join(PROJECT, file), 'utf8')] as const)
  assert.ok(files.length > 100)
  assert.deepEqual(namers(NAMES, new Map(files)), [])
})

test('[VND-01] a branch for one vendor is found', () => {
  const source =
    "if (vendor.name === 'groq') body.n = 1\nif (name === 'together') {}\n// groq\nconst x_groq = 1"
  const found = namers(NAMES, new Map([['src/upstreams/openai/request.ts', source]]))
  assert.deepEqual(found, [
    'src/upstreams/openai/request.ts:1 groq',
    'src/upstreams/openai/request.ts:2 together',
  ])
})

test('[VND-01] a row says no more than what it is: no function and nothing that changes', () => {
  for (const row of VENDOR_ROWS) {
    const { models = [], ...rest } = row
    assert.deepEqual(structuredClone(rest), rest, row.name)
    for (const { pattern, flags } of models) {
      assert.ok(pattern instanceof RegExp && !pattern.global)
      assert.deepEqual(structuredClone(flags), flags)
    }
  }
})
