/** Chats, streams and the settings of an answer. */
import assert from 'node:assert/strict'
import {
  checkUsage,
  collect,
  joined,
  type Message,
  type OpenAiCase,
  type Rig,
  SKY,
  SKY_TOLD,
  user,
} from './rig.ts'

export const TALKING: readonly OpenAiCase[] = [
  { name: '[OSDK-01] a chat of three turns, with what it is told to be', run: chat },
  { name: '[OSDK-01] a stream says what the whole answer says, with its usage at the end', run: stream },
  { name: '[OSDK-01] the stream that the client puts together', run: helper },
  { name: '[OSDK-10] limits, stop sequences, a seed and samplers', run: settings },
  { name: '[OSDK-10] several choices, whole and streamed', run: choices },
  { name: '[OSDK-10] log probabilities', only: ['sandbox', 'gemini', 'openai'], run: logprobs },
]

async function chat({ client, target: { model } }: Rig): Promise<void> {
  const messages: Message[] = [
    { role: 'system', content: 'Be a friendly host.' },
    user('Hello. My name is Zora.'),
  ]
  const first = await client.chat.completions.create({ model, messages })
  assert.equal(first.object, 'chat.completion')
  assert.match(first.id, /^chatcmpl-/)
  assert.ok(first.model !== '' && first.created > 1_700_000_000)
  assert.equal(first.choices.length, 1)
  assert.equal(first.choices[0]?.finish_reason, 'stop')
  checkUsage(first.usage)
  messages.push(first.choices[0].message, user('I live in Oslo.'))
  const second = await client.chat.completions.create({ model, messages })
  messages.push(second.choices[0]!.message, user('What is my name?'))
  const third = await client.chat.completions.create({ model, messages })
  assert.match(third.choices[0]?.message.content ?? '', /Your name is Zora\./)
  assert.equal(third.choices[0]?.message.refusal, null)
  assert.match(third._request_id ?? '', /./)
}

async function stream({ client, target: { model } }: Rig): Promise<void> {
  const messages = [user(SKY)]
  const whole = await client.chat.completions.create({ model, messages })
  assert.match(whole.choices[0]?.message.content ?? '', SKY_TOLD)
  const asked = { model, messages, stream: true } as const
  const chunks = await collect(
    await client.chat.completions.create({ ...asked, stream_options: { include_usage: true } }),
  )
  assert.equal(joined(chunks), whole.choices[0]?.message.content, 'streamed or not, it is the same answer')
  assert.equal(chunks[0]?.choices[0]?.delta.role, 'assistant')
  assert.equal(new Set(chunks.map(({ id }) => id)).size, 1)
  assert.ok(chunks.every(({ object }) => object === 'chat.completion.chunk'))
  const last = chunks.at(-1)
  assert.deepEqual(last?.choices, [])
  checkUsage(last.usage)
  assert.deepEqual([...new Set(chunks.slice(0, -1).map(({ usage }) => usage ?? null))], [null])
  const ends = chunks.flatMap((chunk) => chunk.choices).flatMap((choice) => choice.finish_reason ?? [])
  assert.deepEqual(ends, ['stop'])
  const silent = await collect(await client.chat.completions.create(asked))
  assert.ok(silent.every(({ usage, choices }) => !usage && choices.length === 1))
}

async function helper({ client, target: { model } }: Rig): Promise<void> {
  const pieces: string[] = []
  const runner = client.chat.completions
    .stream({ model, messages: [user(SKY)], stream_options: { include_usage: true } })
    .on('content', (piece) => pieces.push(piece))
  const final = await runner.finalChatCompletion()
  assert.equal(pieces.join(''), final.choices[0]?.message.content)
  assert.match(pieces.join(''), SKY_TOLD)
  checkUsage(await runner.totalUsage())
}

async function settings({ client, target: { model } }: Rig): Promise<void> {
  const ask = (others: object) => client.chat.completions.create({ model, messages: [user(SKY)], ...others })
  const stopped = await ask({ stop: ['because'], seed: 7, temperature: 0.5, user: 'somebody' })
  assert.match(stopped.choices[0]?.message.content ?? '', /sky is blue/)
  assert.doesNotMatch(stopped.choices[0]?.message.content ?? '', /because/)
  assert.equal(stopped.choices[0]?.finish_reason, 'stop')
  const whole = await ask({ max_completion_tokens: 4_000, top_p: 0.9, metadata: { team: 'search' } })
  assert.match(whole.choices[0]?.message.content ?? '', SKY_TOLD)
  const cut = await ask({ max_tokens: 4 })
  assert.equal(cut.choices[0]?.finish_reason, 'length')
}

async function choices({ client, target: { model } }: Rig): Promise<void> {
  const asked = { model, messages: [user(SKY)], n: 2 }
  const whole = await client.chat.completions.create(asked)
  assert.deepEqual(
    whole.choices.map(({ index, finish_reason: reason }) => [index, reason]),
    [
      [0, 'stop'],
      [1, 'stop'],
    ],
  )
  for (const { message } of whole.choices) assert.match(message.content ?? '', SKY_TOLD)
  const chunks = await collect(await client.chat.completions.create({ ...asked, stream: true }))
  for (const index of [0, 1]) assert.equal(joined(chunks, index), whole.choices[index]?.message.content)
}

async function logprobs({ client, target: { model } }: Rig): Promise<void> {
  const messages = [user(SKY)]
  const asked = { model, messages, logprobs: true, top_logprobs: 2 }
  const { choices } = await client.chat.completions.create(asked)
  const tokens = choices[0]?.logprobs?.content ?? []
  assert.equal(tokens.map(({ token }) => token).join(''), choices[0]?.message.content)
  for (const { logprob, bytes, top_logprobs: top } of tokens) {
    assert.ok(logprob <= 0 && (bytes?.length ?? 0) > 0)
    assert.equal(top.length, 2)
  }
  const chunks = await collect(await client.chat.completions.create({ ...asked, stream: true }))
  const streamed = chunks
    .flatMap((chunk) => chunk.choices)
    .flatMap((choice) => choice.logprobs?.content ?? [])
  assert.equal(streamed.map(({ token }) => token).join(''), joined(chunks))
}
