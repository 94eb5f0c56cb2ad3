import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import { estimateTokens } from './count.ts'
import { readDocument } from './read.ts'
import {
  CALLER,
  call,
  libraryOf,
  model,
  RULES,
  readBody,
  readCount,
  refusalOf,
  response,
  SEALS,
  user,
} from './reading.fixture.ts'

const CACHE = {
  contents: [user({ text: 'a long book', videoMetadata: { fps: 1 } }), model({ text: 'read' })],
  systemInstruction: { parts: [{ text: 'be brief' }] },
  tools: [{ functionDeclarations: [{ name: 'f', behavior: 'NON_BLOCKING' }], googleSearch: {} }],
  toolConfig: { functionCallingConfig: { mode: 'ANY' } },
}
const cached = { library: libraryOf(CACHE) }

test('[CCH-01] a cached content is expanded in its place, under a path of its own', async () => {
  const { conversation, lost } = await readBody(
    { cachedContent: 'cachedContents/known', contents: [user({ text: 'and now?' })] },
    cached,
  )
  assert.deepEqual(
    conversation.turns.map(({ role, pieces }) => `${role} ${pieces[0]?.path}`),
    [
      'user cachedContent.contents[0].parts[0]',
      'model cachedContent.contents[1].parts[0]',
      'user contents[0].parts[0]',
    ],
  )
  assert.deepEqual(conversation.cached, { system: true, turns: 2, tools: true })
  assert.equal(conversation.system[0]?.path, 'cachedContent.systemInstruction.parts[0]')
  assert.equal(conversation.functions[0]?.path, 'cachedContent.tools[0].functionDeclarations[0]')
  assert.equal(conversation.serverTools[0]?.path, 'cachedContent.tools[0].googleSearch')
  assert.equal(conversation.choice.path, 'cachedContent.toolConfig.functionCallingConfig')
  assert.equal(conversation.choice.mode, 'any')
  assert.deepEqual(conversation.request.untaken(), [])
  assert.deepEqual(lost, [
    'cachedContent.tools[0].functionDeclarations[0].behavior',
    'cachedContent.contents[0].parts[0].videoMetadata',
  ])
})

test('[CCH-01] a turn that only begins in the cache does not count as cached', async () => {
  const { conversation } = await readBody(
    { cachedContent: 'cachedContents/known', contents: [model({ text: 'on' }), user({ text: 'and now?' })] },
    cached,
  )
  assert.equal(conversation.turns.length, 3)
  assert.equal(conversation.cached.turns, 1)
})

test('[CCH-01] what Google refuses of caches is refused', async () => {
  const contents = [user({ text: 'hi' })]
  const named = { cachedContent: 'cachedContents/known', contents }
  assert.match(
    await refusalOf({ ...named, tools: [{ codeExecution: {} }] }, cached),
    /CachedContent can not be used with GenerateContent request setting system_instruction/,
  )
  assert.match(await refusalOf({ ...named, cachedContent: 'x' }, cached), /Invalid CachedContent name: x$/)
  assert.match(await refusalOf({ ...named, cachedContent: 'cachedContents/other' }), /^403 /)
})

test('[CNT-01] both forms of a count are read, and Vertex’s flat one', async () => {
  const generateContentRequest = {
    ...{ contents: [user({ text: 'hi' })], systemInstruction: { parts: [{ text: 'be brief' }] } },
  }
  const wrapped = await readCount({ generateContentRequest })
  assert.equal(wrapped.conversation.turns[0]?.pieces[0]?.path, 'generateContentRequest.contents[0].parts[0]')
  const flat = await readCount(generateContentRequest)
  assert.equal(flat.conversation.system[0]?.path, 'systemInstruction.parts[0]')
  assert.equal(estimateTokens(flat.conversation).total, estimateTokens(wrapped.conversation).total)
  await assert.rejects(readCount({ contents: [user({ text: 'hi' })], generateContentRequest }))
  await assert.rejects(readCount({}))
})

test('[CNT-01] what is counted need not be whole: calls without a response are told in words', async () => {
  const { conversation } = await readCount({
    contents: [model(call('f')), user(response('g'), { text: 'x' })],
  })
  const kinds = conversation.turns.flatMap(({ pieces }) => pieces.map(({ kind }) => kind))
  assert.deepEqual(kinds, ['call', 'result', 'text'])
  const unanswered = await readCount({ contents: [user({ text: 'go' }), model(call('f'))] })
  assert.equal(unanswered.conversation.turns[1]?.pieces[0]?.kind, 'text')
})

test('[CNT-01] an estimate knows text, media and functions', async () => {
  const inlineData = { mimeType: 'application/pdf', data: 'A'.repeat(4_096) }
  const { conversation } = await readCount({
    contents: [
      user(
        { text: 'one two three' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        { inlineData },
      ),
      user({ inlineData: { mimeType: 'text/plain', data: Buffer.from('four five').toString('base64') } }),
    ],
  })
  assert.deepEqual(estimateTokens(conversation), {
    total: 5 + 258 + 12,
    byModality: [
      { modality: 'TEXT', tokenCount: 5 },
      { modality: 'IMAGE', tokenCount: 258 },
      { modality: 'DOCUMENT', tokenCount: 12 },
    ],
  })
})

test('[CCH-01] what is to be cached can be measured before it is asked about', async () => {
  const options = {
    ...{ model: 'm', rules: RULES, caller: CALLER, library: libraryOf(), seals: SEALS },
    ...{ origin: 'target/m', report: new Report('target') },
  }
  const { conversation } = await readDocument(CACHE, options)
  assert.ok(estimateTokens(conversation).total > 10)
  const empty = await readDocument({ systemInstruction: { parts: [{ text: 'be brief' }] } }, options)
  assert.deepEqual(empty.conversation.turns, [])
})

/** Exchanges as a client's history holds them: with and without ids, parallel, of alien names. */
const EXCHANGE = fc
  .array(
    fc.record(
      {
        name: fc.constantFrom('f', 'g', 'a.b'),
        id: fc.constantFrom('1', '2', '', 'x y'),
        args: fc.dictionary(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: ['name'] },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((calls) => [
    model(...calls.map(({ name, id, args }) => call(name, args, id))),
    user(...calls.map(({ name, id }) => response(name, {}, id))),
  ])

test('[RPT-04] a request of very many parts is read like any other', async () => {
  const parts = Array.from({ length: 300_000 }, () => ({ text: 'x' }))
  const library = libraryOf({ contents: Array.from({ length: 150_000 }, () => user({ text: 'x' })) })
  const { conversation } = await readBody(
    { cachedContent: 'cachedContents/known', contents: [{ parts }, { parts }] },
    { library },
  )
  assert.equal(conversation.turns[0]?.pieces.length, 750_000)
})

test('[TRN-05] ids stay when the same history comes with more turns', async () => {
  const idsOf = async (exchanges: object[][]): Promise<string[]> => {
    const { conversation } = await readBody({ contents: [user({ text: 'go' }), ...exchanges.flat()] })
    const pieces = conversation.turns.flatMap((turn) => turn.pieces)
    return pieces.flatMap((piece) => (piece.kind === 'call' ? [piece.id] : []))
  }
  await fc.assert(
    fc.asyncProperty(fc.array(EXCHANGE, { minLength: 2, maxLength: 5 }), async (exchanges) => {
      const before = await idsOf(exchanges.slice(0, -1))
      const after = await idsOf(exchanges)
      assert.deepEqual(after.slice(0, before.length), before)
      assert.equal(new Set(after).size, after.length)
    }),
    { numRuns: 100 },
  )
})

/** JSON that is near enough to a request to get past the first check now and then. */
const NEAR = fc.letrec((tie) => ({
  key: fc.constantFrom(
    ...['contents', 'parts', 'role', 'text', 'functionCall', 'functionResponse', 'name', 'id', 'args'],
    ...['response', 'inlineData', 'mimeType', 'data', 'fileData', 'fileUri', 'thought', 'thoughtSignature'],
    ...[
      'tools',
      'functionDeclarations',
      'parameters',
      'parametersJsonSchema',
      'type',
      'properties',
      '__proto__',
    ],
    ...['generationConfig', 'responseSchema', 'responseMimeType', 'thinkingConfig', 'toolConfig', 'enum'],
    ...['systemInstruction', 'cachedContent', 'executableCode', 'toolCall', 'generateContentRequest'],
  ),
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom('user', 'model', 'system', '', 'f', 'OBJECT', 'application/json', 'AAAA', 'image/png'),
    fc.constantFrom('files/pixel', 'cachedContents/known', 'https://x.test/a.png', null, true, 0, -1, 0.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(tie('key') as fc.Arbitrary<string>, tie('value'), { maxKeys: 5 }),
  ),
}))

const TEXT_PART = fc.record({ text: fc.constantFrom('', 'a') })
const PART = fc.oneof(
  { arbitrary: TEXT_PART, weight: 8 },
  { arbitrary: fc.dictionary(NEAR.key as fc.Arbitrary<string>, NEAR.value, { maxKeys: 2 }), weight: 1 },
  { arbitrary: fc.record({ functionCall: fc.record({ name: fc.constantFrom('f', '') }) }), weight: 1 },
  { arbitrary: fc.record({ functionResponse: fc.record({ name: fc.constantFrom('f') }) }), weight: 1 },
  { arbitrary: fc.record({ fileData: fc.record({ fileUri: NEAR.value, mimeType: NEAR.value }) }), weight: 1 },
)
const REST = fc.oneof(
  { arbitrary: fc.constant({}), weight: 2 },
  { arbitrary: fc.constantFrom({ cachedContent: 'cachedContents/known' }, { tools: {} }), weight: 1 },
  { arbitrary: fc.dictionary(NEAR.key as fc.Arbitrary<string>, NEAR.value, { maxKeys: 1 }), weight: 1 },
)
const REQUEST = fc
  .record({
    contents: fc.array(
      fc.record({
        role: fc.constantFrom('user', 'model', 'system'),
        parts: fc.array(PART, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    rest: REST,
  })
  .map(({ contents, rest }) => ({ ...rest, contents }))

test('[RPT-04] whatever JSON comes, it is read or refused', async () => {
  let read = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(REQUEST, REQUEST, NEAR.value, fc.jsonValue()), async (body) => {
      for (const reading of [readBody, readCount]) {
        try {
          const { conversation } = await reading(body, cached)
          JSON.stringify(conversation)
          read++
        } catch (error) {
          assert.ok(error instanceof GatewayError, String((error as Error).stack))
          assert.ok(error.http === 400 || error.http === 403, error.message)
        }
      }
    }),
    { numRuns: 600 },
  )
  assert.ok(read > 50, `only ${read} were read`)
})
