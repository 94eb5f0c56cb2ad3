import assert from 'node:assert/strict'
import test from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { counted, lossOf, MODEL, NEWEST, OLDER, sealed, sent } from './testing.fixture.ts'

const user = (text: string) => ({ role: 'user', parts: [{ text }] })
const model = (...parts: object[]) => ({ role: 'model', parts })
const HELLO = { contents: [user('Hello')] }
const WEATHER = {
  name: 'weather',
  description: 'Tells the weather',
  parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } }, required: ['city'] },
}
const CLOCK = { name: 'clock' }
const TOOLS = [{ functionDeclarations: [WEATHER, CLOCK] }]

const calling = (mode: string, allowedFunctionNames?: string[]) => ({
  functionCallingConfig: { mode, ...(allowedFunctionNames && { allowedFunctionNames }) },
})

test('[TRN-01] a plain request is a plain request', async () => {
  const { path, headers, body, losses } = await sent({
    ...HELLO,
    systemInstruction: { parts: [{ text: 'Be kind.' }] },
  })
  assert.equal(path, '/v1/messages')
  assert.deepEqual(headers, {})
  assert.deepEqual(body, {
    model: MODEL,
    max_tokens: 128_000,
    system: [{ type: 'text', text: 'Be kind.' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
  })
  assert.deepEqual(losses, [])
})

test('[TRN-01] a stream is asked for', async () => {
  const { body } = await sent(HELLO, { call: { delivery: 'sse', verb: 'streamGenerateContent' } })
  assert.equal(body.stream, true)
})

test('[TRN-01] a history that starts with the model gets a word of the user before it', async () => {
  const made = await sent({ contents: [model({ text: 'Hi' }), user('Hello')] })
  assert.deepEqual(
    made.body.messages.map(({ role }: { role: string }) => role),
    ['user', 'assistant', 'user'],
  )
  assert.equal(lossOf(made, 'contents[0]'), 'approximated')
})

test('[TRN-01] an answer that was begun goes on where the model can, and is refused where it cannot', async () => {
  const contents = [user('Count'), model({ text: 'One, two \n' })]
  const made = await sent({ contents }, { model: OLDER })
  assert.deepEqual(made.body.messages[1], {
    role: 'assistant',
    content: [{ type: 'text', text: 'One, two' }],
  })
  assert.equal(lossOf(made, 'contents[1]'), 'approximated')
  await assert.rejects(sent({ contents }), fails('untranslatable', /^contents\[1\]: /))
})

test('[TRN-01] white space never stands alone', async () => {
  const joined = await sent({ contents: [{ parts: [{ text: ' ' }, { text: 'Hello' }, { text: '\n' }] }] })
  assert.deepEqual(joined.body.messages[0].content, [{ type: 'text', text: ' Hello\n' }])
  assert.deepEqual(joined.losses, [])
  const alone = await sent({ contents: [{ parts: [{ text: ' ' }] }] })
  assert.deepEqual(alone.body.messages[0].content, [{ type: 'text', text: '…' }])
  assert.equal(lossOf(alone, 'contents[0].parts[0]'), 'approximated')
})

test('[TRN-02] images and documents are blocks of their kind', async () => {
  const data = Buffer.from('a,b\n1,2').toString('base64')
  const { body, losses } = await sent({
    contents: [
      {
        parts: [
          { inlineData: { mimeType: 'image/png', data: 'iVBO' } },
          { fileData: { mimeType: 'image/webp', fileUri: 'https://example.com/a.webp' } },
          { inlineData: { mimeType: 'application/pdf', data: 'JVBE', displayName: 'paper.pdf' } },
          { inlineData: { mimeType: 'text/csv', data } },
          { text: 'Look' },
        ],
      },
    ],
  })
  assert.deepEqual(body.messages[0].content, [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
    { type: 'image', source: { type: 'url', url: 'https://example.com/a.webp' } },
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
      title: 'paper.pdf',
    },
    {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'a,b\n1,2' },
      context: 'text/csv',
    },
    { type: 'text', text: 'Look' },
  ])
  assert.deepEqual(losses, [])
})

test('[TRN-02] what the model cannot hear or see is refused by its path', async () => {
  for (const mimeType of ['audio/wav', 'video/mp4', 'image/heic']) {
    const contents = [{ parts: [{ text: 'Look' }, { inlineData: { mimeType, data: 'AAAA' } }] }]
    await assert.rejects(sent({ contents }), fails('untranslatable', /^contents\[0\]\.parts\[1\]/), mimeType)
  }
})

test('[TRN-02] a picture of the model itself is shown by the user', async () => {
  const picture = { inlineData: { mimeType: 'image/png', data: 'iVBO' } }
  const made = await sent({ contents: [user('Draw'), model({ text: 'Here' }, picture), user('Bigger')] })
  assert.deepEqual(
    made.body.messages[2].content.map(({ type }: { type: string }) => type),
    ['text', 'image', 'text'],
  )
  assert.equal(lossOf(made, 'contents[1].parts[1]'), 'approximated')
})

test('[TRN-03] functions arrive with their schemas', async () => {
  const json = { type: 'object', properties: { at: { type: 'string' } }, additionalProperties: false }
  const tools = [{ functionDeclarations: [WEATHER, CLOCK, { name: 'at', parametersJsonSchema: json }] }]
  const { body, losses } = await sent({ ...HELLO, tools })
  assert.deepEqual(body.tools, [
    {
      name: 'weather',
      description: 'Tells the weather',
      input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
    { name: 'clock', input_schema: { type: 'object', properties: {} } },
    { name: 'at', input_schema: json },
  ])
  assert.equal(body.tool_choice, undefined)
  assert.deepEqual(losses, [])
})

test('[TRN-03] a schema that combines others at its top is told in words', async () => {
  const parametersJsonSchema = { type: 'object', properties: {}, anyOf: [{ required: ['a'] }] }
  const made = await sent({
    ...HELLO,
    tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }],
  })
  const [tool] = made.body.tools
  assert.deepEqual(tool.input_schema, { type: 'object', properties: {} })
  assert.match(tool.description, /\{"anyOf":\[\{"required":\["a"\]\}\]\}/)
  assert.equal(made.losses[0]?.kind, 'approximated')
})

test('[TRN-04] each mode of calling has its own', async () => {
  const choice = async (toolConfig: object, name = MODEL) =>
    (await sent({ ...HELLO, tools: TOOLS, toolConfig }, { model: name })).body.tool_choice
  assert.equal(await choice(calling('AUTO')), undefined)
  assert.deepEqual(await choice(calling('NONE')), { type: 'none' })
  assert.deepEqual(await choice(calling('ANY')), { type: 'any' })
  assert.deepEqual(await choice(calling('ANY', ['clock'])), { type: 'tool', name: 'clock' })
})

test('[TRN-04] several allowed functions of more are the only ones that are told', async () => {
  const tools = [{ functionDeclarations: [WEATHER, CLOCK, { name: 'third' }] }]
  const made = await sent({ ...HELLO, tools, toolConfig: calling('ANY', ['weather', 'clock']) })
  assert.deepEqual(
    made.body.tools.map(({ name }: { name: string }) => name),
    ['weather', 'clock'],
  )
  assert.deepEqual(made.body.tool_choice, { type: 'any' })
  assert.equal(lossOf(made, 'tools[0].functionDeclarations[2]'), 'emulated')
})

test('[TRN-04] validated calls are strict where the model holds itself to the schema', async () => {
  const limited = {
    name: 'roll',
    parameters: { type: 'OBJECT', properties: { sides: { type: 'INTEGER', minimum: 2 } } },
  }
  const tools = [{ functionDeclarations: [WEATHER, limited] }]
  const made = await sent({ ...HELLO, tools, toolConfig: calling('VALIDATED') })
  assert.equal(made.body.tools[0].strict, true)
  assert.equal(made.body.tools[0].input_schema.additionalProperties, false)
  assert.equal(made.body.tools[1].strict, undefined)
  assert.equal(lossOf(made, 'tools[0].functionDeclarations[1]'), 'approximated')
})

test('[TRN-04] a model that cannot be made to call is asked in words', async () => {
  const made = await sent({ ...HELLO, tools: TOOLS, toolConfig: calling('ANY') }, { model: NEWEST })
  assert.equal(made.body.tool_choice, undefined)
  assert.match(made.body.system[0].text, /weather, clock/)
  assert.equal(lossOf(made, 'toolConfig.functionCallingConfig.mode'), 'approximated')
})

test('[TRN-06] results stand first in the next message, with their ids, media and failures', async () => {
  const picture = { inlineData: { mimeType: 'image/png', data: 'iVBO' } }
  const contents = [
    user('Weather?'),
    model(
      { text: 'I look.' },
      { functionCall: { id: 'a', name: 'weather', args: { city: 'Oslo' } } },
      { functionCall: { id: 'b', name: 'clock' } },
    ),
    {
      role: 'user',
      parts: [
        { text: 'And?' },
        { functionResponse: { id: 'b', name: 'clock', response: { error: 'broken' } } },
        { functionResponse: { id: 'a', name: 'weather', response: { output: 'rain' }, parts: [picture] } },
      ],
    },
  ]
  const { body } = await sent({ contents, tools: TOOLS })
  assert.deepEqual(body.messages[1].content, [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Oslo' } },
    { type: 'tool_use', id: 'b', name: 'clock', input: {} },
  ])
  assert.deepEqual(body.messages[2].content, [
    {
      type: 'tool_result',
      tool_use_id: 'a',
      content: [
        { type: 'text', text: '{"output":"rain"}' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
      ],
    },
    { type: 'tool_result', tool_use_id: 'b', content: '{"error":"broken"}', is_error: true },
    { type: 'text', text: 'And?' },
  ])
})

test('[TRN-07] a schema that the model keeps to is sent closed', async () => {
  const responseSchema = { type: 'OBJECT', properties: { ok: { type: 'BOOLEAN' } } }
  const generationConfig = { responseMimeType: 'application/json', responseSchema }
  const { body } = await sent({ ...HELLO, generationConfig })
  assert.deepEqual(body.output_config.format, {
    type: 'json_schema',
    schema: { type: 'object', properties: { ok: { type: 'boolean' } }, additionalProperties: false },
  })
})

test('[TRN-09] sampling is what the model takes of it', async () => {
  const generationConfig = {
    temperature: 1.5,
    topP: 0.5,
    topK: 3,
    stopSequences: ['END', ' '],
    maxOutputTokens: 9,
  }
  const early = await sent({ ...HELLO, generationConfig }, { model: 'claude-sonnet-4-0' })
  assert.equal(early.body.temperature, 1)
  assert.equal(early.body.top_p, 0.5)
  assert.equal(early.body.top_k, 3)
  assert.equal(early.body.max_tokens, 9)
  assert.deepEqual(early.body.stop_sequences, ['END'])
  assert.equal(lossOf(early, 'generationConfig.temperature'), 'approximated')
  assert.equal(lossOf(early, 'generationConfig.stopSequences[1]'), 'dropped')
  const older = await sent({ ...HELLO, generationConfig }, { model: OLDER })
  assert.equal(older.body.top_p, undefined)
  assert.equal(lossOf(older, 'generationConfig.topP'), 'dropped')
  const { body, losses } = await sent({
    ...HELLO,
    generationConfig: { temperature: 0.2, topP: 0.5, topK: 3 },
  })
  assert.deepEqual([body.temperature, body.top_p, body.top_k], [undefined, undefined, undefined])
  assert.deepEqual(
    losses.map(({ path }) => path),
    ['generationConfig.temperature', 'generationConfig.topP', 'generationConfig.topK'],
  )
})

test('[TRN-09] more tokens than the model gives are as many as it gives', async () => {
  const generationConfig = { maxOutputTokens: 100_000 }
  const known = await sent({ ...HELLO, generationConfig }, { model: OLDER })
  assert.equal(known.body.max_tokens, 64_000)
  assert.equal(lossOf(known, 'generationConfig.maxOutputTokens'), 'approximated')
  const foreign = await sent({ ...HELLO, generationConfig }, { model: 'glm-5' })
  assert.equal(foreign.body.max_tokens, 100_000)
})

test('[TRN-12] a search is made by the tool that the target has', async () => {
  const tools = [{ googleSearch: { excludeDomains: ['example.com'] } }, { urlContext: {} }]
  const made = await sent({ ...HELLO, tools })
  assert.deepEqual(made.body.tools, [
    { type: 'web_search_20250305', name: 'web_search', blocked_domains: ['example.com'] },
    { type: 'web_fetch_20250910', name: 'web_fetch' },
  ])
  assert.equal(lossOf(made, 'tools[0].googleSearch'), 'approximated')
  const taken = [{ googleSearch: {} }, { functionDeclarations: [{ name: 'web_search' }] }]
  await assert.rejects(
    sent({ ...HELLO, tools: taken }),
    fails('untranslatable', /function_declarations\[0\]/),
  )
})

test('[SIG-01] thoughts go back to where they were, and others are left out', async () => {
  const thinking = { type: 'thinking', thinking: 'Hm.', signature: 'xyz' }
  const redacted = { type: 'redacted_thinking', data: 'abc' }
  const contents = [
    user('Weather?'),
    model(
      { text: 'Hm.', thought: true },
      {
        functionCall: { id: 'a', name: 'weather' },
        thoughtSignature: sealed({ blocks: [thinking, redacted] }),
      },
    ),
    { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'weather', response: {} } }] },
  ]
  const { body, losses } = await sent({ contents, tools: TOOLS })
  assert.deepEqual(body.messages[1].content, [
    thinking,
    redacted,
    { type: 'tool_use', id: 'a', name: 'weather', input: {} },
  ])
  assert.deepEqual(losses, [])
  const foreign = await sent({ contents, tools: TOOLS }, { model: 'claude-opus-4-7' })
  assert.equal(foreign.body.messages[1].content.length, 1)
  assert.equal(lossOf(foreign, 'contents[1].parts[0]'), 'dropped')
  assert.equal(lossOf(foreign, 'contents[1].parts[1].thoughtSignature'), 'dropped')
})

test('[SIG-01] where thoughts are bound to what stood before them, those that no longer fit are left out', async () => {
  const state = { blocks: [{ type: 'thinking', thinking: '', signature: 'xyz' }] }
  const contents = [
    user('Hi'),
    model({ text: 'Hel', thoughtSignature: sealed(state, NEWEST) }, { text: 'lo' }),
    user('Go on'),
  ]
  const { body, headers } = await sent({ contents }, { model: NEWEST })
  assert.deepEqual(body.messages[1].content, [state.blocks[0], { type: 'text', text: 'Hello' }])
  assert.equal(body.thinking.block_binding.prefix_mismatch_behavior, 'drop_block')
  assert.match(headers['anthropic-beta'] ?? '', /thinking-binding/)
})

test('[SIG-01] thoughts at the very end of a turn are not sent, because they are refused there', async () => {
  const state = { blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'xyz' }] }
  const end = { text: '', thoughtSignature: sealed(state) }
  const made = await sent({ contents: [user('Hi'), model({ text: 'Hello' }, end), user('Go on')] })
  assert.deepEqual(made.body.messages[1].content, [{ type: 'text', text: 'Hello' }])
  assert.equal(lossOf(made, 'contents[1].parts[1].thoughtSignature'), 'dropped')
})

test('[CCH-01] what was cached is marked for the prompt cache', async () => {
  const library = {
    file: () => Promise.reject(new Error('no file')),
    documents: () => Promise.reject(new Error('no store')),
    cachedContent: async () => ({
      name: 'cachedContents/c',
      model: `models/${MODEL}`,
      document: {
        contents: [user('A long book')],
        systemInstruction: { parts: [{ text: 'Be kind.' }] },
        tools: TOOLS,
      },
    }),
  }
  const { body } = await sent(
    { contents: [user('Sum it up')], cachedContent: 'cachedContents/c' },
    { library },
  )
  const cache_control = { type: 'ephemeral' }
  assert.deepEqual(body.system, [{ type: 'text', text: 'Be kind.', cache_control }])
  assert.deepEqual(body.tools[1].cache_control, cache_control)
  assert.deepEqual(body.messages, [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'A long book', cache_control },
        { type: 'text', text: 'Sum it up' },
      ],
    },
  ])
})

test('[CNT-01] a count has what a generation has, but nothing of how it is made', async () => {
  const contents = [user('Hello'), model({ text: 'Hi' })]
  const { path, body } = await counted({
    generateContentRequest: { model: `models/${MODEL}`, contents, tools: TOOLS },
  })
  assert.equal(path, '/v1/messages/count_tokens')
  assert.deepEqual(Object.keys(body), ['model', 'messages', 'tools'])
  assert.equal(body.messages.at(-1).role, 'user')
})
