/** Answers that the client parses into the types of its caller. */
import assert from 'node:assert/strict'
import { ContentFilterFinishReasonError, LengthFinishReasonError } from 'openai/core/error'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { type Message, type OpenAiCase, type Rig, user } from './rig.ts'

export const STRUCTURED: readonly OpenAiCase[] = [
  { name: '[OSDK-03] an answer parsed by a Zod schema, whole and streamed', run: byZod },
  {
    name: '[OSDK-03] a blocked prompt and an answer that is cut are no values',
    only: ['sandbox'],
    run: noValues,
  },
  { name: '[OSDK-03] a JSON schema that is not strict, and JSON of any form', run: byHand },
]

const BOOKS = z.object({
  books: z.array(
    z.object({
      title: z.string().describe('As on the cover'),
      pages: z.number().int(),
      genre: z.enum(['novel', 'essay']),
      note: z.string().nullable(),
      author: z.object({ name: z.string() }),
    }),
  ),
})

async function byZod({ client, target: { name, model } }: Rig): Promise<void> {
  const messages: Message[] = [user('List two books about the sea.')]
  const format = { response_format: zodResponseFormat(BOOKS, 'books') }
  const whole = await client.chat.completions.parse({ model, messages, ...format })
  const message = whole.choices[0]!.message
  assert.ok((message.parsed?.books.length ?? 0) > 0)
  BOOKS.parse(message.parsed)
  const streamed = await client.chat.completions.stream({ model, messages, ...format }).finalChatCompletion()
  assert.deepEqual(streamed.choices[0]?.message.parsed, message.parsed)
  // With what was parsed beside it, which a target of OpenAI's wire would be sent as it is.
  if (name === 'openai') return
  messages.push(message, user('Two more, please.'))
  const second = await client.chat.completions.parse({ model, messages, ...format })
  BOOKS.parse(second.choices[0]?.message.parsed)
}

async function noValues({ client, target: { model } }: Rig): Promise<void> {
  const format = { response_format: zodResponseFormat(BOOKS, 'books') }
  const blocked = [user('Two books. sandbox:block=SAFETY')]
  const parse = (messages: Message[], others = {}) =>
    client.chat.completions.parse({ model, messages, ...format, ...others })
  await assert.rejects(parse(blocked), ContentFilterFinishReasonError)
  await assert.rejects(parse([user('Two books.')], { max_tokens: 3 }), LengthFinishReasonError)
  const whole = await client.chat.completions.create({ model, messages: blocked })
  const final = await client.chat.completions.stream({ model, messages: blocked }).finalChatCompletion()
  for (const { choices } of [whole, final]) {
    const { message, finish_reason: reason } = choices[0]!
    assert.deepEqual([reason, message.content], ['content_filter', null])
    assert.match(message.refusal ?? '', /SAFETY/)
  }
}

async function byHand({ client, target: { model } }: Rig): Promise<void> {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string', description: 'Its name' } },
    required: ['city'],
    additionalProperties: false,
  }
  const ask = async (content: string, format: object) => {
    const asked = { model, messages: [user(content)], response_format: format as { type: 'json_object' } }
    return JSON.parse((await client.chat.completions.create(asked)).choices[0]?.message.content ?? '')
  }
  const named = { name: 'city', description: 'A city', schema }
  const city = await ask('A city in France, as JSON', { type: 'json_schema', json_schema: named })
  assert.deepEqual(Object.keys(city), ['city'])
  assert.equal(typeof (await ask('Three colours, as JSON', { type: 'json_object' })), 'object')
  const text = { model, messages: [user('Hello')], response_format: { type: 'text' } as const }
  assert.match((await client.chat.completions.create(text)).choices[0]?.message.content ?? '', /./)
}
