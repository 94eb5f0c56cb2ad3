import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathText } from './problems.ts'

test('paths can be read', () => {
  assert.equal(pathText(['upstreams', 'google', 'keys', 0]), 'upstreams.google.keys[0]')
  assert.equal(pathText(['models', 'gemini-2.5-*', 'targets']), 'models["gemini-2.5-*"].targets')
})
