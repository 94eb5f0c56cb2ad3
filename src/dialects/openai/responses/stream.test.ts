import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GenerateContentResponse, Part } from '../../../wire/gemini.ts'
import type { EventWriter } from '../endpoint.ts'
import { responses } from './endpoint.ts'
import { askedOf } from './testing.fixture.ts'

// biome-ignore lint/suspicious/noExplicitAny: events of every shape
type Event = any

/** Each event is two lines and a blank one, named twice. */
function eventsIn(text: string): Event[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const [, name, data = ''] = /^event: (\S+)\ndata: (.+)$/.exec(block) ?? []
      const event = JSON.parse(data)
      assert.equal(event.type, name)
      return event
    })
}

async function streamed(
  chunks: readonly GenerateContentResponse[],
  asked = askedOf({ input: 'Hi', stream: true }),
): Promise<Event[]> {
  const writer = responses.events?.(asked) as EventWriter
  const texts = chunks.map((chunk) => writer.chunk(chunk))
  const events = eventsIn([...texts, await writer.end()].join(''))
  assert.deepEqual(
    events.map((event) => event.sequence_number),
    events.map((_, index) => index),
  )
  return events
}

/** As the accumulator of OpenAI's own client does it: what it would throw for fails here. */
function accumulated(events: readonly Event[]): Event {
  assert.equal(events[0].type, 'response.created')
  const { output } = structuredClone(events[0].response)
  for (const event of events) {
    const { type, item_id: id, output_index: index, content_index: content, summary_index: summary } = event
    const item = output[index]
    if (id !== undefined) assert.equal(item.id, id, type)
    if (type === 'response.output_item.added')
      assert.equal(output.push(structuredClone(event.item)) - 1, index)
    else if (type === 'response.content_part.added') item.content.push(structuredClone(event.part))
    else if (type === 'response.output_text.delta') item.content[content].text += event.delta
    else if (type === 'response.output_text.done') assert.equal(item.content[content].text, event.text)
    else if (type === 'response.output_text.annotation.added')
      item.content[content].annotations[event.annotation_index] = event.annotation
    else if (type === 'response.content_part.done') {
      const { logprobs: _, ...told } = event.part
      const { logprobs: __, ...built } = item.content[content]
      assert.deepEqual(told, built)
    } else if (type === 'response.function_call_arguments.delta') item.arguments += event.delta
    else if (type === 'response.function_call_arguments.done') assert.equal(item.arguments, event.arguments)
    else if (type === 'response.reasoning_summary_part.added') item.summary.push(structuredClone(event.part))
    else if (type === 'response.reasoning_summary_text.delta') item.summary[summary].text += event.delta
    else if (type === 'response.reasoning_summary_text.done')
      assert.equal(item.summary[summary].text, event.text)
    else if (type === 'response.code_interpreter_call_code.delta') item.code += event.delta
    else if (type === 'response.output_item.done') output[index] = event.item
  }
  return output
}

const chunk = (parts: Part[], rest: object = {}): GenerateContentResponse => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...rest }],
  modelVersion: 'gemini-2.5-flash',
})

const types = (events: readonly Event[]) => events.map(({ type }) => type.replace('response.', ''))

test('[RSP-07] a text comes in deltas between its beginning and its end', async () => {
  const events = await streamed([chunk([{ text: 'Hel' }]), chunk([{ text: 'lo' }], { finishReason: 'STOP' })])
  assert.deepEqual(types(events), [
    ...['created', 'in_progress', 'output_item.added', 'content_part.added'],
    ...['output_text.delta', 'output_text.delta', 'output_text.done'],
    ...['content_part.done', 'output_item.done', 'completed'],
  ])
  assert.equal(events[0].response.status, 'in_progress')
  assert.equal(events.at(-1).response.output[0].content[0].text, 'Hello')
})

test('[RSP-07] the events build what the response at their end holds', async () => {
  const events = await streamed([
    chunk([{ text: 'Let me', thought: true }]),
    chunk([{ text: ' see.', thought: true }, { text: 'Paris ' }]),
    chunk([{ text: 'is large.', thoughtSignature: 'YQ==' }]),
    chunk([{ executableCode: { language: 'PYTHON', code: 'print(1)' } }]),
    chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } }]),
    chunk([{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }]),
    chunk([{ functionCall: { name: 'go', args: { to: 'Rome' } }, thoughtSignature: 'Yg==' }]),
    chunk([{ text: 'On my way.' }], {
      finishReason: 'STOP',
      groundingMetadata: {
        webSearchQueries: ['paris'],
        groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }],
        groundingSupports: [{ segment: { endIndex: 2 }, groundingChunkIndices: [0] }],
      },
    }),
  ])
  const { response } = events.at(-1)
  assert.deepEqual(accumulated(events), response.output)
  assert.deepEqual(
    response.output.map(({ type }: Event) => type),
    [
      ...['reasoning', 'message', 'code_interpreter_call', 'image_generation_call'],
      ...['reasoning', 'function_call', 'web_search_call', 'message'],
    ],
  )
})

test('[RSP-07] a stream that was cut ends with what it has', async () => {
  const events = await streamed([chunk([{ text: 'Hel' }], { finishReason: 'MAX_TOKENS' })])
  const { type, response } = events.at(-1)
  assert.deepEqual(
    [type, response.incomplete_details],
    ['response.incomplete', { reason: 'max_output_tokens' }],
  )
  const blocked = await streamed([{ promptFeedback: { blockReason: 'SAFETY' } }])
  assert.deepEqual(types(blocked).slice(3), [
    ...['content_part.added', 'refusal.delta', 'refusal.done', 'content_part.done', 'output_item.done'],
    'incomplete',
  ])
})

test('[RSP-07] the usage of the last chunk counts', async () => {
  const [first, last] = [chunk([{ text: 'a' }]), chunk([{ text: 'b' }], { finishReason: 'STOP' })]
  const events = await streamed([
    { ...first, usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 } },
    { ...last, usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 } },
  ])
  assert.equal(events.at(-1).response.usage.total_tokens, 7)
})

test('[RSP-08] a stream that breaks says that it failed, and the clients throw', () => {
  const writer = responses.events?.(askedOf({ input: 'Hi' })) as EventWriter
  writer.chunk(chunk([{ text: 'Hel' }]))
  const [failed, error] = eventsIn(
    writer.fail({ message: 'It broke.', code: 'upstream_broken', param: null }),
  )
  assert.deepEqual(failed.response.error, { code: 'upstream_broken', message: 'It broke.' })
  assert.equal(failed.response.status, 'failed')
  assert.deepEqual([error.type, error.message, error.error.message], ['error', 'It broke.', 'It broke.'])
})

test('[RSP-10] the answer is kept before the last event tells its end', async () => {
  let keep: (isKept: boolean) => void = () => undefined
  const asked = askedOf({ input: 'Hi' }, { keep: () => new Promise((resolve) => (keep = resolve)) })
  const writer = responses.events?.(asked) as EventWriter
  writer.chunk(chunk([{ text: 'Hello' }], { finishReason: 'STOP' }))
  let isOver = false
  const end = Promise.resolve(writer.end()).then((text) => {
    isOver = true
    return text
  })
  await new Promise(setImmediate)
  assert.equal(isOver, false)
  keep(false)
  assert.equal(eventsIn(await end).at(-1).response.store, false)
})
