// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { modelToShow } from './detect.ts'
import { type Flags, type LoadedConfig, loadConfig, loadDataFolder, loadStorePlace } from './load.ts'
import { maskedConfig } from './present.ts'
import { ConfigError, type ConfigProblem } from './problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-config-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

function load(
  yaml: string | undefined,
  environment: Record<string, string> = {},
  flags: Flags = {},
): LoadedConfig {
  const cwd = join(folder, String(files++))
  mkdirSync(cwd)
  if (yaml !== undefined) writeFileSync(join(cwd, 'wasat.yaml'), yaml)
  return loadConfig({ flags, environment, cwd })
}

function problems(yaml: string | undefined, environment: Record<string, string> = {}, flags: Flags = {}) {
  try {
    load(yaml, environment, flags)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems
  }
  return []
}

/** The one problem of a file. */
function problem(
  yaml: string | undefined,
  environment: Record<string, string> = {},
  flags: Flags = {},
): ConfigProblem {
  const found = problems(yaml, environment, flags)
  assert.equal(found.length, 1, JSON.stringify(found))
  return found[0]!
}

const ADMIN = { WASAT_ADMIN_KEY: 'an-admin-key-of-enough' }

test('nothing at all gives the defaults, in milliseconds and bytes, and the sandbox', () => {
  const { config, file, origins, secrets, notices } = load(undefined)
  assert.equal(file, undefined)
  assert.equal(config.server.host, '127.0.0.1')
  assert.equal(config.server.port, 4080)
  assert.deepEqual(config.server.cors.origins, [])
  assert.deepEqual(config.server.limits, {
    ...{
      body: 104_857_600,
      headers: 16_384,
      headerCount: 100,
      url: 8192,
      jsonDepth: 100,
      jsonNodes: 250_000,
    },
    ...{ jsonKeysPerObject: 10_000, connections: 20_000, bodiesInFlight: 536_870_912 },
    ...{ answer: 268_435_456, event: 33_554_432, answersInFlight: 536_870_912 },
    ...{ streamBuffer: 65_536, memory: 0, memoryShedPercent: 80 },
  })
  assert.deepEqual(config.server.timeouts, {
    ...{ requestHead: 10_000, bodyMinRateBytesPerSecond: 1024, bodyGrace: 10_000 },
    ...{ keepAlive: 65_000, clientWriteStall: 30_000, heartbeat: 15_000, eventLoopBlock: 10_000 },
  })
  assert.deepEqual(config.server.drains, { count: 200, timeout: 120_000, bytes: 33_554_432 })
  assert.deepEqual(config.server.shutdown, { delay: 5000, grace: 30_000, streamGrace: 120_000 })
  assert.deepEqual(
    { ...config.upstreams },
    {
      sandbox: { kind: 'sandbox', fixtures: [], record: 'off', billing: 'free', speed: [], python: true },
    },
  )
  assert.deepEqual(Object.keys(config.models), [])
  assert.equal(config.log.level, 'info')
  assert.match(config.data, /\.wasat$/)
  assert.equal(origins.get('server.port'), 'default')
  assert.deepEqual(secrets, {})
  assert.match(notices.join(), /only the sandbox/)
})

test('[CONFIG-01] flags win over the environment, it over the file, the file over the defaults', () => {
  const yaml = 'server: { port: 1, host: "::1" }\nlog: { level: warn }\ndata: here\n'
  const environment = { WASAT_PORT: '2', WASAT_LOG_LEVEL: 'debug', WASAT_HOST: '' }
  const { config, origins, file } = load(yaml, environment, { port: '3' })
  assert.equal(config.server.port, 3)
  assert.equal(config.log.level, 'debug')
  assert.equal(config.server.host, '::1')
  assert.equal(config.data, join(file!, '..', 'here'))
  const origin = (path: string) => origins.get(path)
  assert.deepEqual(
    [origin('server.port'), origin('log.level'), origin('server.host'), origin('server.limits.body')],
    ['flag', 'environment', 'file', 'default'],
  )
})

test('a full file is read, frozen to the last leaf', () => {
  const yaml = `
server:
  port: \${PORT:-4081}
  cors: { origins: ["https://app.example.com", "*"] }
  trustedProxies: [10.0.0.0/8, "::1"]
  limits: { body: 1MiB }
  shutdown: { delay: 0s }
upstreams:
  google: { kind: gemini, keys: ["\${KEY}", "b"], timeouts: { connect: 250ms } }
  other: { kind: gemini, baseUrl: "https://host.example/base/", keys: [c], credential: bearer }
  sandbox: { kind: sandbox }
models:
  "gemini-2.5-*": { targets: [google, sandbox] }
  fast: { targets: [{ upstream: other, model: qwen3 }, { upstream: google }] }
`
  const { config, origins } = load(yaml, { KEY: 'a-key' })
  assert.equal(config.server.port, 4081)
  assert.equal(config.server.limits.body, 1_048_576)
  assert.equal(config.server.shutdown.delay, 0)
  const google = config.upstreams.google!
  assert.ok(google.kind === 'gemini')
  assert.deepEqual(google.keys, ['a-key', 'b'])
  assert.equal(google.timeouts.connect, 250)
  assert.equal(google.connectionsMax, 4096)
  const other = config.upstreams.other!
  assert.ok(other.kind === 'gemini')
  assert.equal(other.baseUrl, 'https://host.example/base')
  assert.deepEqual(config.models.fast!.targets, [
    { upstream: 'other', model: 'qwen3' },
    { upstream: 'google' },
  ])
  assert.equal(config.models.constructor, undefined)
  assert.equal(origins.get('upstreams.google.keys'), 'file')
  assert.equal(origins.get('models["gemini-2.5-*"].targets'), 'file')
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen))
  assert.ok(frozen(config))
})

test('[CONFIG-02] a problem is told with line and column, all of them at once', () => {
  const found = problems('server:\n  prot: 3\n  timeouts:\n    keepAlive: 30\nlog: { level: verbos }\n')
  assert.deepEqual(
    found.map(({ path, line, column, suggestion }) => [path, line, column, suggestion]),
    [
      ['server.prot', 2, 3, 'did you mean port?'],
      ['server.timeouts.keepAlive', 4, 16, 'did you mean 30s?'],
      ['log.level', 5, 15, undefined],
    ],
  )
})

test('the message of the error is readable', () => {
  assert.throws(
    () => load('server:\n  prot: 3\n'),
    /wasat\.yaml:2:3: server\.prot is not a known key\n {4}did you mean port\?/,
  )
})

test('[CONFIG-02] unknown keys are refused with the best guess', () => {
  assert.equal(problem('port: 1').suggestion, 'did you mean server.port?')
  assert.equal(problem('tariffs: {}').path, 'tariffs')
  assert.match(problem('zzzzzz: 1').suggestion!, /the keys here are: server, data/)
  const upstream = problem('upstreams: { a: { kind: gemini, keys: [k], base_url: "https://h" } }')
  assert.equal(upstream.suggestion, 'did you mean baseUrl?')
  assert.equal(problem('upstreams: { a: { kind: sandbox, keys: [k] } }').path, 'upstreams.a.keys')
  assert.equal(problem('<<: { data: x }').path, '["<<"]')
})

test('wrong types and values are refused', () => {
  const wrong: readonly [string, string][] = [
    ['server: { port: "4080" }', 'server.port'],
    ['server: { port: 65536 }', 'server.port'],
    ['server: { port: 1.5 }', 'server.port'],
    ['server: { port: [1] }', 'server.port'],
    ['server: { port: null }', 'server.port'],
    ['server: nothing', 'server'],
    ['server: { host: "a b" }', 'server.host'],
    ['server: { limits: { body: 1B } }', 'server.limits.body'],
    ['server: { timeouts: { keepAlive: 25h } }', 'server.timeouts.keepAlive'],
    ['server: { timeouts: { keepAlive: 0s } }', 'server.timeouts.keepAlive'],
    ['server: { cors: { origins: "*" } }', 'server.cors.origins'],
    ['server: { cors: { origins: [example.com] } }', 'server.cors.origins[0]'],
    ['server: { cors: { origins: ["https://a.example/"] } }', 'server.cors.origins[0]'],
    ['server: { trustedProxies: [10.0.0.0/33] }', 'server.trustedProxies[0]'],
    ['server: { trustedProxies: [proxy] }', 'server.trustedProxies[0]'],
    ['server: { limits: { body: 10MiB, bodiesInFlight: 1MiB } }', 'server.limits.bodiesInFlight'],
    ['data: ""', 'data'],
    ['data: true', 'data'],
    ['upstreams: {}', 'upstreams'],
    ['upstreams: { A: { kind: sandbox } }', 'upstreams.A'],
    ['upstreams: { google: AIza }', 'upstreams.google'],
    ['upstreams: { google: { kind: gemini } }', 'upstreams.google.keys'],
    ['upstreams: { google: { kind: gemini, keys: [] } }', 'upstreams.google.keys'],
    ['upstreams: { google: { kind: gemini, keys: [""] } }', 'upstreams.google.keys[0]'],
    ['upstreams: { google: { kind: gemini, keys: [1] } }', 'upstreams.google.keys[0]'],
    ['upstreams: { google: { kind: gemini, keys: [k], apiVersion: ../v1 } }', 'upstreams.google.apiVersion'],
    ['upstreams: { google: { keys: [k] } }', 'upstreams.google.kind'],
    ['models: { "a?b": { targets: [sandbox] } }', 'models["a?b"]'],
    ['models: { "models/a": { targets: [sandbox] } }', 'models["models/a"]'],
    ['models: { a: { targets: [] } }', 'models.a.targets'],
    ['models: { a: {} }', 'models.a.targets'],
    ['models: { a: { targets: [1] } }', 'models.a.targets[0]'],
    ['models: { a: { targets: [{ model: m }] } }', 'models.a.targets[0].upstream'],
    ['models: { a: { targets: [{ upstream: sandbox, model: "a b" }] } }', 'models.a.targets[0].model'],
  ]
  for (const [yaml, path] of wrong) assert.equal(problem(yaml).path, path, yaml)
})

test('a kind that is not built lists those that are', () => {
  for (const kind of ['bedrock', 'constructor']) {
    const { message, suggestion } = problem(`upstreams: { a: { kind: ${kind} } }`)
    assert.match(message, new RegExp(`no kind "${kind}"`))
    assert.match(suggestion!, /kinds: gemini, openai, anthropic, vertex, sandbox/)
  }
  assert.match(problem('upstreams: { a: { kind: gemeni } }').suggestion!, /did you mean gemini/)
})

test('base addresses are http(s) and nothing more, and a password in one is not repeated', () => {
  const bad = [
    'https://user:canary@h',
    'https://h?q=1',
    'https://h#f',
    'ftp://h',
    'h',
    'https://',
    'https://h/v1beta',
  ]
  for (const baseUrl of bad) {
    const found = problem(`upstreams: { a: { kind: gemini, keys: [k], baseUrl: "${baseUrl}" } }`)
    assert.equal(found.path, 'upstreams.a.baseUrl', baseUrl)
    assert.doesNotMatch(found.message, /canary/)
  }
})

/** What an operator could be talked into, by row of the catalogue. */
const BAD_ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  J03: ['http://127.1/', 'http://0177.0.0.1/', 'http://0x7f.1/', 'http://2130706433/', 'http://0x7f000001/'],
  J04: ['http://①②⑦.⓪.⓪.①/', 'http://127。0。0。1/', 'https://müller.example/'],
  J12: [
    ...['file:///etc/passwd', 'gopher://h/', 'ftp://h/', 'data:text/plain,x', 'blob:http://a/b'],
    ...['jar:http://h!/', 'dict://h/', 'unix:/var/run/docker.sock', 'javascript:alert(1)'],
  ],
  J13: [
    ...[
      'http://user:canary@host/',
      'http://canary@127.0.0.1/',
      'http://127.0.0.1:80@evil.test/',
      'http://@h/',
    ],
    ...['http://ok.com\\\\@127.0.0.1/', 'http:////127.0.0.1/', 'http:127.0.0.1/', 'http:/127.0.0.1/'],
  ],
  J14: ['22', '25', '6379', '5432', '0', '65536', '80:80', '', '+80'].map(
    (port) => `http://example.com:${port}/`,
  ),
  J15: [
    ...[
      'http://127.0.0.1%00.ok.com',
      'http://%2531%2532.com/',
      'http://e\\u00advil.com/',
      'http://e\u00advil.com/',
    ],
    ...[
      'http://exa\\tmple.com/',
      'http://example.com\\n/',
      'http://h\\0/',
      'http://%31%32%37.0.0.1/',
      'http://h/a\\x7f',
    ],
    ...['http://localhost./', 'http://api.example.com./', 'http://a..b/', 'http://.a/', 'http://-/%2E%2e/x'],
    ...['http://h/%2e%2e/admin', 'http://h/a/../b', 'http://h/./b', 'http://h/a/%2E'],
  ],
}
for (const [row, addresses] of Object.entries(BAD_ADDRESSES)) {
  test(`[NEV-40] ${row} a base address that could be read in two ways is refused at start`, () => {
    for (const baseUrl of addresses) {
      const found = problem(`upstreams: { a: { kind: gemini, keys: [k], baseUrl: "${baseUrl}" } }`)
      assert.equal(found.path, 'upstreams.a.baseUrl', baseUrl)
      assert.doesNotMatch(found.message + found.suggestion, /canary/)
    }
  })
}

test('[NEV-40] base addresses that are plain are taken', () => {
  const good = [
    ...[
      'http://127.0.0.1:8000',
      'http://localhost:11434/v1',
      'https://API.example.com:443/a.b/..c/',
      'http://[::1]:8000',
    ],
    ...[
      'http://[0:0:0:0:0:0:0:1]/',
      'http://my_vllm/v1',
      'https://xn--mller-kva.example/',
      'http://10.0.0.1:80',
    ],
  ]
  for (const baseUrl of good)
    assert.deepEqual(problems(`upstreams: { a: { kind: openai, baseUrl: "${baseUrl}" } }`), [], baseUrl)
})

test('[NEV-40] what the egress may reach is names, addresses and ranges', () => {
  const allow = [
    'llm.example.com',
    'API.example.com',
    'redis',
    '10.0.0.0/8',
    '::1',
    'fd00::/8',
    '169.254.1.1',
  ]
  assert.deepEqual(load(`egress: { allow: ${JSON.stringify(allow)} }`).config.egress.allow, allow)
  for (const bad of [
    '*',
    '*.example.com',
    'http://h',
    'h:80',
    '127.1',
    '10.0.0.0/33',
    '::/129',
    '10/8',
    'h/8',
    '[::1]',
    'a b',
    'ü',
    '',
  ])
    assert.match(problem(`egress: { allow: ["${bad}"] }`).path ?? '', /^egress\.allow/, bad)
})

test('targets name upstreams that exist, so aliases cannot loop (H27)', () => {
  const upstreams = 'upstreams: { google: { kind: gemini, keys: [k] } }\n'
  assert.equal(problem(`${upstreams}models: { a: { targets: [gogle] } }`).suggestion, 'did you mean google?')
  const loop = problems(`${upstreams}models: { a: { targets: [b] }, b: { targets: [a] } }`)
  assert.deepEqual(
    loop.map(({ path }) => path),
    ['models.a.targets[0]', 'models.b.targets[0]'],
  )
  assert.match(loop[0]!.message, /names the model "b"; a target is an upstream/)
  assert.equal(problem(`${upstreams}models: { a: { targets: [constructor] } }`).path, 'models.a.targets[0]')
})

test('what is not sound YAML is refused with its place', () => {
  const cases: readonly [string, number, number][] = [
    ['server:\n\tport: 1', 2, 1],
    ['data: "x', 1, 9],
    ['data: a\ndata: b', 2, 1],
    ['server:\n  port: 1\n  port: 2', 3, 3],
    ['data: a\n---\ndata: b', 2, 1],
    ['data: !!binary aaaa\nlog: !foo x', 2, 6],
    ['data: *nowhere', 1, 7],
    ['? [a, b]\n: 1', 1, 3],
  ]
  for (const [yaml, line, column] of cases) {
    const found = problems(yaml)[0]
    assert.deepEqual([found?.line, found?.column], [line, column], `${yaml} ${JSON.stringify(found)}`)
  }
  assert.match(problems('a: {b: ${C}}')[0]!.suggestion!, /in quotes/)
  assert.equal(problem('just text').message, 'the file must be a section with keys, not "just text"')
})

test('__proto__ is refused and pollutes nothing (G07)', () => {
  const found = problem('__proto__: { polluted: true }\nserver: { port: 0 }')
  assert.match(found.message, /__proto__ is not allowed/)
  assert.equal(problem('models: { "__proto__": { targets: [sandbox] } }').line, 1)
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
})

test('aliases work, and cannot make a file explode', () => {
  const shared = 'upstreams:\n  a: &a { kind: gemini, keys: [k] }\n  b: *a\n'
  assert.equal(load(shared).config.upstreams.b!.kind, 'gemini')
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`)
  const bomb = `l0: &l0 [x]\n${levels.join('\n')}\n`
  const started = performance.now()
  assert.ok(problems(bomb).some(({ message }) => /aliases/.test(message)))
  // Written out it would be 9 to the power of 12 values, which no machine reads in seconds.
  assert.ok(performance.now() - started < 20_000)
  assert.match(problems('data: &x [*x]')[0]!.message, /aliases|not there/)
  assert.ok(problems('['.repeat(10_000)).length > 0)
  assert.ok(problems(`data: ${'x'.repeat(1024 * 1024)}`)[0]!.message.includes('larger than'))
})

test('references work in every value, also as numbers, and failures have a place', () => {
  const yaml = 'server:\n  port: ${PORT}\n  limits: { body: "${BODY:-1MiB}" }\ndata: $$x\n'
  const { config } = load(yaml, { PORT: '8080' })
  assert.equal(config.server.port, 8080)
  assert.match(config.data, /\/\$x$/)
  const missing = problem(yaml)
  assert.deepEqual([missing.path, missing.line, missing.column], ['server.port', 2, 9])
  assert.match(missing.message, /PORT is not set/)
  assert.equal(problem(yaml, { PORT: 'eighty' }).path, 'server.port')
})

test('secret files are read beside the configuration', () => {
  const cwd = join(folder, 'secrets')
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'key'), 'from-a-file\n')
  const yaml = 'upstreams: { a: { kind: gemini, keys: ["${file:key}"] } }'
  writeFileSync(join(cwd, 'other.yaml'), yaml)
  const { config } = loadConfig({ flags: { config: 'other.yaml' }, environment: {}, cwd })
  assert.deepEqual((config.upstreams.a as { keys: unknown }).keys, ['from-a-file'])
  writeFileSync(join(cwd, 'key'), 'x'.repeat(70_000))
  assert.throws(
    () => loadConfig({ flags: {}, environment: { WASAT_CONFIG: 'other.yaml' }, cwd }),
    /larger than/,
  )
})

test('a file that was named must be there', () => {
  const found = problem(undefined, {}, { config: 'nowhere.yaml' })
  assert.match(found.message, /nowhere\.yaml cannot be read \(ENOENT\)/)
  assert.match(problem(undefined, {}, { config: '.' }).message, /folder/)
})

test('[CONFIG-06] upstreams are found in the environment, also when the file has none', () => {
  const environment = { GEMINI_API_KEY: 'g-key\n', GOOGLE_API_KEY: 'other', COMETAPI_KEY: 'c-key' }
  for (const yaml of [undefined, '', 'upstreams:\n', 'server: {}\n']) {
    const { config, notices, origins } = load(yaml, environment)
    assert.deepEqual(Object.keys(config.upstreams), ['google', 'comet', 'sandbox'])
    const { google, comet } = config.upstreams
    assert.ok(google?.kind === 'gemini' && comet?.kind === 'gemini')
    assert.deepEqual(google.keys, ['g-key'])
    assert.equal(comet.baseUrl, 'https://api.cometapi.com')
    assert.equal(origins.get('upstreams.google.keys'), 'environment')
    assert.equal(origins.get('upstreams.google.credential'), 'default')
    assert.ok(notices.includes('GEMINI_API_KEY found: upstream google'))
    assert.ok(notices.includes('COMETAPI_KEY found: upstream comet'))
  }
  assert.deepEqual(Object.keys(load(undefined, { GOOGLE_API_KEY: 'k' }).config.upstreams), [
    'google',
    'sandbox',
  ])
  const named = load('upstreams: { mine: { kind: sandbox } }', environment)
  assert.deepEqual(Object.keys(named.config.upstreams), ['mine'])
  const broken = problem(undefined, { GEMINI_API_KEY: 'two canary words' })
  assert.match(broken.message, /^GEMINI_API_KEY: upstreams\.google\.keys\[0\]/)
  assert.doesNotMatch(broken.message, /canary/)
})

test('[CONFIG-07] a bind beyond loopback needs an admin key', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'gateway.example', '::ffff:10.0.0.1']) {
    const found = problem(undefined, {}, { host })
    assert.equal(found.path, 'server.host', host)
    assert.match(found.suggestion!, /WASAT_ADMIN_KEY/)
    assert.equal(load(undefined, ADMIN, { host }).config.server.host, host)
  }
  for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    assert.equal(load(undefined, {}, { host }).config.server.host, host)
})

test('the two keys are checked and handed over apart', () => {
  const clientKey = 'a-client-key-of-enough'
  assert.deepEqual(load(undefined, { ...ADMIN, WASAT_KEY: clientKey }).secrets, {
    clientKey,
    adminKey: ADMIN.WASAT_ADMIN_KEY,
  })
  assert.deepEqual(load(undefined, { WASAT_KEY: '' }).secrets, {})
  for (const key of ['short', 'k'.repeat(513), 'with a space canary', 'wíth-an-accent-canary'])
    assert.match(problem(undefined, { WASAT_KEY: key }).message, /^WASAT_KEY: must be 16 to 512 (?!.*canary)/)
  assert.match(
    problem(undefined, { ...ADMIN, WASAT_KEY: ADMIN.WASAT_ADMIN_KEY }).message,
    /same as WASAT_KEY/,
  )
})

test('flags and variables are named in their problems', () => {
  assert.match(problem(undefined, {}, { port: 'x' }).message, /^--port: server\.port must be/)
  assert.match(problem(undefined, { WASAT_LOG_LEVEL: 'wran' }).message, /^WASAT_LOG_LEVEL: /)
  assert.equal(problem(undefined, { WASAT_LOG_LEVEL: 'wran' }).suggestion, 'did you mean warn?')
})

test('[CONFIG-03] masking shows no more than four characters of a secret', () => {
  const yaml =
    'upstreams: { a: { kind: gemini, keys: [long-canary-1234, canary12] } }\nmodels: { m: { targets: [a] } }'
  const masked = maskedConfig(load(yaml)) as { upstreams: { a: { keys: string[] } }; models: unknown }
  assert.deepEqual(masked.upstreams.a.keys, ['••••1234', '••••'])
  const defaults = { strategy: 'order', affinity: true, thinking: 'pass' }
  assert.deepEqual(masked.models, { m: { targets: ['a'], ...defaults } })
  assert.doesNotMatch(JSON.stringify(masked), /canary/)
})

test('each provider that the environment knows is an upstream for its own models', () => {
  const environment = {
    GOOGLE_CLOUD_PROJECT: 'my-project',
    GOOGLE_CLOUD_LOCATION: 'europe-west4',
    OPENAI_API_KEY: 'o-key',
    ANTHROPIC_API_KEY: 'a-key',
    OLLAMA_HOST: '0.0.0.0',
  }
  const { config, notices } = load(undefined, environment)
  const { vertex, openai, claude, ollama } = config.upstreams
  assert.ok(vertex?.kind === 'vertex' && openai?.kind === 'openai')
  assert.ok(claude?.kind === 'anthropic' && ollama?.kind === 'openai')
  assert.deepEqual([vertex.project, vertex.location, vertex.keys], ['my-project', 'europe-west4', []])
  assert.deepEqual([openai.keys, openai.baseUrl], [['o-key'], undefined])
  assert.ok(openai.serves.includes('gpt-*') && claude.serves.includes('claude-*'))
  assert.deepEqual([ollama.vendor, ollama.baseUrl], ['ollama', 'http://127.0.0.1:11434/v1'])
  assert.ok(notices.includes('ANTHROPIC_API_KEY found: upstream claude'))
})

test('the request that is shown at the first start names a model that is there', () => {
  const shown = (environment: Record<string, string>, yaml?: string) =>
    modelToShow(load(yaml, environment).config)
  assert.equal(shown({}), 'gemini-2.5-flash')
  assert.equal(shown({ OPENAI_API_KEY: 'k' }), 'gpt-5-mini')
  assert.equal(shown({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://API.openai.com/v1' }), 'gpt-5-mini')
  assert.equal(shown({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://llm.example.com/v1' }), 'YOUR-MODEL')
  assert.equal(
    shown({}, 'upstreams: { a: { kind: openai, baseUrl: "http://127.0.0.1:8000/v1" } }'),
    'YOUR-MODEL',
  )
  assert.equal(shown({ ANTHROPIC_API_KEY: 'k', GEMINI_API_KEY: 'k' }), 'gemini-2.5-flash')
  assert.equal(shown({ OLLAMA_HOST: 'localhost' }), 'YOUR-MODEL')
  const models = 'models: { "gemini-*": { targets: [sandbox] }, fast: { targets: [sandbox] } }'
  assert.equal(shown({}, models), 'fast')
})

test('an address of the operator’s own may have any model', () => {
  const environment = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://llm.example.com/v1/' }
  const { openai } = load(undefined, environment).config.upstreams
  assert.ok(openai?.kind === 'openai')
  assert.deepEqual([openai.baseUrl, openai.serves], ['https://llm.example.com/v1', []])
})

test('a host, a port or an address of Ollama', () => {
  const at = (host: string) => {
    const { ollama } = load(undefined, { OLLAMA_HOST: host }).config.upstreams
    return ollama?.kind === 'openai' ? ollama.baseUrl : undefined
  }
  assert.equal(at('127.0.0.1'), 'http://127.0.0.1:11434/v1')
  assert.equal(at(':8080'), 'http://127.0.0.1:8080/v1')
  assert.equal(at('box:9000'), 'http://box:9000/v1')
  assert.equal(at('https://box.example/ollama/'), 'https://box.example/ollama/v1')
})

test('Google credentials need a project, express keys none', () => {
  const at = 'upstreams: { v: { kind: vertex'
  assert.match(problem(`${at} } }`).message, /upstreams\.v\.project is needed with Google credentials/)
  assert.equal(load(`${at}, keys: [k] } }`).config.upstreams.v!.kind, 'vertex')
})

test('the data folder can be asked for where the rest of the file is not usable', () => {
  const cwd = join(folder, 'data-only')
  mkdirSync(cwd)
  writeFileSync(
    join(cwd, 'wasat.yaml'),
    'data: there\nupstreams: { a: { kind: gemini, keys: ["${NONE}"] } }\n',
  )
  const find = (environment: Record<string, string>, flags: Flags = {}) =>
    loadDataFolder({ flags, environment, cwd })
  assert.equal(find({}), join(cwd, 'there'))
  assert.equal(find({ WASAT_DATA: 'env' }), join(cwd, 'env'))
  assert.equal(find({ WASAT_DATA: 'env' }, { data: 'flag' }), join(cwd, 'flag'))
  writeFileSync(join(cwd, 'wasat.yaml'), 'data: [1]\n')
  assert.throws(() => find({}), ConfigError)
})

test('any text is a configuration or a ConfigError', () => {
  const piece = fc.constantFrom(
    'server',
    'port',
    'models',
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '${A}',
    '*a',
    '&a ',
    '"',
    '1s',
    'null',
    '#',
    '|',
    '__proto__',
    '? ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      problems(pieces.join(''))
    }),
    { numRuns: 500 },
  )
})

test('where the books are kept comes from a flag, the environment or the file, and its password is not shown', () => {
  const url = 'postgres://wasat:a-long-password@db/wasat'
  const { config } = loadConfig({ flags: {}, environment: { WASAT_LEDGER: url }, cwd: '/' })
  assert.equal(config.stores.ledger, url)
  const shown = JSON.stringify(maskedConfig({ config }))
  assert.ok(!shown.includes('a-long-password'))
  assert.ok(shown.includes('"counters":"memory"'))
  for (const ledger of ['mysql://x', 'postgres://a b', 'Sqlite', '']) {
    const load = () => loadConfig({ flags: { ledger }, environment: {}, cwd: '/' })
    assert.throws(load, /stores\.ledger/, ledger)
  }
  const place = loadStorePlace({ flags: { counters: 'redis://c' }, environment: {}, cwd: '/' })
  assert.deepEqual([place.data, place.stores.counters], ['/.wasat', 'redis://c'])
})
