/** The list of models, and Google's own version of OpenAI's paths. */
import assert from 'node:assert/strict'
import { APIError, type OpenAI } from 'openai'
import { collect, joined, type OpenAiCase, type Rig, SKY, SKY_TOLD, user } from './rig.ts'

const ONCE = ['sandbox'] as const

export const DOORS: readonly OpenAiCase[] = [
  { name: '[OSDK-07] models are listed and retrieved', only: ONCE, run: models },
  { name: "[OSDK-13] chat, stream and tools by Google's own paths", run: googles },
  {
    name: "[OSDK-13] thoughts stand in the text by Google's own paths",
    only: ['sandbox', 'gemini'],
    run: thoughts,
  },
  { name: "[OSDK-13] models, vectors and errors by Google's own paths", only: ONCE, run: others },
]

async function models({ client }: Rig): Promise<void> {
  const all = await collect(client.models.list())
  const ids = all.map(({ id }) => id)
  for (const id of ['in-sandbox', 'by-anthropic', 'by-chat']) assert.ok(ids.includes(id), ids.join(' '))
  assert.ok(all.every(({ object, created, owned_by: owner }) => object === 'model' && created >= 0 && owner))
  const one = await client.models.retrieve('by-anthropic')
  assert.deepEqual([one.id, one.object], ['by-anthropic', 'model'])
}

const GOOGLES = '/v1beta/openai'

async function googles({ clientWith, target: { model } }: Rig): Promise<void> {
  const client = clientWith({ path: GOOGLES })
  const messages = [user(SKY)]
  const whole = await client.chat.completions.create({ model: `models/${model}`, messages })
  assert.match(whole.choices[0]?.message.content ?? '', SKY_TOLD)
  const chunks = await collect(await client.chat.completions.create({ model, messages, stream: true }))
  assert.equal(joined(chunks), whole.choices[0]?.message.content)
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
  const asked = [user('What is the weather in Oslo?')]
  const called = (await client.chat.completions.create({ model, messages: asked, tools })).choices[0]!.message
  assert.equal(called.tool_calls?.length, 1)
  const result = { role: 'tool', tool_call_id: called.tool_calls[0]!.id, content: '-3 degrees' } as const
  const told = await client.chat.completions.create({ model, messages: [...asked, called, result], tools })
  assert.match(told.choices[0]?.message.content ?? '', /-3/)
}

async function thoughts({ clientWith, target: { thinker: model } }: Rig): Promise<void> {
  const client = clientWith({ path: GOOGLES })
  const thinking = { extra_body: { google: { thinking_config: { include_thoughts: true } } } }
  const asked = { model, messages: [user(SKY)], ...thinking }
  const { choices } = await client.chat.completions.create(asked)
  assert.match(choices[0]?.message.content ?? '', /^<thought>[\s\S]+<\/thought>[\s\S]*sky is blue because/)
  const chunks = await collect(
    await client.chat.completions.create({
      ...asked,
      stream: true,
    } as OpenAI.Chat.ChatCompletionCreateParamsStreaming),
  )
  assert.equal(joined(chunks), choices[0]?.message.content)
}

async function others({ clientWith, target: { model } }: Rig): Promise<void> {
  const client = clientWith({ path: GOOGLES })
  const ids = (await collect(client.models.list())).map(({ id }) => id)
  assert.ok(ids.includes('models/in-sandbox'), ids.join(' '))
  assert.equal((await client.models.retrieve('in-sandbox')).id, 'models/in-sandbox')
  const { data } = await client.embeddings.create({
    model: 'vectors-in-sandbox',
    input: 'sea',
    dimensions: 8,
  })
  assert.equal(data[0]?.embedding.length, 8)
  const refused = (status: number) => (error: unknown) => {
    // A list is no object that the client could look into.
    assert.ok(error instanceof APIError, String(error))
    assert.equal(error.status, status)
    return true
  }
  const messages = [user('Hello')]
  await assert.rejects(client.chat.completions.create({ model: 'gpt-99', messages }), refused(404))
  await assert.rejects(client.chat.completions.create({ model, messages, temperature: 9 }), refused(400))
  const wrong = clientWith({ path: GOOGLES, apiKey: 'sk-proj-of-nobody-at-all' })
  await assert.rejects(wrong.chat.completions.create({ model, messages }), refused(401))
}
