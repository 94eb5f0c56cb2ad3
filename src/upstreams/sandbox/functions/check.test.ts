import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concernsFunctions, playsFunctions } from './concern.ts'
import {
  answering,
  asking,
  calling,
  check,
  declare,
  EMAIL,
  GEMINI_2,
  GEMINI_3,
  GEMINI_25,
  LIGHTS,
  read,
  refusalOf,
  WEATHER,
} from './testing.fixture.ts'

const SIGNED = 'skip_thought_signature_validator'
const contents = [asking('Hi')]

function declaring(...declarations: readonly object[]): object {
  return { contents, tools: declare(...declarations) }
}

function config(functionCallingConfig: object, tools: readonly object[] = declare(WEATHER, EMAIL)): object {
  return { contents, tools, toolConfig: { functionCallingConfig } }
}

const ROOT = '* GenerateContentRequest.tools[0].function_declarations'
const BAD_NAME =
  'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), ' +
  'underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n'

const RECURSIVE = {
  type: 'object',
  properties: { value: { type: 'integer' }, next: { $ref: '#' } },
  required: ['value'],
}

describe('function declarations', () => {
  for (const name of ['', '1a', 'a b', 'ä', 'a'.repeat(129), '-a', null]) {
    it(`[FUNC-01] the name ${JSON.stringify(name)?.slice(0, 20)} is refused`, () => {
      assert.equal(refusalOf(declaring({ name })), `${ROOT}[0].name: ${BAD_NAME}`)
    })
  }

  for (const name of ['a', '_', 'a.b:c-d_1', `A${'0'.repeat(127)}`]) {
    it(`[FUNC-01] the name ${name.slice(0, 20)} is taken`, () => {
      assert.equal(refusalOf(declaring({ name })), undefined)
    })
  }

  it('[FUNC-01] all bad names are listed in one error', () => {
    assert.equal(
      refusalOf(declaring({ name: '1' }, LIGHTS, { name: '2' })),
      `${ROOT}[0].name: ${BAD_NAME}${ROOT}[2].name: ${BAD_NAME}`,
    )
  })

  const REFUSED: readonly (readonly [string, object, RegExp | string])[] = [
    [
      'a name twice, in two tools',
      { contents, tools: [...declare(LIGHTS), ...declare(LIGHTS)] },
      'Duplicate function declaration found: lights_off',
    ],
    [
      'both kinds of parameters',
      declaring({ name: 'f', parameters: { type: 'OBJECT' }, parametersJsonSchema: {} }),
      `${ROOT}[0]: only one of parameters and parametersJsonSchema may be set\n`,
    ],
    [
      'both kinds of response',
      declaring({ name: 'f', response: { type: 'STRING' }, responseJsonSchema: {} }),
      `${ROOT}[0]: only one of response and responseJsonSchema may be set\n`,
    ],
    [
      'parameters that are no object',
      declaring({ name: 'f', parameters: { type: 'STRING' } }),
      'Unable to submit request because `f` functionDeclaration `parameters` schema should be of type OBJECT.',
    ],
    [
      'a JSON Schema that is no object',
      declaring({ name: 'f', parametersJsonSchema: { type: ['string', 'null'] } }),
      /`f` functionDeclaration `parameters_json_schema` schema should be of type OBJECT/,
    ],
    ['a JSON Schema that is a list', declaring({ name: 'f', parametersJsonSchema: [] }), /of type OBJECT/],
    [
      'an array without items',
      declaring({ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'ARRAY' } } } }),
      /function_declarations\[0\]\.parameters\.properties.*items: missing field/,
    ],
    [
      'a reference to nowhere',
      declaring({ name: 'f', parametersJsonSchema: { properties: { a: { $ref: '#/$defs/x' } } } }),
      /\$defs\/x/,
    ],
    [
      'an illegal schema of a response',
      declaring({ name: 'f', response: { type: 'ARRAY' } }),
      /response\.items: missing field/,
    ],
    [
      '513 functions',
      declaring(...Array.from({ length: 513 }, (_, index) => ({ name: `f${index}` }))),
      'At most 512 function declarations can be specified.',
    ],
    [
      'a schema of 40 levels',
      declaring({ name: 'f', parameters: nested(40) }),
      'A FunctionDeclaration in the request exceeds the maximum allowed nesting depth.',
    ],
  ]
  for (const [what, body, text] of REFUSED) {
    it(`[FUNC-01] ${what}: 400`, () => {
      const refusal = refusalOf(body)
      if (typeof text === 'string') assert.equal(refusal, text)
      else assert.match(refusal ?? '', text)
    })
  }

  const TAKEN: readonly (readonly [string, object])[] = [
    ['512 functions', declaring(...Array.from({ length: 512 }, (_, index) => ({ name: `f${index}` })))],
    [
      'parameters without a type',
      declaring({ name: 'f', parameters: { properties: { a: { type: 'STRING' } } } }),
    ],
    [
      'an object without properties',
      declaring({ name: 'f', parameters: { type: 'object', properties: {} } }),
    ],
    ['a recursive JSON Schema', declaring({ name: 'f', parametersJsonSchema: RECURSIVE })],
    ['a behavior', declaring({ name: 'f', behavior: 'BLOCKING' })],
    ['no functions at all', { contents, tools: [{ functionDeclarations: [] }] }],
  ]
  for (const [what, body] of TAKEN) {
    it(`[FUNC-01] ${what}: taken`, () => {
      check(body, GEMINI_25)
    })
  }
})

function nested(levels: number): object {
  return levels === 0 ? { type: 'STRING' } : { type: 'OBJECT', properties: { a: nested(levels - 1) } }
}

describe('function calling config', () => {
  const WITHOUT = 'Function calling config is set without function_declarations.'
  const REFUSED: readonly (readonly [string, object, string])[] = [
    ['ANY without functions', config({ mode: 'ANY' }, []), WITHOUT],
    ['VALIDATED without functions', config({ mode: 'validated' }, []), WITHOUT],
    ['allowed names without functions', config({ allowedFunctionNames: ['f'] }, []), WITHOUT],
    [
      'allowed names with AUTO',
      config({ mode: 'AUTO', allowedFunctionNames: ['send_email'] }),
      'Allowed function names can only be set when the function calling mode is ANY or VALIDATED.',
    ],
    [
      'allowed names with NONE',
      config({ mode: 'NONE', allowedFunctionNames: ['send_email'] }),
      'Allowed function names can only be set when the function calling mode is ANY or VALIDATED.',
    ],
    [
      'an allowed name that is not declared',
      config({ mode: 'ANY', allowedFunctionNames: ['send_email', 'nobody'] }),
      'The allowed function name `nobody` is not among the function_declarations.',
    ],
    [
      'streamed arguments',
      config({ streamFunctionCallArguments: true }),
      'streamFunctionCallArguments is not supported by the sandbox yet.',
    ],
  ]
  for (const [what, body, text] of REFUSED) {
    it(`[FUNC-02] ${what}: 400`, () => {
      assert.equal(refusalOf(body), text)
    })
  }

  for (const functionCallingConfig of [
    {},
    { mode: 'AUTO' },
    { mode: 'NONE' },
    { mode: 'MODE_UNSPECIFIED' },
    { mode: 'any', allowedFunctionNames: ['send_email', 'send_email'] },
    { mode: 'VALIDATED', allowed_function_names: 'send_email' },
    { mode: 'ANY', streamFunctionCallArguments: false },
  ]) {
    it(`[FUNC-02] ${JSON.stringify(functionCallingConfig)}: taken`, () => {
      check(config(functionCallingConfig))
    })
  }

  it('[FUNC-02] AUTO and NONE need no functions', () => {
    check(config({ mode: 'AUTO' }, []))
    check(config({ mode: 'NONE' }, []))
  })
})

describe('functions beside other tools', () => {
  const MIXED = [...declare(LIGHTS), { googleSearch: {} }]

  for (const model of [GEMINI_2, GEMINI_25]) {
    it(`[FUNC-03] ${model} refuses the mixture`, () => {
      assert.equal(
        refusalOf({ contents, tools: MIXED, toolConfig: { includeServerSideToolInvocations: true } }, model),
        'Tool use with function calling is unsupported',
      )
    })
  }

  it('[FUNC-03] from family 3 on it must be asked for', () => {
    const text =
      'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.'
    assert.equal(refusalOf({ contents, tools: MIXED }), text)
    assert.equal(refusalOf({ contents, tools: [{ ...declare(LIGHTS)[0], codeExecution: {} }] }), text)
    check({ contents, tools: MIXED, toolConfig: { includeServerSideToolInvocations: true } })
  })

  it('a built-in tool alone is not the concern of this check', () => {
    check({ contents, tools: [{ googleSearch: {} }, { functionDeclarations: [] }] }, GEMINI_25)
  })

  it('servers of functions are refused by name', () => {
    assert.equal(
      refusalOf({ contents, tools: [{ mcpServers: [{ name: 'x' }] }] }),
      'The tool mcpServers is not supported by the sandbox yet.',
    )
  })

  it('models without tools refuse functions', () => {
    const model = 'gemini-2.5-flash-image'
    assert.equal(
      refusalOf(declaring(LIGHTS), model),
      'Function calling is not enabled for models/gemini-2.5-flash-image',
    )
  })

  it('a computer needs an environment that is played, and a model that can use it', () => {
    const computer = (computerUse: object, model = GEMINI_3): string | undefined =>
      refusalOf({ contents, tools: [{ computerUse }] }, model)
    assert.equal(computer({ environment: 'ENVIRONMENT_BROWSER' }), undefined)
    assert.equal(computer({}), 'computer_use.environment must be specified.')
    assert.match(computer({ environment: 'ENVIRONMENT_MOBILE' }) ?? '', /ENVIRONMENT_MOBILE is not supported/)
    assert.equal(
      computer({ environment: 'ENVIRONMENT_BROWSER' }, GEMINI_25),
      'Computer Use is not enabled for models/gemini-2.5-flash',
    )
  })
})

describe('turns of calls and responses', () => {
  const CALL_PLACE =
    'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
  const RESPONSE_PLACE =
    'Please ensure that function response turn comes immediately after a function call turn.'
  const COUNT =
    'Please ensure that the number of function response parts is equal to the number of function call parts of the ' +
    'function call turn.'
  const ID = /id of each function response part matches/

  const call = (name: string, id?: string): object => ({
    functionCall: { ...(id && { id }), name, args: {} },
    thoughtSignature: SIGNED,
  })
  const response = (name: string, id?: string): object => ({
    ...(id && { id }),
    name,
    response: { output: 1 },
  })
  const user = asking('Hi')

  const REFUSED: readonly (readonly [string, readonly object[], RegExp | string])[] = [
    ['a call at the beginning', [calling(call('f')), answering(response('f'))], CALL_PLACE],
    ['a call by the user', [user, { role: 'user', parts: [call('f')] }], CALL_PLACE],
    [
      'a response at the beginning',
      [answering(response('f')), calling({ text: 'Hm' }), user],
      RESPONSE_PLACE,
    ],
    ['a response after a text', [user, calling({ text: 'Hm' }), answering(response('f'))], RESPONSE_PLACE],
    ['no response', [user, calling(call('f')), user], COUNT],
    ['a call at the end', [user, calling(call('f'))], COUNT],
    ['one response to two calls', [user, calling(call('f'), call('g')), answering(response('f'))], COUNT],
    ['two responses to one call', [user, calling(call('f')), answering(response('f'), response('f'))], COUNT],
    [
      'a late response',
      [user, calling(call('f')), user, calling({ text: 'x' }), answering(response('f'))],
      COUNT,
    ],
    ['an id that was not given', [user, calling(call('f', 'a')), answering(response('f', 'b'))], ID],
    [
      'an id twice',
      [user, calling(call('f', 'a'), call('f', 'b')), answering(response('f', 'a'), response('f', 'a'))],
      ID,
    ],
  ]
  for (const [what, turns, text] of REFUSED) {
    it(`[FUNC-04] ${what}: 400`, () => {
      const refusal = refusalOf({ contents: turns })
      if (typeof text === 'string') assert.equal(refusal, text)
      else assert.match(refusal ?? '', text)
    })
  }

  const TAKEN: readonly (readonly [string, readonly object[]])[] = [
    ['a call and its response', [user, calling(call('f')), answering(response('f'))]],
    [
      'the roles function and tool',
      [user, calling(call('f')), { ...answering(response('f')), role: 'function' }],
    ],
    ['no role', [user, calling(call('f')), { parts: [{ functionResponse: response('f') }] }]],
    [
      'ids in another order',
      [user, calling(call('f', 'a'), call('f', 'b')), answering(response('f', 'b'), response('f', 'a'))],
    ],
    ['ids on the calls only', [user, calling(call('f', 'a')), answering(response('f'))]],
    ['ids on the responses only', [user, calling(call('f')), answering(response('f', 'invented'))]],
    [
      'responses over two contents',
      [user, calling(call('f'), call('g')), answering(response('f')), answering(response('g'))],
    ],
    [
      'calls over two contents',
      [user, calling(call('f')), calling(call('g')), answering(response('f'), response('g'))],
    ],
    [
      'two steps and more words',
      [
        user,
        calling(call('f')),
        answering(response('f')),
        calling(call('g')),
        answering(response('g')),
        user,
      ],
    ],
    [
      'a response of the model, for a call to a server',
      [user, calling(call('f'), { functionResponse: response('f') }, { text: 'Done' }), user],
    ],
    [
      'text beside the response',
      [user, calling(call('f')), { parts: [{ functionResponse: response('f') }, { text: 'so?' }] }],
    ],
    [
      'a file in the response',
      [
        user,
        calling(call('f')),
        answering({
          name: 'f',
          response: { a: { $ref: 'x.png' } },
          parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA', displayName: 'x.png' } }],
        }),
      ],
    ],
    ['a prefilled answer', [user, calling({ text: 'The answer is' })]],
  ]
  for (const [what, turns] of TAKEN) {
    it(`[FUNC-04] ${what}: taken`, () => {
      check({ contents: turns })
    })
  }

  it('thousands of calls cost no more than linear time', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => index)
    const turns = [
      user,
      calling(...many.map((index) => call('f', `i${index}`))),
      answering(...many.toReversed().map((index) => response('f', `i${index}`))),
    ]
    check({ contents: turns })
    const unnamed = [user, calling(...many.map(() => call('f'))), answering(...many.map(() => response('g')))]
    check({ contents: unnamed })
  })
})

describe('what concerns functions', () => {
  const ROWS: readonly (readonly [object, boolean, boolean])[] = [
    [{ contents }, false, false],
    [{ contents, tools: [{ googleSearch: {} }] }, false, false],
    [{ contents, tools: [{ functionDeclarations: [] }] }, false, false],
    [{ contents, tools: declare(LIGHTS) }, true, true],
    [{ contents, tools: [{ computerUse: {} }] }, true, true],
    [{ contents, toolConfig: { functionCallingConfig: {} } }, true, false],
    [{ contents: [calling({ text: '', thoughtSignature: 'AAAA' })] }, true, false],
    [{ contents: [calling({ functionCall: { name: 'f' } })] }, true, false],
    [{ contents: [answering({ name: 'f' })] }, true, true],
  ]
  for (const [body, checked, played] of ROWS) {
    it(`${JSON.stringify(body).slice(0, 90)}: checked ${checked}, played ${played}`, () => {
      assert.equal(concernsFunctions(read(body)), checked)
      assert.equal(playsFunctions(read(body)), played)
    })
  }
})
