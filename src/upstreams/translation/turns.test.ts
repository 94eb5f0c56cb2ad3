import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Piece } from './conversation.ts'
import { call, model, readBody, refusalOf, response, signature, user } from './reading.fixture.ts'

/** A turn in short: its role, and what its pieces are. */
async function outline(body: object): Promise<string[]> {
  const { conversation } = await readBody(body)
  return conversation.turns.map(({ role, pieces }) => `${role}: ${pieces.map(brief).join(', ')}`)
}

function brief(piece: Piece): string {
  switch (piece.kind) {
    case 'text':
    case 'thought':
      return `${piece.kind} ${piece.text}`
    case 'medium':
      return piece.medium.mimeType
    case 'call':
      return `call ${piece.name} ${JSON.stringify(piece.args)}`
    case 'result':
      return `result ${piece.name} ${JSON.stringify(piece.response)}`
  }
}

test('[TRN-01] roles of every client become two, and neighbours of one role one turn', async () => {
  const contents = [
    { parts: [{ text: 'a' }] },
    { role: 'USER', parts: [{ text: 'b' }] },
    { role: 'Model', parts: [{ text: 'c' }] },
    { role: 'model', parts: [{ text: 'd' }] },
    { role: 'tool', parts: [{ text: 'e' }] },
    { role: 'function', parts: [{ text: 'f' }] },
  ]
  assert.deepEqual(await outline({ contents }), [
    'user: text a, text b',
    'model: text c, text d',
    'user: text e, text f',
  ])
})

test('[TRN-01] system texts keep their order; one amid the conversation is on the report', async () => {
  const { conversation, losses } = await readBody({
    systemInstruction: { role: 'user', parts: [{ text: 'one' }, { text: '' }, { text: 'two' }] },
    contents: [
      { role: 'system', parts: [{ text: 'three' }] },
      user({ text: 'hi' }),
      { role: 'System', parts: [{ text: 'four' }] },
      user({ text: 'there' }),
    ],
  })
  assert.deepEqual(
    conversation.system.map(({ text, path }) => `${path} ${text}`),
    [
      'systemInstruction.parts[0] one',
      'systemInstruction.parts[2] two',
      'contents[0].parts[0] three',
      'contents[2].parts[0] four',
    ],
  )
  assert.equal(conversation.turns.length, 1)
  assert.deepEqual(
    losses.map(({ path, kind }) => [path, kind]),
    [['contents[2].role', 'approximated']],
  )
})

test('[TRN-01] a system instruction that is more than text is refused', async () => {
  const body = { systemInstruction: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } }
  assert.equal(
    await refusalOf({ ...body, contents: [user({ text: 'hi' })] }),
    '400 system_instruction.parts[0]: System instruction must be text.',
  )
})

test('[TRN-01] empty texts vanish without a loss, and turns of nothing else with them', async () => {
  const contents = [user({ text: 'a' }, { text: '' }), model({ text: '' }), user({ text: 'b' })]
  const { conversation, lost } = await readBody({ contents })
  assert.equal(conversation.turns.length, 1)
  assert.deepEqual(lost, [])
})

test('[RPT-04] a conversation of nothing but empty texts is refused by its path', async () => {
  assert.match(await refusalOf({ contents: [user({ text: '' })] }), /^400 contents: /)
})

test('[RPT-04] wrong contents are refused in the words of Google', async () => {
  assert.equal(
    await refusalOf({ contents: [] }),
    '400 contents: * GenerateContentRequest.contents: contents is not specified\n',
  )
  assert.equal(
    await refusalOf({ contents: [{ role: 'robot', parts: [{ text: 'hi' }] }] }),
    '400 contents[0].role: Please use a valid role: user, model.',
  )
  assert.match(
    await refusalOf({ contents: [user({ thought: true })] }),
    /^400 contents\[0\]\.parts\[0\]\.data/,
  )
})

test('[TRN-05] calls keep their ids, parallel and repeated ones too', async () => {
  const { conversation, lost } = await readBody({
    contents: [
      user({ text: 'go' }),
      model(call('f', { n: 1 }, 'a'), call('f', { n: 2 }, 'b')),
      user(response('f', { r: 2 }, 'b'), response('f', { r: 1 }, 'a')),
    ],
  })
  const [, calls, results] = conversation.turns
  assert.deepEqual(
    calls?.pieces.map((piece) => piece.kind === 'call' && piece.id),
    ['a', 'b'],
  )
  assert.deepEqual(
    results?.pieces.map((piece) => piece.kind === 'result' && [piece.id, piece.response.r]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
  assert.deepEqual(lost, [])
})

test('[TRN-05] ids are made where there are none, and where they do not fit or are there twice', async () => {
  const { conversation, losses } = await readBody({
    contents: [
      user({ text: 'go' }),
      model(call('f'), call('f'), call('g', {}, 'ünfit'), call('g', {}, 'a'), call('g', {}, 'a')),
      user(
        response('f'),
        response('f'),
        response('g', {}, 'ünfit'),
        response('g', {}, 'a'),
        response('g', {}, 'a'),
      ),
    ],
  })
  const ids = conversation.turns[1]!.pieces.map((piece) => (piece.kind === 'call' ? piece.id : ''))
  assert.equal(new Set(ids).size, 5)
  for (const id of ids.toSpliced(3, 1)) assert.match(id, /^call_[0-9a-f]{32}$/)
  assert.equal(ids[3], 'a')
  assert.deepEqual(
    losses.map(({ path, kind }) => `${kind} ${path}`),
    [
      'approximated contents[1].parts[2].functionCall.id',
      'approximated contents[1].parts[4].functionCall.id',
      'approximated contents[2].parts[2].functionResponse.id',
      'approximated contents[2].parts[4].functionResponse.id',
    ],
  )
})

test('[TRN-05] ids that the calls have none of are for the books of the client only', async () => {
  const { conversation, lost } = await readBody({
    contents: [user({ text: 'go' }), model(call('f')), user(response('f', {}, 'mine'))],
  })
  const [, calls, results] = conversation.turns
  assert.equal(
    calls?.pieces[0]?.kind === 'call' && calls.pieces[0].id,
    results?.pieces[0]?.kind === 'result' && results.pieces[0].id,
  )
  assert.deepEqual(lost, ['contents[2].parts[0].functionResponse.id'])
})

test('[TRN-06] results come first, in the order of their calls, with their parts and their errors', async () => {
  const image = { inlineData: { mimeType: 'image/png', data: 'AAAA', displayName: 'chart' } }
  const { conversation, lost } = await readBody({
    contents: [
      user({ text: 'go' }),
      model({ text: 'I call' }, call('f'), call('g')),
      user({ text: 'here' }),
      user({
        functionResponse: {
          name: 'g',
          response: { image: { $ref: 'chart' } },
          parts: [image],
          scheduling: 'SILENT',
        },
      }),
      user(response('f', { error: 'no' })),
    ],
  })
  const [, , answers] = conversation.turns
  assert.deepEqual(answers?.pieces.map(brief), [
    'result f {"error":"no"}',
    'result g {"image":{"$ref":"chart"}}',
    'text here',
  ])
  const [failed, worked] = answers?.pieces ?? []
  assert.ok(failed?.kind === 'result' && failed.isError)
  assert.ok(worked?.kind === 'result' && !worked.isError)
  assert.equal(worked.media[0]?.path, 'contents[3].parts[0].functionResponse.parts[0]')
  assert.deepEqual(lost, [
    'contents[3].parts[0].functionResponse.parts[0].inlineData.displayName',
    'contents[3].parts[0].functionResponse.scheduling',
  ])
})

test('[TRN-06] calls and responses that do not follow as they must are refused as Google does', async () => {
  const go = user({ text: 'go' })
  const count = /^400 contents\[\d\]: Please ensure that the number of function response parts is equal/
  assert.match(await refusalOf({ contents: [go, model(call('f'), call('g')), user(response('f'))] }), count)
  assert.match(await refusalOf({ contents: [go, model(call('f'))] }), count)
  assert.match(
    await refusalOf({ contents: [go, user(response('f'))] }),
    /^400 contents\[0\]: Please ensure that function response turn comes immediately after/,
  )
  assert.match(
    await refusalOf({ contents: [model(call('f')), user(response('f'))] }),
    /^400 contents\[0\]: Please ensure that function call turn comes immediately after/,
  )
  assert.match(
    await refusalOf({ contents: [go, model(call('f', {}, 'a')), user(response('f', {}, 'b'))] }),
    /^400 contents\[2\]: Please ensure that the id of each function response part matches/,
  )
})

test('[RPT-03] what servers did is told in words, and is on the report', async () => {
  const { conversation, losses } = await readBody({
    contents: [
      user({ text: 'go' }),
      model(
        { executableCode: { language: 'PYTHON', code: 'print("```")' } },
        { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'no' } },
        { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: { q: 'x' } } },
        { toolResponse: { toolType: 'GOOGLE_SEARCH_WEB', response: { hits: 1 } } },
        call('mcp_f', { n: 1 }),
        response('mcp_f', { r: 1 }),
      ),
      user({ text: 'on' }),
    ],
  })
  assert.deepEqual(conversation.turns[1]?.pieces.map(brief), [
    'text \n````python\nprint("```")\n````\n',
    'text \nThe code failed:\n```\nno\n```\n',
    'text \nAsked the tool GOOGLE_SEARCH_WEB: {"q":"x"}\n',
    'text \nThe tool GOOGLE_SEARCH_WEB answered: {"hits":1}\n',
    'text \nCalled the function mcp_f: {"n":1}\n',
    'text \nThe function mcp_f answered: {"r":1}\n',
  ])
  assert.deepEqual(
    losses.map(({ path, kind }) => `${kind} ${path}`),
    [
      'approximated contents[1].parts[0].executableCode',
      'approximated contents[1].parts[1].codeExecutionResult',
      'approximated contents[1].parts[2].toolCall',
      'approximated contents[1].parts[3].toolResponse',
      'approximated contents[1].parts[4].functionCall',
      'approximated contents[1].parts[5].functionResponse',
    ],
  )
})

test('[RPT-03] modifiers that nobody can carry are on the report, those that say nothing are not', async () => {
  const inlineData = { mimeType: 'video/mp4', data: 'AAAA' }
  const { lost } = await readBody({
    contents: [
      user(
        { inlineData, videoMetadata: { fps: 2 }, mediaProcessing: 'AGENTIC' },
        { inlineData, videoMetadata: {}, mediaResolution: { level: 'MEDIA_RESOLUTION_UNSPECIFIED' } },
        { text: 'hi', partMetadata: { mine: false }, speechMetadata: { speaker: 'me' } },
      ),
    ],
  })
  assert.deepEqual(lost, [
    'contents[0].parts[0].videoMetadata',
    'contents[0].parts[0].mediaProcessing',
    'contents[0].parts[2].partMetadata',
    'contents[0].parts[2].speechMetadata',
  ])
})

test('[SIG-01] the own reasoning of a target comes back before its piece, and covers the thoughts', async () => {
  const { conversation, lost } = await readBody({
    contents: [
      user({ text: 'go' }),
      model(
        { text: 'hm', thought: true },
        { ...call('f'), thoughtSignature: signature('own:{"id":7}') },
        { text: 'after', thought: true },
      ),
      user(response('f')),
      model({ text: '', thoughtSignature: signature('own:[1]') }),
      user({ text: 'on' }),
    ],
  })
  const [, first, , last] = conversation.turns
  assert.deepEqual(
    first?.pieces.map((piece) => [piece.kind, piece.state, piece.kind === 'thought' && piece.isCovered]),
    [
      ['thought', undefined, true],
      ['call', { id: 7 }, false],
      ['thought', undefined, false],
    ],
  )
  assert.deepEqual(last?.pieces, [{ kind: 'text', path: 'contents[3].parts[0]', text: '', state: [1] }])
  assert.deepEqual(lost, [])
})

test('[SIG-02] the reasoning of others stays behind and is on the report; stand-ins are nothing', async () => {
  const { conversation, losses } = await readBody({
    contents: [
      user({ text: 'go' }),
      model({ text: 'a', thoughtSignature: signature('foreign:x') }),
      model({ text: 'b', thoughtSignature: signature('Google made this') }),
      model({ text: 'c', thoughtSignature: 'skip_thought_signature_validator' }),
      model({ text: 'd', thoughtSignature: signature('context_engineering_is_the_way_to_go') }),
      model({ text: '', thoughtSignature: signature('foreign:y') }),
      model({ text: 'e', thoughtSignature: signature('own:null') }),
    ],
  })
  assert.ok(conversation.turns[1]?.pieces.every(({ state }) => state === undefined))
  assert.equal(conversation.turns[1]?.pieces.length, 5)
  assert.deepEqual(
    losses.map(({ path, kind }) => `${kind} ${path}`),
    [
      'dropped contents[1].parts[0].thoughtSignature',
      'dropped contents[2].parts[0].thoughtSignature',
      'dropped contents[5].parts[0].thoughtSignature',
    ],
  )
})

test('[SIG-01] a signature that was changed is refused by its path', async () => {
  const contents = [user({ text: 'go' }), model({ text: 'a', thoughtSignature: signature('broken:') })]
  assert.equal(
    await refusalOf({ contents }),
    '400 contents[1].parts[0].thought_signature: Corrupted thought signature.',
  )
})
