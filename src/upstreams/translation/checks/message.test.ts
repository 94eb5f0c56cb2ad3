import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { readMessage } from './message.ts'

test('a wrong message is a 400 with a violation for each thing that is wrong', () => {
  assert.throws(
    () => readMessage('GenerateContentRequest', { foo: 1, generationConfig: { seed: 'x' } }),
    (error) => {
      assert.ok(error instanceof GatewayError && error.code === 'invalid_argument')
      const unknown = 'Invalid JSON payload received. Unknown name "foo": Cannot find field.'
      const invalid = `Invalid value at 'generation_config.seed' (TYPE_INT32), "x"`
      assert.equal(error.message, `${unknown}\n${invalid}`)
      assert.deepEqual(error.details, [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [
            { description: unknown },
            { field: 'generation_config.seed', description: invalid },
          ],
        },
      ])
      return true
    },
  )
})
