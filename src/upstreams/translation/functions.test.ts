import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFunctionNames } from './names.ts'
import { call, model, RULES, readBody, refusalOf, response, user } from './reading.fixture.ts'

const contents = [user({ text: 'go' })]

function declared(...functionDeclarations: object[]): object[] {
  return [{ functionDeclarations }]
}

test('[TRN-03] functions arrive in both schema forms, and without parameters', async () => {
  const tools = declared(
    {
      name: 'weather',
      description: 'tells',
      parameters: {
        type: 'OBJECT',
        properties: { city: { type: 'STRING', minLength: '1' } },
        required: ['city'],
      },
    },
    {
      name: 'free',
      parametersJsonSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { a: { $ref: '#/$defs/a' } },
        $defs: { a: { type: ['string', 'null'] } },
        additionalProperties: false,
      },
    },
    { name: 'rootless', parametersJsonSchema: { $ref: '#/$defs/a', $defs: { a: { type: 'object' } } } },
    { name: 'none' },
  )
  const { conversation, lost } = await readBody({ contents, tools })
  assert.deepEqual(
    conversation.functions.map(({ path, name, description, parameters }) => ({
      ...{ path, name, description },
      // Maps of the reader have no prototype, which is nothing that could be sent.
      parameters: JSON.parse(JSON.stringify(parameters)),
    })),
    [
      {
        ...{ path: 'tools[0].functionDeclarations[0]', name: 'weather', description: 'tells' },
        parameters: {
          type: 'object',
          properties: { city: { type: 'string', minLength: 1 } },
          required: ['city'],
        },
      },
      {
        ...{ path: 'tools[0].functionDeclarations[1]', name: 'free', description: undefined },
        parameters: {
          type: 'object',
          properties: { a: { $ref: '#/$defs/a' } },
          $defs: { a: { type: ['string', 'null'] } },
          additionalProperties: false,
        },
      },
      {
        ...{ path: 'tools[0].functionDeclarations[2]', name: 'rootless', description: undefined },
        parameters: { properties: {}, $ref: '#/$defs/a', $defs: { a: { type: 'object' } }, type: 'object' },
      },
      {
        ...{ path: 'tools[0].functionDeclarations[3]', name: 'none', description: undefined },
        parameters: { type: 'object', properties: {} },
      },
    ],
  )
  assert.deepEqual(lost, [])
})

test('[RPT-03] what a declaration says beside its parameters is on the report', async () => {
  const tools = declared(
    { name: 'a', response: { type: 'STRING' }, behavior: 'NON_BLOCKING' },
    { name: 'b', response: {}, behavior: 'BLOCKING', parameters: { nullable: true } },
    { name: 'c', responseJsonSchema: { type: 'string' }, parametersJsonSchema: { type: ['object', 'null'] } },
  )
  const { conversation, lost } = await readBody({ contents, tools })
  assert.deepEqual(lost, [
    'tools[0].functionDeclarations[0].response',
    'tools[0].functionDeclarations[0].behavior',
    'tools[0].functionDeclarations[1].parameters.nullable',
    'tools[0].functionDeclarations[2].responseJsonSchema',
    'tools[0].functionDeclarations[2].parametersJsonSchema.type',
  ])
  for (const { parameters } of conversation.functions) {
    assert.deepEqual(parameters, { type: 'object', properties: {} })
  }
})

test('[RPT-04] declarations that Google refuses are refused in its words', async () => {
  assert.match(
    await refusalOf({ contents, tools: declared({ name: 'a' }, { name: 'a' }) }),
    /: Duplicate function declaration found: a$/,
  )
  assert.match(
    await refusalOf({ contents, tools: declared({ name: 'a', parameters: { type: 'STRING' } }) }),
    /^400 tools\[0\]\.function_declarations\[0\]\.parameters: .* schema should be of type OBJECT\.$/,
  )
  assert.match(
    await refusalOf({ contents, tools: declared({ name: 'a', parametersJsonSchema: true }) }),
    /\.parameters_json_schema: .* schema should be of type OBJECT\.$/,
  )
})

test('[TRN-03] a name that the target does not allow is another there, everywhere the same', async () => {
  const { conversation, names, losses } = await readBody({
    contents: [user({ text: 'go' }), model(call('a.b')), user(response('a.b'))],
    tools: declared({ name: 'a.b' }, { name: 'a_b' }),
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a.b', 'a.b'] } },
  })
  assert.deepEqual(
    conversation.functions.map(({ name }) => name),
    ['a_b_2', 'a_b'],
  )
  assert.deepEqual(conversation.choice.allowed, ['a_b_2'])
  const [, called, answered] = conversation.turns.map(({ pieces }) => pieces[0])
  assert.ok(called?.kind === 'call' && called.name === 'a_b_2')
  assert.ok(answered?.kind === 'result' && answered.name === 'a_b_2')
  assert.equal(names.original('a_b_2'), 'a.b')
  assert.equal(names.original('a_b'), 'a_b')
  assert.deepEqual(
    losses.map(({ path, kind }) => `${kind} ${path}`),
    [
      'approximated tools[0].functionDeclarations[0].name',
      'approximated toolConfig.functionCallingConfig.allowedFunctionNames[0]',
      'approximated toolConfig.functionCallingConfig.allowedFunctionNames[1]',
      'approximated contents[1].parts[0].functionCall.name',
      'approximated contents[2].parts[0].functionResponse.name',
    ],
  )
})

test('names that are too long or of alien letters fit in the end, and none meets another', () => {
  const given = ['9', '9.', 'x'.repeat(30), 'x'.repeat(31), '日本', '日本語', 'x'.repeat(20), '']
  const names = createFunctionNames(given, RULES)
  const fitted = given.map((name) => names.fitted(name))
  assert.equal(new Set(fitted).size, given.length)
  for (const [index, name] of fitted.entries()) {
    assert.ok(RULES.functionName.test(name) && name.length <= RULES.functionNameCharsMax, name)
    assert.equal(names.original(name), given[index])
  }
  assert.equal(names.original('never sent'), 'never sent')
})

test('[TRN-04] every mode arrives, with the functions that it allows', async () => {
  const tools = declared({ name: 'a' }, { name: 'b' })
  const choiceOf = async (functionCallingConfig: object = {}): Promise<unknown> => {
    const { conversation, lost } = await readBody({ contents, tools, toolConfig: { functionCallingConfig } })
    assert.deepEqual(lost, [])
    const { mode, allowed } = conversation.choice
    return [mode, ...allowed]
  }
  assert.deepEqual(await choiceOf(), ['auto'])
  assert.deepEqual(await choiceOf({ mode: 'MODE_UNSPECIFIED' }), ['auto'])
  assert.deepEqual(await choiceOf({ mode: 'auto' }), ['auto'])
  assert.deepEqual(await choiceOf({ mode: 'NONE' }), ['none'])
  assert.deepEqual(await choiceOf({ mode: 'ANY' }), ['any'])
  assert.deepEqual(await choiceOf({ mode: 'VALIDATED', allowedFunctionNames: ['b'] }), ['validated', 'b'])
})

test('[TRN-04] a calling config that does not fit the functions is refused as Google does', async () => {
  const refusal = (config: object, tools = declared({ name: 'a' })): Promise<string> =>
    refusalOf({ contents, tools, toolConfig: { functionCallingConfig: config } })
  const path = '400 tool_config.function_calling_config'
  assert.equal(
    await refusal({ mode: 'AUTO', allowedFunctionNames: ['a'] }),
    `${path}.allowed_function_names: Allowed function names can only be set when the function calling mode is ` +
      'ANY or VALIDATED.',
  )
  assert.match(await refusal({ mode: 'ANY', allowedFunctionNames: ['b'] }), /allowed_function_names\[0\]: /)
  assert.equal(
    await refusal({ mode: 'ANY' }, []),
    `${path}: Function calling config is set without function_declarations.`,
  )
})

test('[RPT-03] the rest of a tool config is on the report when it says something', async () => {
  const all = {
    retrievalConfig: { languageCode: 'de' },
    includeServerSideToolInvocations: true,
    functionCallingConfig: { streamFunctionCallArguments: true },
  }
  assert.deepEqual((await readBody({ contents, toolConfig: all })).lost, [
    'toolConfig.retrievalConfig',
    'toolConfig.functionCallingConfig.streamFunctionCallArguments',
    'toolConfig.includeServerSideToolInvocations',
  ])
  const nothing = { retrievalConfig: {}, includeServerSideToolInvocations: false, functionCallingConfig: {} }
  assert.deepEqual((await readBody({ contents, toolConfig: nothing })).lost, [])
})

test("Google's own tools stand beside the functions, whether in one tool or in several", async () => {
  const tools = [
    { functionDeclarations: [{ name: 'a' }], googleSearch: { excludeDomains: ['x.test'] } },
    { codeExecution: {} },
    {},
    { functionDeclarations: [], mcpServers: [] },
    { mcpServers: [{ name: 'm' }] },
  ]
  const { conversation, lost } = await readBody({ contents, tools })
  assert.deepEqual(
    conversation.serverTools.map(({ path, config }) => [path, config]),
    [
      ['tools[0].googleSearch', { excludeDomains: ['x.test'] }],
      ['tools[1].codeExecution', {}],
      ['tools[4].mcpServers', { servers: [{ name: 'm' }] }],
    ],
  )
  assert.deepEqual(
    conversation.functions.map(({ name }) => name),
    ['a'],
  )
  assert.deepEqual(lost, [])
})
