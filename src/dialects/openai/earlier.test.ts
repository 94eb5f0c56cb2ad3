import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptResponse } from '../../nouns/kept-responses.ts'
import { type Earlier, inFull } from './earlier.ts'

const KEPT: KeptResponse = {
  id: 'resp_1',
  response: {},
  input: [{ id: 'msg_1', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'One' }] }],
  output: [
    { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'wasat.next.YQ==' },
    { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'go', arguments: '{}' },
  ],
}
const CALL = { type: 'function_call', call_id: 'c1', name: 'go', arguments: '{}' }
const RESULT = { type: 'function_call_output', call_id: 'c1', output: 'ok' }

const full = (document: object, earlier: Partial<Earlier>) =>
  inFull(() => document as never, { previous: undefined, items: new Map(), ...earlier })

test('[RSP-09] an upstream of this wire gets in full what only we know, without what only Gemini reads', () => {
  const document = { model: 'm', previous_response_id: 'resp_1', input: [RESULT], store: false }
  const whole = full(document, { previous: { id: 'resp_1', kept: KEPT } })
  assert.equal(whole?.losses.length, 1)
  assert.deepEqual(whole.document, {
    model: 'm',
    store: false,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'One' }] }, CALL, RESULT],
  })
})

test('[RSP-09] an id of its own goes to the upstream as it came', () => {
  const document = { model: 'm', previous_response_id: 'resp_9', input: 'Hi' }
  assert.equal(full(document, { previous: { id: 'resp_9', kept: undefined } }), undefined)
})

test('[RSP-14] an upstream of this wire gets the item in the place of a reference to it', () => {
  const items = new Map([['fc_1', KEPT.output[1] as never]])
  const reference = (id: string) => ({ type: 'item_reference', id })
  const document = { model: 'm', input: [reference('fc_1'), RESULT, reference('msg_9')] }
  assert.deepEqual(full(document, { items }), {
    document: { model: 'm', input: [CALL, RESULT, reference('msg_9')] },
    losses: [],
  })
})
