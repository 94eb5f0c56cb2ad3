import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { callFrom } from '../../dialects/gemini/request.ts'
import { CALLER, callOf, fails } from '../../nouns.fixture.ts'
import { drain, eventOf, events, openRig, refused, STREAM, said, whole } from './answering.fixture.ts'

const rig = await openRig()
after(() => rig.close())
beforeEach(() => {
  rig.plays = [whole('Hello.')]
})

test('[TRN-01] a call goes out in the words of the target, and comes back in those of Gemini', async () => {
  const answer = await rig.send(said('Hi', { systemInstruction: { parts: [{ text: 'Be kind.' }] } }))
  const { responses } = await drain(answer)
  assert.equal(rig.received[0]?.path, '/v9/chat')
  const { headers, body } = rig.received[0]!
  assert.deepEqual(
    [headers['x-key'], headers['x-own'], headers['content-type']],
    ['secret-key', '1', 'application/json'],
  )
  assert.deepEqual(body, { system: ['Be kind.'], turns: ['user: Hi'], stream: false, n: 1 })
  assert.deepEqual(responses[0]?.candidates, [
    { content: { parts: [{ text: 'Hello.' }], role: 'model' }, finishReason: 'STOP', index: 0 },
  ])
  assert.equal(answer.wire, 'objects')
  assert.deepEqual(answer.translation?.losses(), [])
  assert.deepEqual(answer.reading().usage, {
    promptTokenCount: 10,
    candidatesTokenCount: 2,
    totalTokenCount: 12,
  })
})

test('[TRN-13] a stream comes piece by piece', async () => {
  rig.plays = [
    events({ text: 'Hel' }, { text: 'lo' }, { finish: 'STOP' }, { usage: { in: 5, out: 2 } }, '[DONE]'),
  ]
  const answer = await rig.send(said('Hi'), STREAM)
  assert.equal(answer.delivery, 'sse')
  const { responses, error } = await drain(answer)
  assert.equal(error, undefined)
  assert.equal(rig.received[0]?.headers.accept, 'text/event-stream')
  assert.deepEqual(
    responses.map(({ candidates, usageMetadata }) => [
      candidates?.[0]?.content?.parts?.[0]?.text,
      candidates?.[0]?.finishReason,
      usageMetadata?.totalTokenCount,
    ]),
    [
      ['Hel', undefined, undefined],
      ['lo', undefined, undefined],
      ['', 'STOP', 7],
    ],
  )
})

test('[TRN-17] a stream that breaks is an error', async () => {
  rig.plays = [
    (response) => {
      response.write(eventOf({ text: 'Half' }), () => response.destroy())
    },
    events({ text: 'Half' }),
  ]
  const broken = await rig.send(said('Hi'), STREAM)
  const { responses, error } = await drain(broken)
  assert.equal(responses.length, 1)
  assert.ok(fails('upstream_broken')(error))
  assert.ok((broken.reading().usage?.promptTokenCount ?? 0) === 0, 'nobody told, so metering estimates')
  rig.plays = [events({ text: 'Half' })]
  assert.ok(
    fails(
      'upstream_broken',
      /ended its stream early/,
    )((await drain(await rig.send(said('Hi'), STREAM))).error),
  )
})

test('[TRN-15] an error has Google’s shape, the provider’s text, and when to come back', async () => {
  for (const [status, told, name, retryable] of [
    [400, 400, 'INVALID_ARGUMENT', false],
    [402, 429, 'RESOURCE_EXHAUSTED', true],
    [403, 403, 'PERMISSION_DENIED', false],
    [404, 404, 'NOT_FOUND', false],
    [409, 409, 'ABORTED', false],
    [413, 400, 'INVALID_ARGUMENT', false],
    [422, 400, 'INVALID_ARGUMENT', false],
    [429, 429, 'RESOURCE_EXHAUSTED', true],
    [500, 500, 'INTERNAL', true],
    [503, 503, 'UNAVAILABLE', true],
    [504, 504, 'DEADLINE_EXCEEDED', true],
    [529, 503, 'UNAVAILABLE', true],
  ] as const) {
    rig.plays = [refused(status, { message: 'Too much of secret-key.', reason: 'too_much' })]
    const answer = await rig.send(said('Hi'))
    const { error } = (await drain(answer)).responses[0] as { error: Record<string, unknown> }
    assert.deepEqual(
      [answer.status, error.code, error.status, answer.retryable],
      [told, told, name, retryable],
    )
    assert.equal(error.message, 'Too much of REDACTED.')
    const details = error.details as Record<string, unknown>[]
    assert.equal(details[0]?.reason, 'too_much')
    assert.equal(details[1]?.retryDelay, status === 429 ? '7s' : undefined)
    assert.deepEqual(answer.headers, status === 429 ? { 'retry-after': '7' } : {})
  }
})

test('[TRN-15] a credential that was refused is the operator’s business; a list is wrapped as Google does', async () => {
  rig.plays = [refused(401)]
  await assert.rejects(rig.send(said('Hi')), fails('upstream_refused_credential'))
  rig.plays = [refused(400)]
  const { responses } = await drain(await rig.send(said('Hi'), { ...STREAM, delivery: 'array' }))
  assert.ok(Array.isArray(responses[0]))
})

test('[RPT-02] in strict mode nothing is sent when something would be lost', async () => {
  const request = said('Hi', { generationConfig: { topK: 3, temperature: 1 } })
  await assert.rejects(
    rig.send(request, { isStrict: true }),
    fails('untranslatable', /topK would be dropped/),
  )
  assert.equal(rig.received.length, 0)
  const answer = await rig.send(request)
  assert.deepEqual(
    answer.translation?.losses().map(({ path, kind }) => [path, kind]),
    [['generationConfig.topK', 'dropped']],
  )
  await drain(answer)
})

test('[TRN-17] an answer that says nothing is none', async () => {
  rig.plays = [(response) => response.end('{"choices":[]}')]
  await assert.rejects(rig.send(said('Hi')), fails('upstream_unavailable', /empty answer/))
  rig.plays = [(response) => response.end('{"choices":null}')]
  await assert.rejects(rig.send(said('Hi')), fails('upstream_unavailable', /cannot be read/))
})

test('[CNT-01] tokens are the target’s own count, else an estimate that says so, and never a generation', async () => {
  const request = { contents: said('Hi there').contents }
  const call = { verb: 'countTokens' } as const
  const estimated = await rig.send(request, call)
  const { responses } = await drain(estimated)
  assert.ok((responses[0]?.totalTokens as number) > 0)
  assert.equal(rig.received.length, 0)
  assert.deepEqual(
    estimated.translation?.losses().map(({ kind }) => kind),
    ['emulated'],
  )
  await assert.rejects(rig.send(request, { ...call, isStrict: true }), fails('untranslatable'))
  rig.plays = [(response) => response.end('{"n":42}')]
  const count = {
    build: () => ({ path: '/count', body: {} }),
    read: (document: unknown) => (document as { n?: number }).n,
  }
  const counted = await drain(await rig.send(request, call, { count }))
  assert.deepEqual(counted.responses, [
    { totalTokens: 42, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 42 }] },
  ])
  assert.equal(rig.received[0]?.path, '/v9/count')
  rig.plays = [(response) => response.end('{}')]
  await assert.rejects(rig.send(request, call, { count }), fails('upstream_unavailable'))
})

const embed = {
  build: (embedding: object) => ({ path: '/embed', body: { ...embedding } }),
  read: (document: unknown) => document as { vectors: number[][]; promptTokens: number },
}
const vectors = (...all: number[][]) => JSON.stringify({ vectors: all, promptTokens: 3 })
const content = (text: string) => ({ parts: [{ text }] })

test('[EMB-11] vectors are the target’s own, in order, one for each text', async () => {
  rig.plays = [(response) => response.end(vectors([1, 2]))]
  const one = await rig.send(
    { content: content('a'), outputDimensionality: 2, taskType: 'CLUSTERING', title: 't' },
    { verb: 'embedContent' },
    { embed },
  )
  const usageMetadata = { promptTokenCount: 3, promptTokenDetails: [{ modality: 'TEXT', tokenCount: 3 }] }
  assert.deepEqual((await drain(one)).responses, [{ embedding: { values: [1, 2] }, usageMetadata }])
  assert.deepEqual(rig.received[0]?.body as object, { texts: ['a'], dimensions: 2 })
  assert.deepEqual(one.reading().usage, usageMetadata)
  assert.deepEqual(
    one.translation?.losses().map(({ path }) => path),
    ['taskType', 'title'],
  )
  rig.plays = [(response) => response.end(vectors([1], [2]))]
  const requests = ['a', 'b'].map((text) => ({ model: 'models/some-model', content: content(text) }))
  const call = { verb: 'batchEmbedContents' } as const
  const two = await drain(await rig.send({ requests }, call, { embed }))
  assert.deepEqual(two.responses[0]?.embeddings, [{ values: [1] }, { values: [2] }])
})

test('[EMB-11] what no target could embed is refused, and a model without vectors is not found', async () => {
  const call = { verb: 'batchEmbedContents' } as const
  const item = { model: 'models/some-model', content: content('a') }
  const unlike = [item, { ...item, outputDimensionality: 3 }]
  const picture = {
    model: 'some-model',
    content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
  }
  for (const [requests, code, words] of [
    [[], 'invalid_argument', /requests is not specified/],
    [[{ content: content('a') }], 'invalid_argument', /model is required/],
    [[{ ...item, model: 'models/other' }], 'invalid_argument', /must match/],
    [unlike, 'untranslatable', /requests\[1\].output_dimensionality/],
    [[picture], 'untranslatable', /requests\[0\].content.parts\[0\]/],
  ] as const) {
    await assert.rejects(rig.send({ requests }, call, { embed }), fails(code, words))
  }
  await assert.rejects(rig.send({ requests: [item] }, call), fails('not_found', /far-model is not found/))
  await assert.rejects(rig.send({}, { verb: 'predict' }), fails('not_found'))
  await assert.rejects(rig.send({}, { wire: 'openai-chat' }), fails('unimplemented'))
  rig.plays = [(response) => response.end(vectors())]
  await assert.rejects(rig.send({ requests: [item] }, call, { embed }), fails('upstream_unavailable'))
})

test('[CCH-01] a cache is measured by the estimate', async () => {
  const { cacheable } = rig.parts()
  const few = await cacheable('m')?.countTokens(said('Hi'), CALLER)
  const many = await cacheable('m')?.countTokens(said('Hi '.repeat(100)), CALLER)
  assert.ok(few !== undefined && many !== undefined && few > 0 && many > 50 * few)
})

test('[TMN-01] what a call may come to is known beforehand, and never too little', () => {
  const { requestsMax } = rig.parts()
  const of = (generationConfig: object, candidateCount = 1) => {
    const body = Buffer.from(JSON.stringify({ generationConfig: { ...generationConfig, candidateCount } }))
    const limits = { depth: 20, nodes: 100, keysPerObject: 20 }
    return requestsMax(callFrom(body, callOf(), limits, callOf()))
  }
  assert.equal(of({}), 1)
  assert.equal(of({ responseModalities: ['TEXT'], responseLogprobs: true }), 1)
  assert.equal(of({}, 4), 4)
  for (const field of [
    'responseMimeType',
    'response_mime_type',
    'responseSchema',
    '_responseJsonSchema',
    'responseFormat',
  ])
    assert.equal(of({ [field]: {} }, 2), 6)
  assert.equal(of({ response_schema: {} }), 3)
  assert.equal(requestsMax(callOf({ verb: 'countTokens' })), 1)
})
