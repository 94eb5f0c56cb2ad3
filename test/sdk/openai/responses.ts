/** The Responses API through OpenAI's JavaScript client. */
import assert from 'node:assert/strict'
import { APIError, BadRequestError, NotFoundError, type OpenAI, RateLimitError } from 'openai'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { pdfOf, pngOf } from '../features/samples.ts'
import { collect, type OpenAiCase, type Rig, refusedWith, SKY, SKY_TOLD } from './rig.ts'
import type { Target } from './targets.ts'

/** Whose answers the gateway keeps itself. */
const KEPT = ['sandbox', 'gemini', 'anthropic'] as const
const BY_GEMINI = ['sandbox', 'gemini'] as const

export const RESPONSES: readonly OpenAiCase[] = [
  { name: '[OSDK-14] a response, and a conversation whose output goes back as it came', run: conversation },
  { name: '[OSDK-14] a conversation by the id of its last response', only: KEPT, run: byId },
  { name: '[OSDK-15] the events of a stream, and what the client puts together', run: stream },
  { name: '[OSDK-16] parallel functions, whole and streamed, to their end', run: functions },
  { name: '[OSDK-16] arguments parsed into types', run: typedFunctions },
  { name: '[OSDK-17] an answer parsed by a Zod schema, whole and streamed', run: structured },
  { name: '[OSDK-18] a picture and a document', run: media },
  { name: '[OSDK-18] an answer that is cut is incomplete', run: incomplete },
  { name: '[OSDK-19] reasoning with a summary, which goes back', run: reasoning },
  { name: '[OSDK-19] a search and code', only: BY_GEMINI, run: served },
  {
    name: '[OSDK-20] a response is got, its input listed, and it is deleted',
    only: ['sandbox'],
    run: stored,
  },
  { name: '[OSDK-20] bad parameters are named, and unknown things not found', run: refusals },
]

type Item = OpenAI.Responses.ResponseInputItem

const said = (content: string): Item => ({ role: 'user', content })

/** What came out, as the next request takes it. */
const asInput = (response: OpenAI.Responses.Response): Item[] => response.output as Item[]

function checkUsage({ usage }: OpenAI.Responses.Response): void {
  assert.ok(usage && usage.input_tokens > 0 && usage.output_tokens > 0, JSON.stringify(usage))
  assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens)
}

async function conversation({ client, target: { model } }: Rig): Promise<void> {
  const input: Item[] = [said('Hello. My name is Zora.')]
  const instructions = 'Be a friendly host.'
  const first = await client.responses.create({ model, input, instructions, store: false })
  assert.match(first.id, /^resp_/)
  assert.deepEqual([first.object, first.status, first.error], ['response', 'completed', null])
  assert.match(first.output_text, /./)
  checkUsage(first)
  input.push(...asInput(first), said('What is my name?'))
  const second = await client.responses.create({ model, input, instructions, store: false })
  assert.match(second.output_text, /Your name is Zora\./)
}

async function byId({ client, target: { model } }: Rig): Promise<void> {
  const first = await client.responses.create({ model, input: 'Hello. My name is Zora.' })
  assert.equal(first.previous_response_id ?? null, null)
  const asked = { model, previous_response_id: first.id, input: 'What is my name?' }
  const second = await client.responses.create(asked)
  assert.match(second.output_text, /Your name is Zora\./)
  assert.equal(second.previous_response_id, first.id)
  const streamed = await client.responses
    .stream({ ...asked, previous_response_id: second.id })
    .finalResponse()
  assert.match(streamed.output_text, /Your name is Zora\./)
}

async function stream({ client, target: { model } }: Rig): Promise<void> {
  const whole = await client.responses.create({ model, input: SKY, store: false })
  assert.match(whole.output_text, SKY_TOLD)
  const events = await collect(
    await client.responses.create({ model, input: SKY, store: false, stream: true }),
  )
  assert.deepEqual(
    events.map(({ sequence_number: number }) => number),
    events.map((_, index) => index),
  )
  const types = events.map(({ type }) => type)
  assert.equal(types[0], 'response.created')
  assert.equal(types.at(-1), 'response.completed')
  const order = ['response.output_item.added', 'response.content_part.added', 'response.output_text.delta']
  const ends = ['response.output_text.done', 'response.content_part.done', 'response.output_item.done']
  const places = [...order, ...ends].map((type) => types.indexOf(type as (typeof types)[number]))
  assert.deepEqual(
    places.filter((place) => place > 0),
    [...places].sort((one, other) => one - other),
    types.join(' '),
  )
  const deltas = events.flatMap((event) => (event.type === 'response.output_text.delta' ? event.delta : []))
  assert.equal(deltas.join(''), whole.output_text)
  const final = await client.responses.stream({ model, input: SKY, store: false }).finalResponse()
  assert.equal(final.output_text, whole.output_text)
  checkUsage(final)
}

const ASKED = 'What is the weather in Oslo and Paris?'
const DEGREES: Readonly<Record<string, number>> = { Oslo: -3, Paris: 11 }
const TOLD = /-3[\s\S]*11/

const WEATHER: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'Current weather of a city',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

function callsIn(response: OpenAI.Responses.Response): OpenAI.Responses.ResponseFunctionToolCall[] {
  return response.output.flatMap((item) => (item.type === 'function_call' ? item : []))
}

function resultsOf(response: OpenAI.Responses.Response): Item[] {
  return callsIn(response).map(({ call_id: id, name, arguments: words }) => {
    assert.equal(name, 'get_weather')
    const { city } = JSON.parse(words) as { city: string }
    const output = JSON.stringify({ city, temperature_celsius: DEGREES[city] ?? 21 })
    return { type: 'function_call_output', call_id: id, output }
  })
}

async function functions({ client, target: { model } }: Rig): Promise<void> {
  for (const isStream of [false, true]) {
    const input: Item[] = [said(ASKED)]
    const ask = () => {
      const asked = { model, input, tools: [WEATHER], store: false }
      return isStream ? client.responses.stream(asked).finalResponse() : client.responses.create(asked)
    }
    const first = await ask()
    assert.deepEqual(
      callsIn(first).map(({ arguments: words }) => JSON.parse(words)),
      [{ city: 'Oslo' }, { city: 'Paris' }],
    )
    assert.equal(new Set(callsIn(first).map(({ call_id: id }) => id)).size, 2)
    // What the client put together from a stream has members that it alone knows.
    input.push(...asInput(first).map(plain), ...resultsOf(first))
    assert.match((await ask()).output_text, TOLD)
  }
}

function plain(item: Item): Item {
  const { parsed_arguments: _, ...rest } = item as Item & { parsed_arguments?: unknown }
  return rest as Item
}

async function typedFunctions({ client, target: { model } }: Rig): Promise<void> {
  const parameters = z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) })
  const tools = [zodResponsesFunction({ name: 'get_weather', parameters })]
  const { output } = await client.responses.parse({ model, input: ASKED, tools, store: false })
  const found = output.flatMap((item) =>
    item.type === 'function_call' ? parameters.parse(item.parsed_arguments).city : [],
  )
  assert.deepEqual(found, ['Oslo', 'Paris'])
}

const BOOKS = z.object({
  books: z.array(z.object({ title: z.string(), pages: z.number().int(), note: z.string().nullable() })),
})

async function structured({ client, target: { model } }: Rig): Promise<void> {
  const asked = {
    ...{ model, input: 'List two books about the sea.', store: false },
    text: { format: zodTextFormat(BOOKS, 'books') },
  }
  const whole = await client.responses.parse(asked)
  assert.ok((BOOKS.parse(whole.output_parsed).books.length ?? 0) > 0)
  const streamed = await client.responses.stream(asked).finalResponse()
  assert.deepEqual(streamed.output_parsed, whole.output_parsed)
}

async function media({ client, target: { model } }: Rig): Promise<void> {
  const told = async (question: string, part: OpenAI.Responses.ResponseInputContent) => {
    const content = [{ type: 'input_text' as const, text: question }, part]
    return (await client.responses.create({ model, input: [{ role: 'user', content }], store: false }))
      .output_text
  }
  const red = pngOf(32, 20, [230, 20, 20])
  const url = `data:image/png;base64,${red.toString('base64')}`
  const seen = await told('What is in this picture?', { type: 'input_image', image_url: url, detail: 'auto' })
  assert.match(seen, new RegExp(`PNG image of 32 × 20|image/png of ${red.length} bytes`))
  const pdf = pdfOf('Borkum Reef was painted green.')
  const data = `data:application/pdf;base64,${pdf.toString('base64')}`
  const read = await told('What is in this document?', {
    type: 'input_file',
    filename: 'reef.pdf',
    file_data: data,
  })
  assert.match(read, new RegExp(`Borkum|application/pdf of ${pdf.length} bytes`))
}

async function incomplete({ client, target: { model } }: Rig): Promise<void> {
  const input = 'Tell me everything about the tides, please. '.repeat(20)
  const cut = await client.responses.create({ model, input, max_output_tokens: 16, store: false })
  assert.deepEqual([cut.status, cut.incomplete_details?.reason], ['incomplete', 'max_output_tokens'])
}

const THINKERS: Readonly<Record<Target['name'], string>> = {
  sandbox: 'in-sandbox',
  gemini: 'by-gemini',
  anthropic: 'by-anthropic',
  openai: 'by-responses',
}

async function reasoning({ client, target }: Rig): Promise<void> {
  const asked = {
    ...{ model: THINKERS[target.name], store: false },
    reasoning: { effort: 'low' as const, summary: 'auto' as const },
    include: ['reasoning.encrypted_content' as const],
    tools: [WEATHER],
  }
  const input: Item[] = [said('What is the weather in Oslo?')]
  const first = await client.responses.create({ ...asked, input })
  const thought = first.output.find((item) => item.type === 'reasoning')
  assert.ok(thought?.type === 'reasoning', JSON.stringify(first.output))
  assert.match(thought.summary.map(({ text }) => text).join(''), /./)
  assert.match(thought.encrypted_content ?? '', /./)
  assert.ok((first.usage?.output_tokens_details.reasoning_tokens ?? 0) > 0, JSON.stringify(first.usage))
  input.push(...asInput(first), ...resultsOf(first))
  const second = await client.responses.create({ ...asked, input })
  assert.match(second.output_text, /-3/)
  const events = await collect(
    await client.responses.create({ ...asked, input: [said('What is the weather in Rome?')], stream: true }),
  )
  assert.ok(events.some(({ type }) => type === 'response.reasoning_summary_text.delta'))
}

async function served({ client, target: { name } }: Rig): Promise<void> {
  const asked = { model: name === 'sandbox' ? 'flash-in-sandbox' : 'flash-by-gemini', store: false }
  const tools = [{ type: 'web_search' as const }]
  const found = await client.responses.create({ ...asked, input: 'Who won the euro 2024?', tools })
  const message = found.output.find((item) => item.type === 'message')
  assert.ok(message?.type === 'message')
  const [text] = message.content
  assert.ok(text?.type === 'output_text' && text.annotations.length > 0, JSON.stringify(message))
  for (const annotation of text.annotations) {
    assert.ok(annotation.type === 'url_citation')
    assert.ok(annotation.start_index < annotation.end_index && annotation.end_index <= text.text.length)
  }
  const ran = await client.responses.create({
    ...asked,
    ...{
      input: 'What is the sum of the first 50 prime numbers?',
      include: ['code_interpreter_call.outputs'],
    },
    tools: [{ type: 'code_interpreter', container: { type: 'auto' } }],
  })
  const code = ran.output.find((item) => item.type === 'code_interpreter_call')
  assert.ok(code?.type === 'code_interpreter_call', JSON.stringify(ran.output))
  assert.deepEqual(code.outputs, [{ type: 'logs', logs: '5117\n' }])
  assert.match(ran.output_text, /5117/)
}

async function stored({ client, target: { model } }: Rig): Promise<void> {
  const made = await client.responses.create({ model, input: 'Hello', metadata: { team: 'search' } })
  const got = await client.responses.retrieve(made.id)
  assert.deepEqual([got.id, got.output_text, got.metadata], [made.id, made.output_text, { team: 'search' }])
  const items = await collect(client.responses.inputItems.list(made.id))
  assert.equal(items.length, 1)
  await client.responses.delete(made.id)
  const gone = refusedWith(NotFoundError, { status: 404, type: 'invalid_request_error' })
  await assert.rejects(client.responses.retrieve(made.id), gone)
  const unkept = await client.responses.create({ model, input: 'Hello', store: false })
  await assert.rejects(client.responses.retrieve(unkept.id), gone)
}

async function refusals({ client, target: { model } }: Rig): Promise<void> {
  const bad = (param: string, others: object) => {
    const asked = { model, input: 'Wrong', metadata: { note: 'fail:now' }, store: false, ...others }
    const type = 'invalid_request_error'
    return assert.rejects(
      client.responses.create(asked),
      refusedWith(BadRequestError, { status: 400, type, param }),
    )
  }
  await bad('temperature', { temperature: 9 })
  await bad('previous_response_id', { previous_response_id: `resp_${'0'.repeat(32)}` })
  const missing = refusedWith(NotFoundError, { status: 404, code: 'model_not_found' })
  await assert.rejects(client.responses.create({ model: 'gpt-99', input: 'x' }), missing)
  const ask = (input: string) => ({ model, input, store: false })
  const limited = refusedWith(RateLimitError, { status: 429, code: 'rate_limit_exceeded' })
  const once = { maxRetries: 0 }
  await assert.rejects(client.responses.create(ask('Please fail:429'), once), limited)
  await assert.rejects(client.responses.create({ ...ask('Please fail:429'), stream: true }, once), limited)
  const broken = { ...ask('Now break:stream, please.'), stream: true as const }
  // An event that says so, or the end of the connection.
  await assert.rejects(
    async () => checkEvents(await collect(await client.responses.create(broken, once))),
    (error) => error instanceof APIError || /terminated|failed/.test(String(error)),
  )
}

function checkEvents(events: readonly OpenAI.Responses.ResponseStreamEvent[]): void {
  const failed = events.find(({ type }) => type === 'response.failed' || type === 'error')
  if (failed !== undefined) throw new Error(`failed: ${failed.type}`)
}
