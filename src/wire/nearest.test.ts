import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

test('the nearest name is what a typing mistake meant', () => {
  const names = ['port', 'host', 'baseUrl', 'connectionsMax', 'trustedProxies']
  assert.equal(nearest('prot', names), 'port')
  assert.equal(nearest('base-url', names), 'baseUrl')
  assert.equal(nearest('trustedProxy', names), 'trustedProxies')
  assert.equal(nearest('Host', names), 'host')
  assert.equal(nearest('completely', names), undefined)
  assert.equal(nearest('x'.repeat(100_000), names), undefined)
})
