import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { nextHop } from './hops.ts'

test('[NEV-42] each gateway counts one more, and the fourth refuses', () => {
  assert.equal(nextHop(undefined), '1')
  assert.equal(nextHop('1'), '2')
  assert.equal(nextHop(' 2 '), '3')
  for (const looped of ['3', '99', '2, 3', 'x', '', '-1', '1e9'])
    assert.throws(
      () => nextHop(looped),
      (error) => error instanceof GatewayError && error.code === 'failed_precondition' && error.http === 400,
      looped,
    )
})
