import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { type Composer, type ComposerOptions, createComposer } from './composer.ts'

const NAMED = { responseId: 'AAAAAAAAAAAAAAAAAAAAAA', model: 'm' }
const TAIL = { modelVersion: 'm', responseId: NAMED.responseId }

const base: ComposerOptions = {
  isStream: false,
  includeThoughts: true,
  originalName: (name) => name.replace('_', '.'),
  seal: (state) => `sealed:${JSON.stringify(state)}`,
  ...NAMED,
}

function whole(write: (composer: Composer) => void, options: Partial<ComposerOptions> = {}) {
  const composer = createComposer({ ...base, ...options })
  write(composer)
  return composer.end()
}

/** Every chunk, the last one too. */
function stream(write: (composer: Composer) => void, options: Partial<ComposerOptions> = {}) {
  const chunks: GenerateContentResponse[] = []
  const composer = createComposer({
    ...base,
    isStream: true,
    emit: (response) => chunks.push(structuredClone(response)),
    ...options,
  })
  write(composer)
  return [...chunks, composer.end()]
}

const partsOf = (response: GenerateContentResponse | undefined) => response?.candidates?.[0]?.content?.parts

test('[TRN-13] a whole answer has one part for a run of text, its reason, and usage with its total', () => {
  const answer = whole((composer) => {
    const candidate = composer.candidate(0)
    candidate.text('Hel')
    candidate.text('lo')
    candidate.finish('STOP')
    composer.usage({
      promptTokenCount: 5,
      candidatesTokenCount: 1,
      thoughtsTokenCount: 2,
      toolUsePromptTokenCount: 0,
    })
  })
  assert.deepEqual(answer, {
    candidates: [{ content: { parts: [{ text: 'Hello' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount: 5,
      candidatesTokenCount: 1,
      thoughtsTokenCount: 2,
      totalTokenCount: 8,
    },
    ...TAIL,
  })
})

test('[TRN-13] a stream has a chunk for each delta, and reason and usage together in the last', () => {
  const chunks = stream((composer) => {
    composer.modelVersion('m-2')
    const candidate = composer.candidate(0)
    candidate.text('Hel')
    candidate.text('')
    composer.modelVersion('m-3')
    candidate.text('lo')
    composer.usage({ promptTokenCount: 5, candidatesTokenCount: 0, promptTokensDetails: [] })
    candidate.finish('STOP')
  })
  const tail = { ...TAIL, modelVersion: 'm-2' }
  assert.deepEqual(chunks, [
    { candidates: [{ content: { parts: [{ text: 'Hel' }], role: 'model' }, index: 0 }], ...tail },
    { candidates: [{ content: { parts: [{ text: 'lo' }], role: 'model' }, index: 0 }], ...tail },
    {
      // Without a part, the SDKs' chats would forget the turn.
      candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 },
      ...tail,
    },
  ])
})

test('[TRN-08] thoughts are parts of their own, and only shown to who asked', () => {
  const write = (composer: Composer) => {
    const candidate = composer.candidate(0)
    candidate.thought('I ')
    candidate.thought('think')
    candidate.text('So')
    candidate.finish('STOP')
  }
  assert.deepEqual(partsOf(whole(write)), [{ text: 'I think', thought: true }, { text: 'So' }])
  assert.deepEqual(partsOf(whole(write, { includeThoughts: false })), [{ text: 'So' }])
  assert.deepEqual(stream(write).map(partsOf), [
    [{ text: 'I ', thought: true }],
    [{ text: 'think', thought: true }],
    [{ text: 'So' }],
    [{ text: '' }],
  ])
  assert.equal(stream(write, { includeThoughts: false }).length, 2)
})

test('[SIG-01] a state rides on the next piece that is no thought, else on an empty text at the end', () => {
  const before = (composer: Composer) => {
    const candidate = composer.candidate(0)
    candidate.state({ at: 1 })
    candidate.thought('hm')
    candidate.text('a')
    candidate.text('b')
    candidate.state({ at: 2 })
    candidate.text('c')
    candidate.finish('STOP')
  }
  const [one, two] = ['sealed:{"at":1}', 'sealed:{"at":2}']
  assert.deepEqual(partsOf(whole(before)), [
    { text: 'hm', thought: true },
    { text: 'ab', thoughtSignature: one },
    { text: 'c', thoughtSignature: two },
  ])
  assert.deepEqual(stream(before).flatMap(partsOf), [
    { text: 'hm', thought: true },
    { text: 'a', thoughtSignature: one },
    { text: 'b' },
    { text: 'c', thoughtSignature: two },
    { text: '' },
  ])
  const after = (composer: Composer) => {
    composer.candidate(0).text('a')
    composer.candidate(0).state(1)
    composer.candidate(0).finish('STOP')
  }
  assert.deepEqual(partsOf(whole(after)), [{ text: 'a' }, { text: '', thoughtSignature: 'sealed:1' }])
  assert.deepEqual(partsOf(stream(after).at(-1)), [{ text: '', thoughtSignature: 'sealed:1' }])
})

test('[TRN-05] [TRN-16] calls are whole, signed where Google signs them, and have ids of their own', () => {
  const write = (composer: Composer) => {
    const candidate = composer.candidate(0)
    candidate.call({ id: 'call_1', name: 'my_tool', argumentsText: '{"n":1}' })
    candidate.call({ id: 'call_1', name: 'my_tool', argumentsText: '' })
    candidate.call({ id: undefined, name: 'other', argumentsText: '{}' })
    candidate.finish('STOP')
  }
  const answer = whole(write)
  const parts = partsOf(answer) ?? []
  assert.deepEqual(parts[0], {
    functionCall: { id: 'call_1', name: 'my.tool', args: { n: 1 } },
    thoughtSignature: 'sealed:null',
  })
  const ids = parts.map(({ functionCall }) => functionCall?.id)
  assert.equal(new Set(ids).size, 3)
  assert.match(`${ids[1]} ${ids[2]}`, /^call_[0-9a-f]{16} call_[0-9a-f]{16}$/)
  assert.ok(parts.slice(1).every(({ thoughtSignature }) => thoughtSignature === undefined))
  assert.equal(answer.candidates?.[0]?.finishMessage, 'Model generated function call(s).')
  assert.deepEqual(partsOf(whole(write)), parts, 'the same answer has the same ids')
  assert.deepEqual(
    stream(write)
      .flatMap(partsOf)
      .filter((part) => part?.functionCall),
    parts,
  )
})

test('[TRN-16] a call that cannot be read ends the answer, and says what it was', () => {
  for (const argumentsText of ['{"a":', '[1]', '"x"', 'null']) {
    const { candidates = [] } = whole((composer) => {
      composer.candidate(0).text('Let me see.')
      composer.candidate(0).call({ id: 'a', name: 'f', argumentsText })
      composer.candidate(0).finish('STOP')
    })
    assert.equal(candidates[0]?.finishReason, 'MALFORMED_FUNCTION_CALL')
    assert.equal(candidates[0]?.finishMessage, `Malformed function call: f(${argumentsText})`)
    assert.deepEqual(candidates[0]?.content?.parts, [{ text: 'Let me see.' }])
  }
})

test('[TRN-12] citations are grounding, in bytes of UTF-8 within each part', () => {
  const write = (composer: Composer) => {
    const candidate = composer.candidate(0)
    candidate.searchQuery('zürich')
    candidate.text('Zürich ist schön.')
    const startByte = candidate.textBytes
    candidate.state(1)
    candidate.text(' Ja!')
    candidate.citation({ uri: 'https://a', title: 'A', startByte: 0, endByte: 7 })
    candidate.citation({ uri: 'https://b', title: 'B', startByte: 0, endByte: 7 })
    candidate.citation({ uri: 'https://a', title: 'A', startByte, endByte: candidate.textBytes })
    candidate.citation({ uri: 'https://c', title: 'C' })
    candidate.finish('STOP')
  }
  const chunks = ['https://a', 'https://b', 'https://c'].map((uri) => ({
    web: { uri, title: uri.slice(-1).toUpperCase() },
  }))
  const first = { segment: { endIndex: 7, text: 'Zürich' }, groundingChunkIndices: [0, 1] }
  assert.deepEqual(whole(write).candidates?.[0]?.groundingMetadata, {
    webSearchQueries: ['zürich'],
    groundingChunks: chunks,
    groundingSupports: [
      first,
      { segment: { partIndex: 1, endIndex: 4, text: ' Ja!' }, groundingChunkIndices: [0] },
    ],
  })
  assert.deepEqual(stream(write).at(-1)?.candidates?.[0]?.groundingMetadata, {
    webSearchQueries: ['zürich'],
    groundingChunks: chunks,
    groundingSupports: [
      first,
      { segment: { startIndex: 19, endIndex: 23, text: ' Ja!' }, groundingChunkIndices: [0] },
    ],
  })
})

test('[TRN-11] log probabilities are summed and averaged', () => {
  const { candidates = [] } = whole((composer) => {
    const candidate = composer.candidate(0)
    candidate.text('ab')
    candidate.logprobs(
      [{ token: 'a', logProbability: -1 }],
      [{ candidates: [{ token: 'a', logProbability: -1 }] }],
    )
    candidate.logprobs([{ token: 'b', logProbability: -2 }], [])
    candidate.finish('STOP')
  })
  assert.equal(candidates[0]?.avgLogprobs, -1.5)
  assert.deepEqual(candidates[0]?.logprobsResult, {
    logProbabilitySum: -3,
    topCandidates: [{ candidates: [{ token: 'a', logProbability: -1 }] }],
    chosenCandidates: [
      { token: 'a', logProbability: -1 },
      { token: 'b', logProbability: -2 },
    ],
  })
})

test('[TRN-10] candidates stand in their order, each with its own reason', () => {
  const { candidates = [] } = whole(
    (composer) => {
      composer.candidate(1).text('b')
      composer.candidate(0).text('a')
      composer.candidate(1).finish('MAX_TOKENS')
      composer.candidate(0).finish('STOP')
    },
    { firstIndex: 2 },
  )
  assert.deepEqual(
    candidates.map(({ index, finishReason }) => [index, finishReason]),
    [
      [2, 'STOP'],
      [3, 'MAX_TOKENS'],
    ],
  )
})

test('[TRN-14] a blocked prompt has no candidates; nothing but a reason is a candidate without parts', () => {
  const blocked = whole((composer) => {
    composer.blockPrompt('SAFETY', 'No.')
    composer.usage({ promptTokenCount: 3 })
  })
  assert.deepEqual(blocked, {
    promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'No.' },
    usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    ...TAIL,
  })
  const cut = whole(
    (composer) => {
      composer.candidate(0).thought('…')
      composer.candidate(0).finish('MAX_TOKENS')
    },
    { includeThoughts: false },
  )
  assert.deepEqual(cut.candidates, [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }])
})

test('[TRN-13] what is read of an answer that broke counts what was seen of it', () => {
  const composer = createComposer({ ...base, isStream: true, emit: () => {} })
  assert.equal(composer.reading().begun, false)
  composer.usage({ promptTokenCount: 100, candidatesTokenCount: 1, totalTokenCount: 101 })
  composer.candidate(0).thought('t'.repeat(200))
  composer.candidate(0).text('x'.repeat(200))
  const { usage, begun, finishReason } = composer.reading()
  assert.deepEqual(usage, { promptTokenCount: 100, candidatesTokenCount: 100, totalTokenCount: 200 })
  assert.deepEqual([begun, finishReason], [true, undefined])
})

test('[TRN-12] searches and media of an answer are read for what they cost', () => {
  const composer = createComposer(base)
  composer.candidate(0).searchQuery('a')
  composer.candidate(0).searchQuery('b')
  composer.candidate(0).citation({ uri: 'https://a', title: 'A' })
  composer.candidate(0).medium('image/png', 'A'.repeat(400))
  composer.candidate(0).finish('STOP')
  const { searchQueries, isGrounded, media, finishReason } = composer.reading()
  assert.deepEqual(
    { searchQueries, isGrounded, finishReason, bytes: media?.bytes },
    {
      searchQueries: 2,
      isGrounded: true,
      finishReason: 'STOP',
      bytes: 400,
    },
  )
})

test('[TRN-13] a character that came in two halves is given whole', () => {
  const [high, low] = '🙂'.split('').map((unit) => unit)
  const chunks = stream((composer) => {
    composer.candidate(0).text(`a${high}`)
    composer.candidate(0).text(`${low}b`)
    composer.candidate(0).finish('STOP')
  })
  assert.deepEqual(
    chunks.flatMap(partsOf).map((part) => part?.text),
    ['a', '🙂b', ''],
  )
})

test('ids are 22 characters of base64url, and no two alike', () => {
  const ids = Array.from(
    { length: 3 },
    () => createComposer({ ...base, responseId: undefined }).end().responseId,
  )
  for (const id of ids) assert.match(`${id}`, /^[A-Za-z0-9_-]{22}$/)
  assert.equal(new Set(ids).size, 3)
})

test('[TRN-14] a call that the limit cut short ends with the limit, not with the model’s mistake', () => {
  for (const order of ['call first', 'reason first']) {
    const composer = createComposer(base)
    const candidate = composer.candidate(0)
    const call = () => candidate.call({ id: 'a', name: 'f', argumentsText: '{"city":"Os' })
    if (order === 'call first') call()
    candidate.finish('MAX_TOKENS')
    if (order === 'reason first') call()
    const [ended] = composer.end().candidates ?? []
    assert.equal(ended?.finishReason, 'MAX_TOKENS', order)
    assert.equal(ended?.content?.parts, undefined, order)
  }
})

test('[TRN-11] in a stream probabilities ride on the text that they are about, and are not kept', () => {
  const chunks: GenerateContentResponse[] = []
  const composer = createComposer({ ...base, isStream: true, emit: (chunk) => void chunks.push(chunk) })
  const candidate = composer.candidate(0)
  for (const token of ['a', 'b']) {
    candidate.logprobs([{ token, logProbability: -1 }], [])
    candidate.text(token)
  }
  candidate.finish('STOP')
  const told = [...chunks, composer.end()].map(({ candidates }) => candidates?.[0] as Record<string, unknown>)
  const chosen = told.map(
    ({ logprobsResult }) => (logprobsResult as { chosenCandidates?: unknown } | undefined)?.chosenCandidates,
  )
  assert.deepEqual(chosen, [
    [{ token: 'a', logProbability: -1 }],
    [{ token: 'b', logProbability: -1 }],
    undefined,
  ])
  assert.equal(told.at(-1)?.avgLogprobs, -1)
})
