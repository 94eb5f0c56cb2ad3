/** Thoughts, and what Gemini's API has beside OpenAI's. */
import assert from 'node:assert/strict'
import type { OpenAI } from 'openai'
import { collect, type Message, type OpenAiCase, type Rig, SKY, SKY_TOLD, user } from './rig.ts'

const BY_GEMINI = ['sandbox', 'gemini'] as const

export const THINKING: readonly OpenAiCase[] = [
  { name: '[OSDK-11] an effort, with thoughts that are shown beside the answer', run: thoughts },
  { name: '[OSDK-11] a search names its sources', only: BY_GEMINI, run: search },
  { name: '[OSDK-11] code that ran', only: BY_GEMINI, run: code },
]

/** What stands beside the members that the client knows. */
interface Beside {
  readonly reasoning_content?: string
  readonly extra_content?: { readonly google: { readonly parts?: readonly Record<string, unknown>[] } }
}

/** As Google documents it: a body that is no part of the client's types. */
const google = (extra: object) => ({ extra_body: { google: extra } }) as object

async function thoughts({ client, target: { name, thinker: model } }: Rig): Promise<void> {
  const asked = {
    ...google({ thinking_config: { include_thoughts: true } }),
    ...{ model, reasoning_effort: 'low' as const },
  }
  const messages: Message[] = [user(SKY)]
  const { choices, usage } = await client.chat.completions.create({ ...asked, messages })
  const message = choices[0]!.message as OpenAI.Chat.ChatCompletionMessage & Beside
  assert.match(message.content ?? '', SKY_TOLD)
  assert.match(message.reasoning_content ?? '', /./)
  assert.ok((usage?.completion_tokens_details?.reasoning_tokens ?? 0) > 0, JSON.stringify(usage))
  const chunks = await collect(await client.chat.completions.create({ ...asked, messages, stream: true }))
  const deltas = chunks.flatMap((chunk) => chunk.choices).map(({ delta }) => delta as typeof delta & Beside)
  assert.match(deltas.map(({ reasoning_content: thought = '' }) => thought).join(''), /./)
  assert.match(deltas.map(({ content }) => content ?? '').join(''), SKY_TOLD)
  messages.push(message, user('Hello again'))
  const second = await client.chat.completions.create({ ...asked, messages })
  assert.match(second.choices[0]?.message.content ?? '', /./)
  // One that has this wire shows what it likes.
  if (name === 'openai') return
  const silent = await client.chat.completions.create({ model, messages, reasoning_effort: 'low' })
  assert.equal((silent.choices[0]!.message as Beside).reasoning_content ?? '', '')
}

function flash({ target }: Rig): string {
  return target.name === 'sandbox' ? 'flash-in-sandbox' : 'flash-by-gemini'
}

async function search(rig: Rig): Promise<void> {
  const asked = { model: flash(rig), messages: [user('Who won the euro 2024?')] }
  for (const wish of [google({ tools: [{ google_search: {} }] }), { web_search_options: {} }]) {
    const { choices } = await rig.client.chat.completions.create({ ...asked, ...wish })
    const { content, annotations = [] } = choices[0]!.message
    assert.ok(annotations.length > 0)
    for (const { type, url_citation: source } of annotations) {
      assert.equal(type, 'url_citation')
      assert.match(source.url, /^https:\/\//)
      assert.ok(source.start_index < source.end_index && source.end_index <= (content ?? '').length)
    }
  }
}

async function code(rig: Rig): Promise<void> {
  const question = 'What is the sum of the first 50 prime numbers? Write and run code.'
  const asked = { model: flash(rig), messages: [user(question)] }
  const { choices } = await rig.client.chat.completions.create({
    ...asked,
    ...google({ tools: [{ code_execution: {} }] }),
  })
  const message = choices[0]!.message as OpenAI.Chat.ChatCompletionMessage & Beside
  const parts = message.extra_content?.google.parts ?? []
  assert.deepEqual(
    parts.map((part) => Object.keys(part)[0]),
    ['executableCode', 'codeExecutionResult'],
  )
  assert.match(message.content ?? '', /5,?117/)
}
