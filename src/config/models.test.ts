import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type LoadedConfig, loadConfig } from './load.ts'
import { ConfigError } from './problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-models-'))
after(() => rmSync(folder, { recursive: true }))

const UPSTREAMS = 'upstreams: { a: { kind: sandbox }, b: { kind: sandbox } }\n'

function load(models: string): LoadedConfig {
  writeFileSync(join(folder, 'wasat.yaml'), `${UPSTREAMS}models:\n${models}`)
  return loadConfig({ flags: {}, environment: {}, cwd: folder })
}

function problems(models: string): string[] {
  try {
    load(models)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map(({ message, suggestion }) => `${message}; ${suggestion}`)
  }
  return []
}

test('[NEV-20] an entry has a strategy and weights, and without them the order that it is written in', () => {
  const { models } = load(`
  plain: { targets: [a, { upstream: b }] }
  shared: { targets: [{ upstream: a, weight: 3 }, b], strategy: weight, affinity: false, fallback: plain }
`).config
  const defaults = { strategy: 'order', affinity: true, thinking: 'pass' }
  assert.deepEqual({ ...models.plain }, { targets: ['a', { upstream: 'b' }], ...defaults })
  const { strategy, affinity, fallback, targets } = models.shared!
  assert.deepEqual([strategy, affinity, fallback], ['weight', false, 'plain'])
  assert.deepEqual(targets, [{ upstream: 'a', weight: 3 }, 'b'])
})

test('[NEV-20] weights and strategies that are none are told', () => {
  for (const weight of ['0', '1001', '1.5', 'x'])
    assert.match(String(problems(`  m: { targets: [{ upstream: a, weight: ${weight} }] }`)), /weight must be/)
  assert.match(
    String(problems('  m: { targets: [a], strategy: fastes }')),
    /strategy must be .*; did you mean fastest\?/,
  )
})

test('[NEV-22] a fallback is a model that is there: an entry, a glob, or upstream/model', () => {
  const good = `
  m: { targets: [a], fallback: other-9 }
  "other-*": { targets: [b], fallback: a/x }
  n: { targets: [b], fallback: m }
`
  assert.deepEqual(problems(good), [])
  assert.deepEqual(
    problems('  mine: { targets: [a], fallback: mind }\n  other: { targets: [a], fallback: c/x }'),
    [
      'models.mine.fallback names the model "mind", which leads nowhere; did you mean mine?',
      'models.other.fallback names the model "c/x", which leads nowhere; name a model of this section, or upstream/model',
    ],
  )
})

test('[NEV-22] fallbacks that go round in a circle are told, at each entry of the circle', () => {
  const next = 'name a model whose entry has no fallback'
  assert.deepEqual(problems('  m: { targets: [a], fallback: m }'), [
    `models.m.fallback leads back to models.m; ${next}`,
  ])
  const three = `
  m: { targets: [a], fallback: n }
  n: { targets: [a], fallback: glob-1 }
  "glob-*": { targets: [a], fallback: m }
  outside: { targets: [b], fallback: m }
`
  assert.deepEqual(problems(three), [
    `models.m.fallback leads back to models.m through n, glob-*; ${next}`,
    `models.n.fallback leads back to models.n through glob-*, m; ${next}`,
    `models["glob-*"].fallback leads back to models["glob-*"] through m, n; ${next}`,
  ])
})
