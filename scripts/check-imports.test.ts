import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { checkImports } from './check-imports.ts'
import { importsOf } from './imports.ts'
import { lex } from './lex.ts'
import { problemText } from './problem.ts'

const home = mkdtempSync(join(tmpdir(), 'wasat-imports-'))
after(() => rmSync(home, { recursive: true }))
let count = 0

/** What is said of a project with these files below `src/`. */
function check(files: Readonly<Record<string, string>>): string[] {
  count += 1
  const root = join(home, String(count))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'src', name)), { recursive: true })
    writeFileSync(join(root, 'src', name), text)
  }
  return checkImports(root).map(problemText)
}

const SOUND = {
  'wire/sse.ts': 'export const a = 1\n',
  'errors.ts': `import { a } from './wire/sse.ts'\nexport const e = a\n`,
  'nouns.ts': `import type { a } from './wire/sse.ts'\nexport type N = typeof a | 'openai'\n`,
  'auth/hash.ts': 'export const h = 1\n',
  'auth/keys.ts': `import { h } from './hash.ts'\nimport type { N } from '../nouns.ts'\nexport const k: N | number = h\n`,
  'upstreams/gemini/upstream.ts': `import { e } from '../../errors.ts'\nexport const u = e\n`,
  'gateway.ts': `import { k } from './auth/keys.ts'\nexport const g = k\n`,
  'main.ts': `import { g } from './gateway.ts'\nimport { u } from './upstreams/gemini/upstream.ts'\nexport const m = [g, u]\n`,
  'cli/serve.ts': `const { m } = await import('../main.ts')\nconsole.log(process.env, m)\n`,
}

const OPENING = [
  `import { Pool } from 'undici'`,
  `import { type Dispatcher, Agent as A } from 'undici'`,
  `import * as net from 'node:net'`,
  `import { createServer, connect } from 'node:net'`,
  `import { get } from 'http'`,
  `import https from 'node:https'`,
  `import 'node:tls'`,
  `export { request } from 'node:http'`,
  `const { Client } = await import('pg')`,
  `const answer = await fetch('http://h')`,
  `const answer = await globalThis.fetch('http://h')`,
  `const socket = new WebSocket('ws://h')`,
]
const NOT_OPENING = [
  `import type { Pool } from 'undici'`,
  `import { type Pool } from 'undici'`,
  `import { BlockList, createServer, type Socket } from 'node:net'`,
  `import { STATUS_CODES } from 'node:http'`,
  `type Library = typeof import('google-auth-library')`,
  `const answer = await client.fetch('http://h')`,
  `const text = "import { get } from 'node:http'"`,
]
test('[NEV-40] only one function opens connections', () => {
  for (const line of OPENING) {
    const [found = 'nothing', ...more] = check({ ...SOUND, 'upstreams/http/x.ts': line })
    assert.match(found, /^src\/upstreams\/http\/x\.ts:1: .* can open connections/, line)
    assert.deepEqual(more, [], line)
  }
  for (const line of NOT_OPENING) assert.deepEqual(check({ ...SOUND, 'upstreams/http/x.ts': line }), [], line)
  assert.deepEqual(check({ ...SOUND, 'upstreams/http/pool.ts': OPENING[0] as string }), [])
  assert.deepEqual(check({ ...SOUND, 'upstreams/http/x.test.ts': OPENING.join('\n') }), [])
})

test('a sound project passes', () => {
  assert.deepEqual(check(SOUND), [])
})

const BREACHES: readonly [string, Record<string, string>, RegExp][] = [
  [
    'wire knows nouns',
    { 'wire/x.ts': `import type { N } from '../nouns.ts'` },
    /^src\/wire\/x\.ts:1: must not import '\.\.\/nouns\.ts', because imports point one way/,
  ],
  [
    'a room knows the line',
    { 'auth/x.ts': `\nimport { g } from '../gateway.ts'` },
    /^src\/auth\/x\.ts:2: .*src\/gateway\.ts stands above/,
  ],
  [
    'a room knows main by a dynamic import',
    { 'auth/x.ts': `await import('../main.ts')` },
    /stands above src\/auth\/x\.ts/,
  ],
  [
    'the line knows the commands',
    { 'gateway.ts': `import { k } from './auth/keys.ts'\nimport './cli/keys.ts'`, 'cli/keys.ts': '' },
    /^src\/gateway\.ts:2: .*stands above/,
  ],
  [
    'rooms know each other',
    { 'edge/x.ts': `import type { h } from '../auth/hash.ts'` },
    /rooms edge and auth know each other only through/,
  ],
  [
    'neighbours know each other',
    { 'upstreams/sandbox/x.ts': `import { u } from '../gemini/upstream.ts'` },
    /sandbox and gemini are neighbours in upstreams/,
  ],
  [
    'what is shared knows a provider',
    { 'upstreams/x.ts': `import { u } from './gemini/upstream.ts'` },
    /shared in upstreams knows none of its folders/,
  ],
  [
    'the program knows a test',
    { 'auth/x.ts': `import './x.test.ts'`, 'auth/x.test.ts': '' },
    /for tests only/,
  ],
  [
    'the program knows what is outside',
    {
      'auth/x.ts': `import '../errors.ts'\nimport '../../src/../src/nouns.ts'\nexport { a } from '../wire/nowhere.ts'`,
    },
    /^src\/auth\/x\.ts:3: '\.\.\/wire\/nowhere\.ts' is not there/,
  ],
  [
    'an import nobody can check',
    { 'auth/x.ts': `const name = 1\nawait import(\`./\${name}.ts\`)` },
    /^src\/auth\/x\.ts:2: import\(…\) needs a plain string/,
  ],
  ['a barrel', { 'auth/index.ts': '' }, /^src\/auth\/index\.ts: no index\.ts/],
  ['a barrel by another name', { 'auth/all.ts': `export * from './hash.ts'` }, /no export \* from/],
  [
    'a default export',
    { 'auth/x.ts': 'const x = 1\nexport default x' },
    /^src\/auth\/x\.ts:2: no default export/,
  ],
  ['a file without a place', { 'utils.ts': '' }, /^src\/utils\.ts: this file has no place/],
  [
    'the environment in a room',
    { 'auth/x.ts': 'export const x = process.env.HOME' },
    /process\.env is read in config\/ and cli\//,
  ],
  [
    'the environment inside a template',
    { 'auth/x.ts': `export const x = \`a\${\`b\${process.env.HOME}\`}\`` },
    /process\.env/,
  ],
  ['the console in a room', { 'auth/x.ts': `console.log('x')` }, /console is for cli\/ and observe\//],
  [
    "a provider's name in a string",
    { 'routing/x.ts': `export const x = 'api.anthropic.com'` },
    /'anthropic' must not be named here/,
  ],
  [
    "a provider's name as a name",
    { 'upstreams/openai/x.ts': 'export const openai = 1\nexport const isVertexAI = 2' },
    /^src\/upstreams\/openai\/x\.ts:2: 'vertex'/,
  ],
]

for (const [name, files, expected] of BREACHES) {
  test(`seen: ${name}`, () => {
    const problems = check({ ...SOUND, ...files })
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] as string, expected)
  })
}

test('a circle is told once, with its way, also when it is made of types', () => {
  const problems = check({
    'auth/c.ts': `import type { a } from './a.ts'`,
    'auth/b.ts': `import { c } from './c.ts'`,
    'auth/a.ts': `// first\nimport { b } from './b.ts'`,
  })
  assert.equal(problems.length, 1)
  assert.match(
    problems[0] as string,
    /^src\/auth\/a\.ts:2: src\/auth\/a\.ts → src\/auth\/b\.ts → src\/auth\/c\.ts → src\/auth\/a\.ts/,
  )
})

test('tests may know everything, comments and quoted code are no code', () => {
  const quoted = [
    '// console.log(process.env) import x from "../gateway.ts" openai',
    '/* export default anthropic */',
    'export const text = "process.env and console.log, import a from \'../main.ts\'"',
    'export const pattern = /process.env|`|console.log/',
    'export const halves = 4 / 2 / 1',
    'export const page = `console.log(1) export default`',
  ]
  assert.deepEqual(check({ ...SOUND, 'auth/x.ts': quoted.join('\n') }), [])
  assert.deepEqual(
    check({ ...SOUND, 'auth/x.test.ts': `import '../main.ts'\nconsole.log(process.env.X, 'openai')` }),
    [],
  )
})

test('every way to write an import is seen, with its line', () => {
  const source = `import a, { b, type C } from './1.ts'
import * as d from "./2.ts"
import type {
  E,
} from './3.ts'
import './4.ts'
export { f } from './5.ts'
export type { G } from './6.ts'
export * as h from './7.ts'
const i = import('./8.ts')
import json from './9.json' with { type: 'json' }
export { i }
export const from = './no.ts'
const url = import.meta.url
const template = \`\${await import('./10.ts')}\``
  const found = importsOf(lex(source)).map(({ specifier, line }) => `${line} ${specifier}`)
  assert.deepEqual(found, [
    '1 ./1.ts',
    '2 ./2.ts',
    '3 ./3.ts',
    '6 ./4.ts',
    '7 ./5.ts',
    '8 ./6.ts',
    '9 ./7.ts',
    '10 ./8.ts',
    '11 ./9.json',
    '15 ./10.ts',
  ])
})
