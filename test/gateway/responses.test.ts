/** Responses through the real process, with the sandbox behind it: what a client of OpenAI's API does one after the other. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Gateway, type Received, startGateway } from './rig.ts'

const MODEL = 'gemini-3-pro-preview'
const TOOLS = [
  {
    type: 'function',
    name: 'get_weather',
    description: 'The weather in a city.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
]
const ASK = { role: 'user', content: 'What is the weather in Paris?' }

let gateway: Gateway
let otherKey: string
before(async () => {
  gateway = await startGateway()
  const { text } = await gateway.ask('/admin/v1/keys', {
    anonymous: true,
    headers: { authorization: `Bearer ${gateway.adminKey}` },
    body: '{"name":"other"}',
  })
  otherKey = JSON.parse(text).secret
})
after(() => gateway.stop('SIGINT'))

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

function create(body: object, { key = gateway.key, door = '/v1' } = {}): Promise<Received> {
  return gateway.ask(`${door}/responses`, {
    anonymous: true,
    headers: bearer(key),
    body: JSON.stringify({ model: MODEL, ...body }),
  })
}

async function created(body: object) {
  const { status, text } = await create(body)
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

function at(path: string, { method = 'GET', key = gateway.key } = {}): Promise<Received> {
  return gateway.ask(`/v1/responses/${path}`, { method, anonymous: true, headers: bearer(key) })
}

// biome-ignore lint/suspicious/noExplicitAny: items of every shape
const callIn = ({ output }: any) => output.find(({ type }: { type: string }) => type === 'function_call')
const resultOf = (call: { call_id: string }) => ({
  ...{ type: 'function_call_output', call_id: call.call_id, output: '{"sky":"clear"}' },
})
// biome-ignore lint/suspicious/noExplicitAny: items of every shape
const textOf = ({ output }: any): string =>
  output.find(({ type }: { type: string }) => type === 'message').content[0].text

test('[RSP-02] a tool loop: with the whole history in each request, and by the id of the answer', async () => {
  const first = await created({ input: [ASK], tools: TOOLS })
  const call = callIn(first)
  assert.deepEqual(JSON.parse(call.arguments), { city: 'Paris' })
  const byId = await created({ input: [resultOf(call)], tools: TOOLS, previous_response_id: first.id })
  assert.match(textOf(byId), /clear/)
  const stateless = await created({
    ...{ input: [ASK, ...first.output, resultOf(call)], tools: TOOLS, store: false },
  })
  assert.match(textOf(stateless), /clear/)
})

test('[RSP-09] a chain goes on through its last answer, also when the first one was deleted', async () => {
  const first = await created({ input: 'My name is Ada.', instructions: 'Rhyme.' })
  const second = await created({ input: 'And yours?', previous_response_id: first.id })
  assert.equal(second.instructions, null)
  assert.equal((await at(first.id, { method: 'DELETE' })).status, 200)
  const third = await created({ input: 'Good bye.', previous_response_id: second.id })
  const { data } = JSON.parse((await at(`${third.id}/input_items?order=asc`)).text)
  assert.deepEqual(
    // biome-ignore lint/suspicious/noExplicitAny: items of every shape
    data.flatMap((item: any) => item.content?.[0]?.text ?? []),
    ['My name is Ada.', textOf(first), 'And yours?', textOf(second), 'Good bye.'],
  )
})

test('[RSP-11] an answer is there for its own key alone', async () => {
  const { id } = await created({ input: 'Hi' })
  assert.equal((await at(id)).status, 200)
  for (const asked of [
    at(id, { key: otherKey }),
    at(id, { method: 'DELETE', key: otherKey }),
    at('resp_0'),
  ]) {
    const { status, text } = await asked
    assert.equal(status, 404)
    const { error } = JSON.parse(text)
    assert.match(error.message, /^Response with id 'resp_\w+' not found\.$/)
    assert.equal(error.type, 'invalid_request_error')
  }
  const { status, text } = await create({ input: 'Hi', previous_response_id: id }, { key: otherKey })
  const { code, param } = JSON.parse(text).error
  assert.deepEqual([status, code, param], [400, 'previous_response_not_found', 'previous_response_id'])
})

test('[RSP-14] items of an answer that was kept are sent as references to them', async () => {
  const first = await created({ input: [ASK], tools: TOOLS, reasoning: { summary: 'auto' } })
  // biome-ignore lint/suspicious/noExplicitAny: items of every shape
  const references = first.output.map(({ id }: any) => ({ type: 'item_reference', id }))
  const body = { input: [ASK, ...references, resultOf(callIn(first))], tools: TOOLS }
  assert.match(textOf(await created(body)), /clear/)
  for (const [key, input] of [
    [otherKey, body.input],
    [gateway.key, [ASK, { type: 'item_reference', id: 'msg_unknown' }]],
  ] as const) {
    const { status, text } = await create({ ...body, input }, { key })
    assert.equal(status, 400)
    assert.equal(JSON.parse(text).error.param, 'input[1]')
  }
})

test('[RSP-10] an answer that is not to be kept is not', async () => {
  const { id, store } = await created({ input: 'Hi', store: false })
  assert.equal(store, false)
  assert.equal((await at(id)).status, 404)
})

test('[RSP-07] a stream of named events, whose response can be gone on with at once', async () => {
  const { status, headers, text } = await create({ input: [ASK], tools: TOOLS, stream: true })
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^text\/event-stream/)
  const events = text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [, name, data = ''] = /^event: (\S+)\ndata: (.+)$/.exec(block) ?? []
      const event = JSON.parse(data)
      assert.equal(event.type, name)
      return event
    })
  assert.deepEqual(
    events.map(({ sequence_number: number }) => number),
    events.map((_, index) => index),
  )
  const { type, response } = events.at(-1)
  assert.equal(type, 'response.completed')
  assert.deepEqual(JSON.parse((await at(response.id)).text), response)
  const next = await created({
    ...{ input: [resultOf(callIn(response))], tools: TOOLS, previous_response_id: response.id },
  })
  assert.match(textOf(next), /clear/)
})

test('[RSP-05] an answer in the form of a schema', async () => {
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
  const format = { type: 'json_schema', name: 'person', strict: true, schema }
  const response = await created({ model: 'gemini-2.5-flash', input: 'A person.', text: { format } })
  assert.equal(typeof JSON.parse(textOf(response)).name, 'string')
  assert.deepEqual(response.text.format, format)
})

test("[RSP-01] the same at Google's own path", async () => {
  const { status, text } = await create({ input: 'Hi' }, { door: '/v1beta/openai' })
  assert.equal(status, 200, text)
  assert.equal(JSON.parse(text).object, 'response')
})
