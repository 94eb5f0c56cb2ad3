import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkGenerated, GENERATED, writeGenerated } from './check-generated.ts'

const root = mkdtempSync(join(tmpdir(), 'wasat-generated-'))
after(() => rmSync(root, { recursive: true }))

test('a missing, a changed, a longer and a right file are told apart', () => {
  const generated = { 'docs/a.md': () => 'one\ntwo\n' }
  const lines = () => checkGenerated(root, generated).map(({ line }) => line ?? 'missing')
  assert.deepEqual(lines(), ['missing'])
  writeGenerated(root, generated)
  assert.deepEqual(lines(), [])
  writeFileSync(join(root, 'docs/a.md'), 'one\nthree\n')
  assert.deepEqual(lines(), [2])
  writeFileSync(join(root, 'docs/a.md'), 'one\ntwo\nthree\n')
  assert.deepEqual(lines(), [3])
  writeFileSync(join(root, 'docs/a.md'), 'one\r\ntwo\r\n')
  assert.deepEqual(lines(), [])
})

test('what the code makes is the same each time, and sound', () => {
  for (const make of Object.values(GENERATED)) assert.equal(make(), make())
  const schema = JSON.parse(GENERATED['docs/reference/wasat.schema.json']!())
  assert.ok(schema.properties.upstreams)
  assert.match(GENERATED['docs/reference/config.md']!(), /^# Configuration\n/)
})
