import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../../nouns.fixture.ts'
import { model, send, signature, translator, user } from './testing.fixture.ts'

const f = { functionDeclarations: [{ name: 'f', description: 'F' }, { name: 'g' }, { name: 'h' }] }
const calling = (config: object) => ({ tools: [f], toolConfig: { functionCallingConfig: config } })
const NO_PARAMETERS = { type: 'object', properties: {} }

test('[TRN-01] a plain request asks for nothing to be stored, and for the reasoning to be handed out', async () => {
  const { body, losses } = await send({ systemInstruction: { parts: [{ text: 'Be' }, { text: 'brief.' }] } })
  assert.deepEqual(body, {
    model: 'gpt-5.2',
    instructions: 'Be\n\nbrief.',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    store: false,
    include: ['reasoning.encrypted_content'],
  })
  assert.deepEqual(losses, {})
})

test('[TRN-01] encrypted reasoning is asked of models that reason only: others answer 400 to that', async () => {
  const { body } = await send({}, 'gpt-4.1', { isStream: true })
  assert.equal('include' in body, false)
  assert.equal(body.stream, true)
})

test('[SIG-01] what was thought stands again right before what it led to', async () => {
  const thought = (id: string) => ({ type: 'reasoning', id, summary: [], encrypted_content: `E${id}` })
  const { body, losses } = await send({
    tools: [f],
    contents: [
      user({ text: 'Go' }),
      model(
        { text: 'a summary', thought: true },
        { text: 'First', thoughtSignature: signature({ responses: [thought('1')], phase: 'commentary' }) },
        { text: ' this.' },
        { functionCall: { id: 'c1', name: 'f' }, thoughtSignature: signature({ responses: [thought('2')] }) },
        { functionCall: { id: 'c2', name: 'g', args: { n: 1 } } },
      ),
      user(
        { functionResponse: { id: 'c2', name: 'g', response: { output: 2 } } },
        { functionResponse: { id: 'c1', name: 'f', response: { error: 'no' } } },
        { text: 'Now?' },
      ),
    ],
  })
  assert.deepEqual(body.input, [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go' }] },
    thought('1'),
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'First this.' }],
      phase: 'commentary',
    },
    thought('2'),
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
    { type: 'function_call', call_id: 'c2', name: 'g', arguments: '{"n":1}' },
    { type: 'function_call_output', call_id: 'c1', output: '{"error":"no"}' },
    { type: 'function_call_output', call_id: 'c2', output: '{"output":2}' },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Now?' }] },
  ])
  assert.deepEqual(losses, {})
})

test('[SIG-01] an empty text carries what led to the piece behind it', async () => {
  const item = { type: 'reasoning', id: '1', summary: [], encrypted_content: 'E' }
  const { body } = await send({
    contents: [
      user({ text: 'Go' }),
      model({ text: '', thoughtSignature: signature({ responses: [item] }) }, { text: 'Done.' }),
      user({ text: 'Ok' }),
    ],
  })
  assert.deepEqual((body.input as unknown[])[1], item)
})

test('[RPT-03] reasoning that leads to nothing, of another API or of another provider stays behind, and says so', async () => {
  const item = { type: 'reasoning', id: '1', summary: [], encrypted_content: 'E' }
  const { body, losses } = await send({
    contents: [
      user({ text: 'Go' }),
      model(
        { text: 'a thought', thought: true },
        { text: 'a', thoughtSignature: signature({ chat: { reasoning: 'hm' } }) },
        { text: 'b', thoughtSignature: 'EqoGCqcGAdHtim9' },
        { text: 'c' },
        { text: '', thoughtSignature: signature({ responses: [item] }) },
      ),
      user({ text: 'Ok' }),
    ],
  })
  assert.equal(JSON.stringify(body).includes('reasoning"'), false)
  assert.deepEqual(losses, {
    'contents[1].parts[0]': 'dropped',
    'contents[1].parts[1].thoughtSignature': 'dropped',
    'contents[1].parts[2].thoughtSignature': 'dropped',
    'contents[1].parts[4].thoughtSignature': 'dropped',
  })
})

test('[TRN-02] each medium has its own part; the function that returned it too', async () => {
  const image = { mimeType: 'image/png', data: 'aGk=' }
  const { body, losses } = await send({
    tools: [f],
    contents: [
      user(
        { inlineData: image },
        { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a.jpg' } },
        { inlineData: { mimeType: 'application/pdf', data: 'aGk=', displayName: 'a.pdf' } },
        { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/b.pdf' } },
        { inlineData: { mimeType: 'text/csv', data: Buffer.from('a,ü').toString('base64') } },
      ),
      model({ functionCall: { id: 'c', name: 'f' } }),
      user({
        functionResponse: { id: 'c', name: 'f', response: { ok: true }, parts: [{ inlineData: image }] },
      }),
    ],
    generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' },
  })
  const shown = { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'low' }
  const [first, , output] = body.input as { content?: unknown; output?: unknown }[]
  assert.deepEqual(first?.content, [
    shown,
    { type: 'input_image', image_url: 'https://example.com/a.jpg', detail: 'low' },
    { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' },
    { type: 'input_file', file_url: 'https://example.com/b.pdf' },
    { type: 'input_text', text: 'a,ü' },
  ])
  assert.deepEqual(output?.output, [{ type: 'input_text', text: '{"ok":true}' }, shown])
  assert.deepEqual(losses, { 'contents[0].parts[4]': 'approximated' })
})

test('[TRN-02] audio has no place here, and media of the model are shown by the user', async () => {
  const audio = { inlineData: { mimeType: 'audio/wav', data: 'aGk=' } }
  await assert.rejects(
    send({ contents: [user(audio)] }),
    fails('untranslatable', /contents\[0\]\.parts\[0\]/),
  )
  const { body, losses } = await send({
    contents: [
      user({ text: 'Draw' }),
      model({ inlineData: { mimeType: 'image/png', data: 'aGk=' } }),
      user({ text: 'Thanks' }),
    ],
  })
  assert.equal((body.input as { role: string }[])[1]?.role, 'user')
  assert.deepEqual(losses, { 'contents[1].parts[0]': 'approximated' })
})

test('[TRN-04] each mode has its word, and a function is loose unless it is said to be strict', async () => {
  const choice = async (config: object) => (await send(calling(config))).body.tool_choice
  assert.deepEqual((await send({ tools: [f] })).body.tools, [
    { type: 'function', strict: false, name: 'f', description: 'F', parameters: NO_PARAMETERS },
    { type: 'function', strict: false, name: 'g', parameters: NO_PARAMETERS },
    { type: 'function', strict: false, name: 'h', parameters: NO_PARAMETERS },
  ])
  assert.equal(await choice({ mode: 'NONE' }), 'none')
  assert.equal(await choice({ mode: 'ANY' }), 'required')
  assert.deepEqual(await choice({ mode: 'ANY', allowedFunctionNames: ['g'] }), {
    type: 'function',
    name: 'g',
  })
  assert.deepEqual(await choice({ mode: 'ANY', allowedFunctionNames: ['g', 'h'] }), {
    type: 'allowed_tools',
    mode: 'required',
    tools: [
      { type: 'function', name: 'g' },
      { type: 'function', name: 'h' },
    ],
  })
})

test('[TRN-04] in mode VALIDATED a schema of the strict subset is strict', async () => {
  const parameters = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
  const validated = (parametersJsonSchema: object) =>
    send({
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }],
      toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } },
    })
  const strict = await validated({ ...parameters, additionalProperties: false })
  assert.equal((strict.body.tools as { strict: boolean }[])[0]?.strict, true)
  assert.deepEqual(strict.losses, {})
  const loose = await validated(parameters)
  assert.equal((loose.body.tools as { strict: boolean }[])[0]?.strict, false)
  assert.deepEqual(loose.losses, { 'toolConfig.functionCallingConfig.mode': 'approximated' })
})

test('[TRN-04] a search beside functions that must be called does not count as a call', async () => {
  const { body, losses } = await send({ ...calling({ mode: 'ANY' }), tools: [f, { googleSearch: {} }] })
  assert.deepEqual((body.tools as object[]).at(-1), { type: 'web_search' })
  assert.deepEqual(body.tool_choice, {
    type: 'allowed_tools',
    mode: 'required',
    tools: ['f', 'g', 'h'].map((name) => ({ type: 'function', name })),
  })
  assert.deepEqual(losses, { 'tools[1].googleSearch': 'approximated' })
  await assert.rejects(send({ tools: [{ codeExecution: {} }] }), fails('untranslatable', /code_execution/))
  const images = { tools: [{ googleSearch: { searchTypes: { imageSearch: {} } } }] }
  await assert.rejects(send(images), fails('untranslatable', /image_search/))
})

test('[TRN-07] a schema goes out as it is, strict when it can be; another root than an object is wrapped', async () => {
  const format = async (responseJsonSchema: unknown) => {
    const config = { responseMimeType: 'application/json', responseJsonSchema }
    const { body, losses } = await send({ generationConfig: config })
    return { format: (body.text as { format: Record<string, unknown> }).format, losses }
  }
  const schema = { type: 'object', properties: { n: { type: 'integer' } } }
  assert.deepEqual((await format(schema)).format, {
    type: 'json_schema',
    strict: false,
    name: 'response',
    schema,
  })
  const closed = { ...schema, required: ['n'], additionalProperties: false }
  assert.equal((await format(closed)).format.strict, true)
  const list = await format({ type: 'array', items: { type: 'string' } })
  assert.equal((list.format.schema as { type: string }).type, 'object')
  assert.deepEqual(list.losses, { 'generationConfig.responseJsonSchema': 'emulated' })
})

test('[TRN-07] JSON without a schema is refused there unless the input has that word: instructions do not count', async () => {
  const json = { generationConfig: { responseMimeType: 'application/json' } }
  const silent = await send({ ...json, systemInstruction: { parts: [{ text: 'Give JSON.' }] } })
  assert.deepEqual(silent.body.text, { format: { type: 'json_object' } })
  assert.match(JSON.stringify((silent.body.input as unknown[])[0]), /"developer".*JSON/)
  const said = await send({ ...json, contents: [user({ text: 'as json, please' })] })
  assert.equal((said.body.input as unknown[]).length, 1)
  assert.deepEqual(said.losses, {})
})

test('[TRN-08] a level or a budget is an effort, and thoughts are shown when they are asked for', async () => {
  const thinking = async (thinkingConfig: object, name?: string) =>
    send({ generationConfig: { thinkingConfig } }, name)
  const level = await thinking({ thinkingLevel: 'LOW', includeThoughts: true })
  assert.deepEqual(level.body.reasoning, { effort: 'low', summary: 'auto' })
  assert.deepEqual(level.losses, {})
  const budget = await thinking({ thinkingBudget: 9_000 })
  assert.deepEqual(budget.body.reasoning, { effort: 'high' })
  assert.deepEqual(budget.losses, { 'generationConfig.thinkingConfig.thinkingBudget': 'approximated' })
  assert.deepEqual((await thinking({ thinkingBudget: 0, includeThoughts: true })).body.reasoning, {
    effort: 'none',
  })
  const never = await thinking({ thinkingLevel: 'LOW', includeThoughts: true }, 'gpt-4.1')
  assert.equal(never.body.reasoning, undefined)
  assert.deepEqual(never.losses, {
    'generationConfig.thinkingConfig.thinkingLevel': 'dropped',
    'generationConfig.thinkingConfig.includeThoughts': 'dropped',
  })
})

test('[TRN-08] a model that always thinks shows it when asked, although nothing can be set', async () => {
  const thinkingConfig = { includeThoughts: true, thinkingBudget: 500 }
  const { body, losses } = await send({ generationConfig: { thinkingConfig } }, 'grok-4', { vendor: 'xai' })
  assert.deepEqual(body.reasoning, { summary: 'auto' })
  assert.deepEqual(losses, { 'generationConfig.thinkingConfig.thinkingBudget': 'dropped' })
})

test('[TRN-09] what has a member here arrives, the rest is on the report', async () => {
  const knobs = { temperature: 0.5, topP: 0.5, topK: 3, seed: 4, presencePenalty: 0.5, frequencyPenalty: 0.5 }
  const { body, losses } = await send(
    {
      generationConfig: { ...knobs, maxOutputTokens: 100, stopSequences: ['END'] },
      serviceTier: 'flex',
    },
    'gpt-4.1',
  )
  const { input: _, model: __, ...members } = body
  assert.deepEqual(members, {
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.5,
    service_tier: 'flex',
    store: false,
  })
  assert.deepEqual(losses, {
    'generationConfig.topK': 'dropped',
    'generationConfig.presencePenalty': 'dropped',
    'generationConfig.frequencyPenalty': 'dropped',
    'generationConfig.seed': 'dropped',
    'generationConfig.stopSequences': 'emulated',
  })
})

test('[RPT-04] a limit that the target would refuse is refused by its path', async () => {
  await assert.rejects(
    send({ generationConfig: { maxOutputTokens: 15 } }),
    fails('untranslatable', /generation_config\.max_output_tokens/),
  )
  assert.equal((await send({ generationConfig: { maxOutputTokens: 16 } })).body.max_output_tokens, 16)
})

test('[TRN-11] log probabilities are asked for, also without alternatives', async () => {
  const config = { generationConfig: { responseLogprobs: true } }
  const { body } = await send(config, 'gpt-4.1')
  assert.deepEqual(body.include, ['message.output_text.logprobs'])
  const top = await send({ generationConfig: { responseLogprobs: true, logprobs: 5 } }, 'gpt-4.1')
  assert.equal(top.body.top_logprobs, 5)
  assert.equal('logprobs' in top.body, false)
  assert.deepEqual((await send(config, 'gpt-5')).losses, { 'generationConfig.responseLogprobs': 'dropped' })
})

test('[CNT-01] a count is read from the answer, and from nothing else', () => {
  assert.equal(translator.count.read({ object: 'response.input_tokens', input_tokens: 7 }), 7)
  assert.equal(translator.count.read({ input_tokens: '7' }), undefined)
  assert.equal(translator.count.read(undefined), undefined)
})
