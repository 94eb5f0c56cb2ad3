import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { NOTHING_EARLIER } from '../earlier.ts'
import { SIGNING_MODEL, translated } from './testing.fixture.ts'

const user = (text: string) => ({ role: 'user', parts: [{ text }] })
const refusal = (code: string, param: string) => (error: unknown) => {
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, code)
  assert.equal(
    (error.details[0] as { fieldViolations: { field: string }[] }).fieldViolations[0]?.field,
    param,
  )
  return true
}

test('[RSP-01] a text is one message, and instructions stand before it', () => {
  const { body, losses } = translated({ input: 'Hello', instructions: 'Be short.' })
  assert.deepEqual(body, {
    systemInstruction: { parts: [{ text: 'Be short.' }] },
    contents: [user('Hello')],
  })
  assert.deepEqual(losses, [])
})

test('[RSP-01] messages in the short and in the full form, of every role', () => {
  const { body, losses } = translated({
    input: [
      { role: 'developer', content: 'Be kind.' },
      { role: 'system', content: [{ type: 'input_text', text: 'Be true.' }] },
      { role: 'user', content: 'Hi' },
      {
        type: 'message',
        id: 'msg_1',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hello!', annotations: [], logprobs: [] }],
      },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Who are you?' }] },
    ],
  })
  assert.deepEqual(body.systemInstruction, { parts: [{ text: 'Be kind.' }, { text: 'Be true.' }] })
  assert.deepEqual(body.contents, [
    user('Hi'),
    { role: 'model', parts: [{ text: 'Hello!' }] },
    user('Who are you?'),
  ])
  assert.deepEqual(losses, [])
})

test('[RSP-01] pictures and files in the request, at an address, and stored', () => {
  const content = [
    { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' },
    { type: 'input_image', image_url: 'https://example.com/a.webp' },
    { type: 'input_image', file_id: 'files/abc' },
    { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' },
    { type: 'input_file', file_url: 'https://example.com/b.pdf' },
    { type: 'input_file', file_id: 'files/def', filename: 'notes.txt' },
  ]
  const { body } = translated({ input: [{ role: 'user', content }] })
  assert.deepEqual(body.contents[0].parts, [
    {
      inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' },
      mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' },
    },
    { fileData: { mimeType: 'image/webp', fileUri: 'https://example.com/a.webp' } },
    { fileData: { mimeType: 'image/jpeg', fileUri: 'files/abc' } },
    { inlineData: { mimeType: 'application/pdf', data: 'JVBERg==' } },
    { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/b.pdf' } },
    { fileData: { mimeType: 'text/plain', fileUri: 'files/def' } },
  ])
})

const CALLS = [
  { role: 'user', content: 'Weather in Rome and Oslo?' },
  {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'c1',
    name: 'weather',
    arguments: '{"city":"Rome"}',
    status: 'completed',
  },
  { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{"city":"Oslo"}' },
  { type: 'function_call_output', call_id: 'c1', output: '{"sky":"clear"}' },
  {
    type: 'function_call_output',
    call_id: 'c2',
    output: [
      { type: 'input_text', text: 'snow' },
      { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' },
    ],
  },
]

test('[RSP-02] parallel calls are one turn of the model, and their results one turn after it', () => {
  const { body } = translated({ input: CALLS })
  assert.deepEqual(body.contents.slice(1), [
    {
      role: 'model',
      parts: [
        { functionCall: { id: 'c1', name: 'weather', args: { city: 'Rome' } } },
        { functionCall: { id: 'c2', name: 'weather', args: { city: 'Oslo' } } },
      ],
    },
    {
      role: 'user',
      parts: [
        { functionResponse: { id: 'c1', name: 'weather', response: { sky: 'clear' } } },
        {
          functionResponse: {
            id: 'c2',
            name: 'weather',
            response: { output: 'snow' },
            parts: [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }],
          },
        },
      ],
    },
  ])
})

test('[RSP-02] a result without its call is refused by its place', () => {
  const input = [{ type: 'function_call_output', call_id: 'c9', output: 'x' }]
  assert.throws(() => translated({ input }), refusal('invalid_argument', 'input[0].call_id'))
})

test('[RSP-03] a signature goes to the part that it is of', () => {
  const [ask, first, ...rest] = CALLS
  const input = [
    ask,
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'Two cities.' }],
      encrypted_content: 'wasat.next.c2ln',
    },
    first,
    ...rest,
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Clear, and snow.' }] },
    { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'wasat.last.dGV4dA==' },
  ]
  const { body, losses } = translated({ input }, SIGNING_MODEL)
  assert.deepEqual(body.contents[1].parts, [
    { text: 'Two cities.', thought: true },
    { functionCall: { id: 'c1', name: 'weather', args: { city: 'Rome' } }, thoughtSignature: 'c2ln' },
    { functionCall: { id: 'c2', name: 'weather', args: { city: 'Oslo' } } },
  ])
  assert.deepEqual(body.contents.at(-1).parts, [{ text: 'Clear, and snow.', thoughtSignature: 'dGV4dA==' }])
  assert.deepEqual(losses, [])
})

test("[RSP-03] a call without its signature gets Google's stand-in, where the model asks for one", () => {
  const { body } = translated({ input: CALLS }, SIGNING_MODEL)
  const signatures = body.contents[1].parts.map(
    (part: { thoughtSignature?: string }) => part.thoughtSignature,
  )
  assert.deepEqual(signatures, ['skip_thought_signature_validator', undefined])
})

test("[RSP-03] another service's reasoning stays behind, and so does one that leads to nothing", () => {
  const input = [
    { role: 'user', content: 'Hi' },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
    { role: 'assistant', content: 'Hello' },
    { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'wasat.next.c2ln' },
    { role: 'user', content: 'Bye' },
  ]
  const { body, losses } = translated({ input })
  assert.deepEqual(body.contents, [user('Hi'), { role: 'model', parts: [{ text: 'Hello' }] }, user('Bye')])
  assert.deepEqual(losses, ['input[1].encrypted_content', 'input[3].encrypted_content'])
})

const WEATHER = {
  type: 'function',
  name: 'weather',
  description: 'The sky over a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

test('[RSP-04] functions, search and code are tools of Gemini', () => {
  const { body } = translated({
    input: 'Hi',
    tools: [
      { ...WEATHER, strict: true },
      { type: 'web_search_preview' },
      { type: 'code_interpreter', container: { type: 'auto' } },
    ],
    tool_choice: { type: 'function', name: 'weather' },
  })
  const { name, description, parameters } = WEATHER
  assert.deepEqual(body.tools, [
    { functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] },
    { googleSearch: {} },
    { codeExecution: {} },
  ])
  assert.deepEqual(body.toolConfig, {
    functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] },
  })
})

test('[RSP-04] what Gemini has nothing like is refused by its place', () => {
  const refused: readonly (readonly [object, string])[] = [
    [{ tools: [WEATHER, { type: 'mcp', server_label: 'x' }] }, 'tools[1]'],
    [{ tools: [{ type: 'custom', name: 'x' }] }, 'tools[0]'],
    [{ tools: [{ type: 'web_search', filters: { allowed_domains: ['a.com'] } }] }, 'tools[0].filters'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    [{ input: [{ type: 'computer_call', id: 'x' }] }, 'input[0]'],
    [{ background: true }, 'background'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ whatever: 1 }, 'whatever'],
  ]
  for (const [members, param] of refused)
    assert.throws(() => translated({ input: 'Hi', ...members }), refusal('untranslatable', param))
})

test('[RSP-05] limits, sampling, form and thinking', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const { body, losses } = translated({
    input: 'Hi',
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 2,
    include: ['message.output_text.logprobs'],
    text: { format: { type: 'json_schema', name: 'answer', strict: true, schema }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto' },
    parallel_tool_calls: true,
    truncation: 'disabled',
    store: false,
    metadata: { a: 'b' },
    user: 'u',
  })
  assert.deepEqual(body.generationConfig, {
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    responseLogprobs: true,
    logprobs: 2,
    responseMimeType: 'application/json',
    responseJsonSchema: schema,
    thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true },
  })
  assert.deepEqual(losses, ['text.verbosity', 'user'])
})

test('[RSP-05] a wrong value is refused with its name', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ input: 5 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: [{ type: 'text2' }] }] }, 'input[0].content[0].type'],
    [{ input: 'x', temperature: 9 }, 'temperature'],
    [{ input: 'x', include: ['nothing'] }, 'include[0]'],
    [{ input: 'x', store: 'yes' }, 'store'],
    [{}, 'input'],
  ]
  for (const [members, param] of wrong)
    assert.throws(() => translated(members as never), refusal('invalid_argument', param))
})

test('[RSP-09] what was said before stands in front; the instructions of then do not', () => {
  const kept = {
    id: 'resp_1',
    response: { instructions: 'Rhyme.' },
    input: [{ id: 'msg_1', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'One' }] }],
    output: [
      { id: 'msg_2', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Two' }] },
    ],
  }
  const previous = { id: 'resp_1', kept }
  const { body } = translated({ input: 'Three', previous_response_id: 'resp_1' }, undefined, {
    earlier: { ...NOTHING_EARLIER, previous },
  })
  assert.deepEqual(body, {
    contents: [user('One'), { role: 'model', parts: [{ text: 'Two' }] }, user('Three')],
  })
})

test('[RSP-09] an id that is not known is for another target, and then the error of its name', () => {
  const previous = { id: 'resp_9', kept: undefined }
  assert.throws(
    () =>
      translated({ input: 'x', previous_response_id: 'resp_9' }, undefined, {
        earlier: { ...NOTHING_EARLIER, previous },
      }),
    refusal('untranslatable', 'previous_response_id'),
  )
})
