import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callOf, fails } from '../../nouns.fixture.ts'
import type { RequestFacts, Verb } from '../../nouns.ts'
import { type Asker, callFrom } from './request.ts'

const LIMITS = { depth: 30, nodes: 100_000, keysPerObject: 100 }
const ASKER: Asker = { id: 'i', receivedAtMs: 0, clientLeft: () => false }

const call = (body: string | object, verb: Verb = 'generateContent', asker: Partial<Asker> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return callFrom(Buffer.from(text), { ...callOf(), verb }, LIMITS, { ...ASKER, ...asker })
}
const facts = (body: string | object, verb?: Verb): RequestFacts => call(body, verb).facts

const inline = (mimeType: unknown, data: string) => ({ inlineData: { mimeType, data } })
const asking = (...parts: object[]) => ({ contents: [{ role: 'user', parts }] })

const HELD: Readonly<Record<string, (part: object) => object>> = {
  'a turn': (part) => ({ contents: [{ parts: [{ text: 'x' }, part] }] }),
  'a turn without lists': (part) => ({ contents: { parts: part } }),
  'the system instruction': (part) => ({ system_instruction: { parts: [part] }, contents: [] }),
  'what a function gave': (part) => asking({ functionResponse: { name: 'f', response: {}, parts: [part] } }),
  'what a function gave, in snake_case': (part) => asking({ function_response: { parts: [part] } }),
  'an embedding': (part) => ({ content: { parts: [part] } }),
  'a batch of embeddings': (part) => ({
    requests: [{ content: { parts: [{ text: 'x' }] } }, { content: { parts: [part] } }],
  }),
}
for (const [place, hold] of Object.entries(HELD)) {
  test(`[FCT-01] media and files in ${place} are seen`, () => {
    for (const part of [
      inline('image/png', 'AAAABBBB'),
      { inline_data: { data: 'AAAABBBB', mime_type: 'IMAGE/JPEG; q=1' } },
    ]) {
      const { mediaBytes, mediaParts, imageBytes, imageParts, usesStored } = facts(hold(part))
      assert.deepEqual([mediaBytes, mediaParts, imageBytes, imageParts, usesStored], [8, 1, 8, 1, false])
    }
    for (const part of [
      inline('audio/wav', 'AAAA'),
      inline('application/pdf', 'AAAA'),
      inline(undefined, 'AAAA'),
    ]) {
      const { mediaBytes, mediaParts, imageParts } = facts(hold(part))
      assert.deepEqual([mediaBytes, mediaParts, imageParts], [4, 1, 0])
    }
    for (const part of [{ fileData: { fileUri: 'files/a' } }, { file_data: {} }])
      assert.equal(facts(hold(part)).usesStored, true)
    for (const part of [
      inline('text/plain', 'AAAA'),
      inline('application/json', 'AAAA'),
      { text: 'inlineData' },
      { fileData: null },
    ]) {
      const { mediaBytes, mediaParts, usesStored } = facts(hold(part))
      assert.deepEqual([mediaBytes, mediaParts, usesStored], [0, 0, false])
    }
  })
}

test('[FCT-01] what only looks like media is text', () => {
  const lookalikes = [
    asking({ functionCall: { name: 'f', args: inline('image/png', 'AAAA') } }),
    asking({ functionResponse: { name: 'f', response: inline('image/png', 'AAAA') } }),
    { generationConfig: { responseSchema: { properties: inline('image/png', 'AAAA') } } },
    { contents: [[{ parts: [inline('image/png', 'AAAA')] }]] },
    asking(
      { inlineData: [{ mimeType: 'image/png', data: 'AAAA' }] },
      { inlineData: { mimeType: 'image/png', data: 5 } },
    ),
  ]
  for (const body of lookalikes) assert.deepEqual([facts(body).mediaBytes, facts(body).mediaParts], [0, 0])
})

const TOOLS: Readonly<Record<string, 'search' | 'stored' | 'nothing'>> = {
  googleSearch: 'search',
  google_search: 'search',
  googleSearchRetrieval: 'search',
  google_search_retrieval: 'search',
  urlContext: 'search',
  url_context: 'search',
  googleMaps: 'search',
  enterpriseWebSearch: 'search',
  enterprise_web_search: 'search',
  retrieval: 'search',
  fileSearch: 'stored',
  codeExecution: 'stored',
  code_execution: 'stored',
  mcpServers: 'stored',
  functionDeclarations: 'nothing',
  computerUse: 'nothing',
}
for (const [tool, does] of Object.entries(TOOLS)) {
  test(`[FCT-01] the tool ${tool} means ${does}`, () => {
    for (const tools of [[{ [tool]: {} }], { [tool]: {} }, [{ functionDeclarations: [] }, { [tool]: {} }]]) {
      const { usesSearch, usesStored } = facts({ tools })
      assert.deepEqual([usesSearch, usesStored], [does === 'search', does === 'stored'])
    }
    assert.equal(facts({ tools: [{ [tool]: null }] }).usesSearch, false)
  })
}

test('[FCT-01] a cache is stored, and may hold a search tool', () => {
  for (const body of [{ cachedContent: 'cachedContents/a' }, { cached_content: 'cachedContents/a' }]) {
    const { usesStored, usesSearch } = facts(body)
    assert.deepEqual([usesStored, usesSearch], [true, true])
  }
})

test('[FCT-01] limits that money reads, hostile ones too', () => {
  const config = (generationConfig: string) => facts(`{"generationConfig":${generationConfig}}`)
  const tokens: readonly [string, number | undefined][] = [
    ['50', 50],
    ['"50"', 50],
    ['1e3', 1_000],
    ['50.0', 50],
    ['"\\u0035"', 5],
    ['2147483647', 2_147_483_647],
    ['-1', undefined],
    ['0', undefined],
    ['2147483648', undefined],
    ['1e300', undefined],
    ['1.5', undefined],
    ['""', undefined],
    ['"many"', undefined],
    ['null', undefined],
    ['[50]', undefined],
    ['true', undefined],
    ['9007199254740993', undefined],
    ['{"a":1}', undefined],
  ]
  for (const [text, wanted] of tokens)
    assert.equal(config(`{"maxOutputTokens":${text}}`).maxOutputTokens, wanted, text)
  const candidates: readonly [string, number][] = [
    ['3', 3],
    ['"\\u0038"', 8],
    ['0', 1],
    ['-4', 1],
    ['"x"', 1],
    ['null', 1],
    ['1e9', 1_000_000_000],
  ]
  for (const [text, wanted] of candidates)
    assert.equal(config(`{"candidateCount":${text}}`).candidateCount, wanted, text)
  const budgets: readonly [string, number | undefined][] = [
    ['-1', -1],
    ['0', 0],
    ['"24576"', 24_576],
    ['1e99', undefined],
  ]
  for (const [text, wanted] of budgets)
    assert.equal(config(`{"thinkingConfig":{"thinkingBudget":${text}}}`).thinkingBudget, wanted, text)
})

test('[FCT-01] the pictures of a predict are its items', () => {
  assert.equal(facts({ parameters: { sampleCount: 2 } }, 'predict').items, 2)
  assert.equal(facts({ instances: [{ prompt: 'x' }] }, 'predict').items, 4)
  assert.equal(facts({ parameters: { sampleCount: -2 } }, 'predict').items, 4)
  assert.equal(facts({ parameters: { sampleCount: 2 } }).items, 1)
})

test('[FCT-01] nothing that money reads may stand there twice', () => {
  const part = '{"inlineData":{"mimeType":"image/png","data":"AAAA"}}'
  const twice = [
    `{"contents":[{"parts":[${part}],"parts":[]}]}`,
    '{"contents":[{"parts":[{"inlineData":{},"inline_data":{}}]}]}',
    '{"contents":[{"parts":[{"inlineData":{"data":"A","data":"B"}}]}]}',
    '{"contents":[{"parts":[{"inlineData":{"mimeType":"text/plain","mime_type":"image/png"}}]}]}',
    '{"contents":[{"parts":[{"fileData":{},"file\\u0044ata":{}}]}]}',
    '{"cachedContent":null,"cached_content":"cachedContents/a"}',
    '{"serviceTier":"flex","service_tier":"priority"}',
    '{"tools":[{"googleSearch":null,"google_search":{}}]}',
    '{"systemInstruction":{},"system_instruction":{}}',
    '{"parameters":{"sampleCount":1,"sample_count":4}}',
  ]
  for (const body of twice)
    assert.throws(() => facts(body), fails('invalid_argument', /given more than once/), body)
})

const TIERS: readonly [string, string][] = [
  ['"standard"', 'standard'],
  ['"unspecified"', 'standard'],
  ['null', 'standard'],
  ['"flex"', 'flex'],
  ['"priority"', 'priority'],
  ['"PRIORITY"', 'priority'],
  ['"fl\\u0065x"', 'flex'],
  ['"batch"', 'standard'],
  ['""', 'standard'],
  ['{}', 'standard'],
  ['["priority"]', 'standard'],
  ['0', 'standard'],
  ['3', 'priority'],
  ['"2"', 'priority'],
]
for (const [text, tier] of TIERS) {
  test(`[FCT-03] serviceTier ${text} is ${tier}`, () => {
    assert.equal(call(`{"serviceTier":${text}}`).tier, tier)
    assert.equal(call(`{"service_tier":${text}}`).tier, tier)
  })
}

test('[FCT-03] without a word it is standard, and the tier of a batch is what the batch says', () => {
  assert.equal(call({}).tier, 'standard')
  const batch = call({ serviceTier: 'priority' }, 'generateContent', { tier: 'batch', tags: { a: '1' } })
  assert.deepEqual([batch.tier, batch.tags], ['batch', { a: '1' }])
})

test('[FCT-01] bytes of media and of text are all the bytes, whatever is said in whatever order', () => {
  const kind = fc.constantFrom('image/png', 'audio/mp3', 'video/mp4', 'application/pdf', 'text/csv', 'x')
  const part = fc.oneof(
    fc.record({ text: fc.string({ unit: 'binary' }) }),
    fc.tuple(kind, fc.base64String(), fc.boolean()).map(([mimeType, data, first]) => ({
      inlineData: first ? { mimeType, data } : { data, mimeType },
    })),
  )
  fc.assert(
    fc.property(fc.array(fc.record({ parts: fc.array(part) })), (contents) => {
      const media = contents
        .flatMap(({ parts }) => parts)
        .flatMap((one) => ('inlineData' in one ? [one.inlineData] : []))
        .filter(({ mimeType }) => mimeType !== 'text/csv')
      const images = media.filter(({ mimeType }) => mimeType === 'image/png')
      const bytes = (list: typeof media) => list.reduce((sum, { data }) => sum + data.length, 0)
      const body = JSON.stringify({ contents })
      assert.deepEqual(facts(body), {
        ...{ maxOutputTokens: undefined, candidateCount: 1, thinkingBudget: undefined, items: 1 },
        bodyBytes: Buffer.byteLength(body),
        mediaBytes: bytes(media),
        mediaParts: media.length,
        imageBytes: bytes(images),
        imageParts: images.length,
        usesStored: false,
        usesSearch: false,
        hasFormat: false,
      })
    }),
    { numRuns: 200 },
  )
})
