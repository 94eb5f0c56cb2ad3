import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { chatAnswer, type Loose, model, partsOf, says, startRig, user } from './testing.fixture.ts'

const PNG = 'iVBORw0KGgo='
const WEATHER = {
  functionDeclarations: [
    {
      name: 'weather',
      description: 'of a place',
      parameters: { type: 'OBJECT', properties: { place: { type: 'STRING' } }, required: ['place'] },
    },
    { name: 'time', parametersJsonSchema: { type: 'object', properties: { zone: { type: 'string' } } } },
  ],
}
const mode = (config: object) => ({ toolConfig: { functionCallingConfig: config } })
const withTools = (config: object) => ({ ...says('hi'), tools: [WEATHER], ...mode(config) })

test('[TRN-01] system instruction, turns and texts arrive in order', async () => {
  const rig = await startRig()
  const { sent, losses } = await rig.send({
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [user({ text: 'one' }), model({ text: 'two' }), user({ text: 'three' }, { text: 'four' })],
  })
  assert.deepEqual(sent, {
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'three' },
          { type: 'text', text: 'four' },
        ],
      },
    ],
  })
  assert.deepEqual(losses, [])
  assert.equal(rig.asked[0]?.path, '/v1/chat/completions')
  assert.equal(rig.asked[0]?.headers.authorization, 'Bearer the-key')
})

test('[TRN-02] media arrive as the parts that the target has for them', async () => {
  const rig = await startRig()
  const { sent, lost } = await rig.send({
    contents: [
      user(
        { inlineData: { mimeType: 'image/png', data: PNG } },
        { fileData: { fileUri: 'https://example.com/cat.jpg', mimeType: 'image/jpeg' } },
        { inlineData: { mimeType: 'audio/mpeg', data: 'AAAA' } },
        { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
        { inlineData: { mimeType: 'text/csv', data: Buffer.from('a,b').toString('base64') } },
      ),
    ],
    generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' },
  })
  assert.deepEqual(sent.messages[0].content, [
    { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
    { type: 'image_url', image_url: { url: 'https://example.com/cat.jpg', detail: 'low' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
    { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
    { type: 'text', text: 'a,b' },
  ])
  assert.deepEqual(lost, { 'contents[0].parts[4]': 'approximated' })
})

test('[TRN-02] a medium without a part of its own is refused by its path', async () => {
  const rig = await startRig()
  const video = { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } }
  await assert.rejects(
    rig.send({ contents: [user({ text: 'look' }, video)] }),
    fails('untranslatable', /contents\[0\]\.parts\[1\]/),
  )
  assert.equal(rig.asked.length, 0)
})

test('[TRN-03] declarations of both forms arrive as JSON schemas', async () => {
  const rig = await startRig()
  const { sent, losses } = await rig.send({ ...says('hi'), tools: [WEATHER] })
  assert.deepEqual(sent.tools, [
    {
      type: 'function',
      function: {
        name: 'weather',
        description: 'of a place',
        parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
      },
    },
    {
      type: 'function',
      function: { name: 'time', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
    },
  ])
  assert.equal(sent.tool_choice, undefined)
  assert.deepEqual(losses, [])
})

const allowed = (...names: string[]) => ({
  type: 'allowed_tools',
  allowed_tools: { mode: 'required', tools: names.map((name) => ({ type: 'function', function: { name } })) },
})
const CHOICES: readonly [config: object, choice: unknown][] = [
  [{ mode: 'AUTO' }, undefined],
  [{ mode: 'ANY' }, 'required'],
  [{ mode: 'NONE' }, 'none'],
  [
    { mode: 'ANY', allowedFunctionNames: ['time'] },
    { type: 'function', function: { name: 'time' } },
  ],
  [{ mode: 'ANY', allowedFunctionNames: ['time', 'weather'] }, allowed('time', 'weather')],
]
for (const [config, choice] of CHOICES) {
  test(`[TRN-04] ${JSON.stringify(config)} arrives exactly`, async () => {
    const rig = await startRig()
    const { sent, losses } = await rig.send(withTools(config))
    assert.deepEqual(sent.tool_choice, choice)
    assert.equal(sent.tools.length, 2)
    assert.deepEqual(losses, [])
  })
}

test('[TRN-04] a target without names in its choice is shown the one function only', async () => {
  const rig = await startRig({ vendor: 'llamacpp' })
  const { sent, lost } = await rig.send(withTools({ mode: 'ANY', allowedFunctionNames: ['time'] }))
  assert.equal(sent.tool_choice, 'required')
  assert.deepEqual(
    sent.tools.map((tool: Loose) => tool.function.name),
    ['time'],
  )
  assert.deepEqual(lost, {
    'toolConfig.functionCallingConfig.allowedFunctionNames': 'emulated',
    'tools[0].functionDeclarations[0]': 'emulated',
  })
})

test('[TRN-04] VALIDATED is strict where the declaration allows it', async () => {
  const rig = await startRig()
  const strict = {
    name: 'exact',
    parametersJsonSchema: {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    },
  }
  const { sent, losses } = await rig.send({
    ...says('hi'),
    tools: [{ functionDeclarations: [strict] }],
    ...mode({ mode: 'VALIDATED' }),
  })
  assert.equal(sent.tools[0].function.strict, true)
  assert.deepEqual(losses, [])
  const loose = await rig.send(withTools({ mode: 'VALIDATED' }))
  assert.deepEqual(loose.lost, { 'toolConfig.functionCallingConfig.mode': 'approximated' })
})

const CALLS = [
  user({ text: 'weather twice' }),
  model(
    { text: 'I look.' },
    { functionCall: { id: 'a1', name: 'weather', args: { place: 'Rome' } } },
    { functionCall: { id: 'a2', name: 'weather', args: { place: 'Oslo' } } },
  ),
]

test('[TRN-05][TRN-06] results stand right behind their calls, before what else the user said', async () => {
  const rig = await startRig()
  const { sent, lost } = await rig.send({
    contents: [
      ...CALLS,
      user(
        { text: 'and now?' },
        { functionResponse: { id: 'a2', name: 'weather', response: { output: 'snow' } } },
        {
          functionResponse: {
            id: 'a1',
            name: 'weather',
            response: { error: 'no idea' },
            parts: [{ inlineData: { mimeType: 'image/png', data: PNG } }],
          },
        },
      ),
    ],
    tools: [WEATHER],
  })
  assert.deepEqual(sent.messages.slice(1), [
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [
        { id: 'a1', type: 'function', function: { name: 'weather', arguments: '{"place":"Rome"}' } },
        { id: 'a2', type: 'function', function: { name: 'weather', arguments: '{"place":"Oslo"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a1', content: '{"error":"no idea"}' },
    { role: 'tool', tool_call_id: 'a2', content: '{"output":"snow"}' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Returned by the function weather:' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
        { type: 'text', text: 'and now?' },
      ],
    },
  ])
  assert.deepEqual(lost, { 'contents[2].parts[2].functionResponse.parts[0]': 'approximated' })
})

test('[TRN-05] ids are made in the form that the target wants, the same each time', async () => {
  const rig = await startRig({ vendor: 'mistral' })
  const results = user(
    { functionResponse: { name: 'weather', response: { output: 'sun' } } },
    { functionResponse: { name: 'weather', response: { output: 'snow' } } },
  )
  const calls = model(
    { functionCall: { name: 'weather', args: { place: 'Rome' } } },
    { functionCall: { name: 'weather', args: { place: 'Oslo' } } },
  )
  const request = { contents: [user({ text: 'hi' }), calls, results], tools: [WEATHER] }
  const first = await rig.send(request)
  const ids = first.sent.messages[1].tool_calls.map((call: Loose) => call.id)
  assert.ok(ids.every((id: string) => /^[a-zA-Z0-9]{9}$/.test(id)))
  assert.notEqual(ids[0], ids[1])
  assert.deepEqual(
    first.sent.messages.slice(2).map((message: Loose) => message.tool_call_id),
    ids,
  )
  const longer = {
    ...request,
    contents: [...request.contents, model({ text: 'ok' }), user({ text: 'go on' })],
  }
  const second = await rig.send(longer)
  assert.deepEqual(second.sent.messages.slice(0, 4), first.sent.messages)
})

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
}
const asJson = (schema?: object, rest: object = {}) => ({
  ...says('Who? As JSON.'),
  generationConfig: {
    responseMimeType: 'application/json',
    ...(schema && { responseJsonSchema: schema }),
    ...rest,
  },
})

test('[TRN-07] a schema arrives as it is, strict only when it fits', async () => {
  const rig = await startRig()
  rig.reply({ body: chatAnswer({ content: '{"name":"Ada"}' }) })
  const strict = await rig.send(asJson(PERSON))
  assert.deepEqual(strict.sent.response_format, {
    type: 'json_schema',
    json_schema: { name: 'response', schema: PERSON, strict: true },
  })
  assert.deepEqual(strict.losses, [])
  const loose = await rig.send(asJson({ ...PERSON, required: [] }))
  assert.equal(loose.sent.response_format.json_schema.strict, undefined)
})

test('[TRN-07] a root that is no object is wrapped, and the value taken out again', async () => {
  const rig = await startRig()
  rig.reply({ body: chatAnswer({ content: '{"wasatValue":["a","b"]}' }) })
  const list = { type: 'array', items: { type: 'string' } }
  const { sent, lost, chunks } = await rig.send(asJson(list))
  assert.deepEqual(sent.response_format.json_schema.schema.properties.wasatValue, list)
  assert.equal(partsOf(chunks)[0]?.text, '["a","b"]')
  assert.deepEqual(lost, { 'generationConfig.responseJsonSchema': 'emulated' })
})

test('[TRN-07] JSON without a schema is asked for with the word that the target wants', async () => {
  const rig = await startRig()
  rig.reply({ body: chatAnswer({ content: '{}' }) })
  const said = await rig.send(asJson())
  assert.deepEqual(said.sent.response_format, { type: 'json_object' })
  assert.equal(said.sent.messages.length, 1)
  const unsaid = await rig.send({
    ...says('Who?'),
    generationConfig: { responseMimeType: 'application/json' },
  })
  assert.match(unsaid.sent.messages[0].content, /JSON/)
  assert.deepEqual(unsaid.lost, { 'generationConfig.responseMimeType': 'approximated' })
})

test('[TRN-07] words to choose from are held to where the server can', async () => {
  const rig = await startRig({ vendor: 'vllm' })
  rig.reply({ body: chatAnswer({ content: 'yes' }) })
  const { sent, losses, chunks } = await rig.send({
    ...says('Sure?'),
    generationConfig: {
      responseMimeType: 'text/x.enum',
      responseSchema: { type: 'STRING', enum: ['yes', 'no'] },
    },
  })
  assert.deepEqual(sent.structured_outputs, { choice: ['yes', 'no'] })
  assert.equal(partsOf(chunks)[0]?.text, 'yes')
  assert.deepEqual(losses, [])
})

test('a search is carried where the vendor has one, and refused where it has none', async () => {
  const search = { ...says('news?'), tools: [{ googleSearch: {} }] }
  const rig = await startRig()
  await assert.rejects(rig.send(search), fails('untranslatable', /google_search/))
  const { sent, lost } = await rig.send(search, { model: 'gpt-4o-search-preview' })
  assert.deepEqual(sent.web_search_options, {})
  assert.deepEqual(lost, { 'tools[0].googleSearch': 'approximated' })
})

test('[RPT-02] in strict mode nothing is sent that would not be carried exactly', async () => {
  const rig = await startRig()
  const request = { ...says('hi'), generationConfig: { topK: 40 } }
  await assert.rejects(
    rig.send(request, { isStrict: true }),
    fails('untranslatable', /generationConfig\.topK/),
  )
  assert.equal(rig.asked.length, 0)
})
