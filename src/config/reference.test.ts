// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Check } from 'typebox/schema'
import { parse, stringify } from 'yaml'
import type { Shape } from './fields.ts'
import { configJsonSchema } from './json-schema.ts'
import { loadConfig } from './load.ts'
import { maskedConfig } from './present.ts'
import { renderConfigReference } from './reference.ts'
import { configShape } from './schema.ts'

function leaves(shape: Shape, path: string[] = []): [string, Shape][] {
  const members = { ...shape.properties, ...shape.patternProperties }
  const inner = Object.entries(members).flatMap(([key, child]) => leaves(child, [...path, key]))
  // A list of sections has the keys of the section that may stand in its place.
  const sections = (shape.anyOf ?? []).filter((variant) => !variant.items)
  const variants = sections.flatMap((variant) => leaves(variant, path))
  return inner.length + variants.length > 0 ? [...inner, ...variants] : [[path.join('.'), shape]]
}

test('every field says what it does', () => {
  const all = leaves(configShape)
  assert.ok(all.length > 30)
  for (const [path, shape] of all) assert.ok((shape.description ?? '').length > 10, path)
})

test('[CONFIG-04] the reference has a row for every field and no undefined', () => {
  const page = renderConfigReference()
  assert.doesNotMatch(page, /undefined/)
  for (const [path] of leaves(configShape)) assert.ok(page.includes(`\`${path.split('.').at(-1)}\``), path)
  assert.match(page, /\| `port` \| a whole number from 0 to 65535 \| `4080` \|/)
})

test('[CONFIG-04] the JSON Schema accepts what loads and refuses what does not', () => {
  const schema = configJsonSchema()
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
  const accepts = (yaml: string): boolean => Check(schema as never, parse(yaml))
  const folder = mkdtempSync(join(tmpdir(), 'wasat-schema-'))
  const loads = (yaml: string): boolean => {
    writeFileSync(join(folder, 'wasat.yaml'), yaml)
    try {
      loadConfig({ flags: {}, environment: { A: '1' }, cwd: folder })
      return true
    } catch {
      return false
    }
  }
  const good = [
    '{}',
    'server: { port: 1 }',
    'server: { port: "${A}" }',
    'models: { m: { targets: [sandbox] } }',
  ]
  good.push('upstreams: { a: { kind: gemini, keys: [k] }, s: { kind: sandbox } }', 'data: ./x')
  good.push(
    'models: { m: { targets: [{ upstream: sandbox, model: x }] } }',
    'server: { timeouts: { keepAlive: 1m } }',
  )
  const bad = [
    'server: { prot: 1 }',
    'server: { port: x }',
    'upstreams: { a: { kind: gemini } }',
    'upstreams: {}',
  ]
  bad.push(
    'upstreams: { a: { kind: anthropic } }',
    'upstreams: { A: { kind: sandbox } }',
    'log: { level: loud }',
  )
  bad.push('models: { m: {} }', 'models: { m: { targets: [] } }', 'server: { limits: { body: 20MB } }')
  for (const yaml of good) assert.deepEqual([accepts(yaml), loads(yaml)], [true, true], yaml)
  for (const yaml of bad) assert.deepEqual([accepts(yaml), loads(yaml)], [false, false], yaml)
  rmSync(folder, { recursive: true })
})

test('what is printed can be loaded again and is the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-print-'))
  const load = () => loadConfig({ flags: {}, environment: {}, cwd: folder })
  const first = load()
  writeFileSync(join(folder, 'wasat.yaml'), stringify(maskedConfig(first)))
  assert.deepEqual(load().config, first.config)
  rmSync(folder, { recursive: true })
})
