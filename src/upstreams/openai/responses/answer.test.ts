import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../../nouns.fixture.ts'
import {
  callItem,
  completed,
  created,
  eventsOf,
  messageItem,
  type Read,
  readStream,
  readWhole,
  reasoning,
  responseOf,
  stateOf,
} from './testing.fixture.ts'

/** Both ways: whole, and as a stream of small deltas. */
function bothWays(
  items: readonly object[],
  check: (read: Read) => void,
  rest: object = {},
  request: object = {},
) {
  const response = responseOf(items, rest)
  check(readWhole(response, request))
  const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
  check(readStream([created, ...eventsOf(items as never), { type, response }], request))
}

/** Neighbouring deltas of the same kind as one. */
const textOf = ({ parts }: Read, isThought = false): string =>
  parts.flatMap((part) => ((part.thought ?? false) === isThought ? [part.text ?? ''] : [])).join('')

test('[TRN-13] an answer is text, a reason and counts by class', () => {
  bothWays([messageItem('Grüße!')], (read) => {
    assert.equal(textOf(read), 'Grüße!')
    assert.equal(read.last.candidates?.[0]?.finishReason, 'STOP')
    assert.equal(read.last.modelVersion, 'gpt-5.2-2025-12-11')
    assert.deepEqual(read.last.usageMetadata, {
      promptTokenCount: 10,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 20,
      totalTokenCount: 40,
    })
    assert.equal(read.isComplete, true)
  })
})

test('[SIG-01] what was thought before each piece rides on it, without what would be refused there', () => {
  const items = [
    reasoning('a', 'Hm.'),
    { ...messageItem('Wait.'), phase: 'commentary' },
    reasoning('b'),
    reasoning('c'),
    callItem('c1', 'f', '{"n":1}'),
    callItem('c2', 'f', ''),
  ]
  bothWays(items, (read) => {
    assert.equal(textOf(read, true), 'Hm.')
    const [text, one, two] = read.parts.filter((part) => part.thoughtSignature ?? part.functionCall)
    assert.deepEqual(stateOf(text), {
      responses: [
        {
          type: 'reasoning',
          id: 'a',
          summary: [{ type: 'summary_text', text: 'Hm.' }],
          encrypted_content: 'ENC-a',
        },
      ],
      phase: 'commentary',
    })
    assert.deepEqual(stateOf(one), {
      responses: ['b', 'c'].map((id) => ({
        type: 'reasoning',
        id,
        summary: [],
        encrypted_content: `ENC-${id}`,
      })),
    })
    assert.deepEqual(one?.functionCall, { id: 'c1', name: 'f', args: { n: 1 } })
    assert.deepEqual(two, { functionCall: { id: 'c2', name: 'f', args: {} } })
  })
})

test('[SIG-01] reasoning that led to nothing, or that is only a name, is not handed out', () => {
  bothWays([reasoning('a')], ({ parts }) =>
    assert.equal(JSON.stringify(parts).includes('thoughtSignature'), false),
  )
  const named = { ...reasoning('a'), encrypted_content: null }
  bothWays([named, messageItem('Hi')], ({ parts }) => {
    assert.equal(JSON.stringify(parts).includes('thoughtSignature'), false)
  })
})

test('[TRN-16] a call is given whole, with the arguments that its events had', () => {
  const begun = callItem('c1', 'f', '', { status: 'in_progress' })
  const { parts } = readStream([
    { type: 'response.output_item.added', output_index: 0, item: begun },
    { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a' },
    { type: 'response.function_call_arguments.delta', output_index: 0, delta: '":1}' },
    completed,
  ])
  assert.deepEqual(parts[0]?.functionCall, { id: 'c1', name: 'f', args: { a: 1 } })
})

test('[TRN-16] pieces come in the order of the output, also when their events do not', () => {
  const [addedText, one, two, doneText] = eventsOf([messageItem('abcdef')]) as [
    object,
    object,
    object,
    object,
  ]
  const later = eventsOf([
    messageItem('-'),
    callItem('c1', 'f', '{}'),
    reasoning('r', 'why'),
    messageItem('then'),
  ])
  const rest = later.filter((event) => event.output_index !== 0)
  const { parts } = readStream([created, addedText, one, ...rest, two, doneText, completed])
  assert.deepEqual(
    parts.map((part) => part.functionCall?.name ?? part.text),
    ['abc', 'def', 'f', 'why', 'the', 'n', ''],
  )
})

test('[TRN-16] items without numbers go by their ids, also when all of them begin before one ends', () => {
  const calls = [callItem('c1', 'f', '{"n":1}'), callItem('c2', 'g', '{"n":2}')]
  const events = [
    created,
    ...calls.map((item) => ({ type: 'response.output_item.added', item: { ...item, arguments: '' } })),
    ...calls.map((item) => ({ type: 'response.output_item.done', item })),
    { type: 'response.completed', response: responseOf(calls) },
  ]
  const made = readStream(events).parts.flatMap(({ functionCall }) => functionCall ?? [])
  assert.deepEqual(
    made.map(({ name, args }) => ({ name, args })),
    [
      { name: 'f', args: { n: 1 } },
      { name: 'g', args: { n: 2 } },
    ],
  )
})

test('[TRN-14] every end has its reason, and a refusal is one for safety', () => {
  const ends = (reason: string) => ({ status: 'incomplete', incomplete_details: { reason } })
  const finish = (rest: object, items: object[] = [messageItem('a')]) =>
    readWhole(responseOf(items, rest)).last.candidates?.[0]
  assert.equal(finish(ends('max_output_tokens'))?.finishReason, 'MAX_TOKENS')
  assert.equal(finish(ends('content_filter'))?.finishReason, 'SAFETY')
  const unknown = finish(ends('new_one'))
  assert.equal(unknown?.finishReason, 'OTHER')
  assert.match(String(unknown?.finishMessage), /new_one/)
  const refused = { ...messageItem(''), content: [{ type: 'refusal', refusal: 'I cannot.' }] }
  bothWays([refused], (read) => {
    assert.equal(textOf(read), 'I cannot.')
    assert.equal(read.last.candidates?.[0]?.finishReason, 'SAFETY')
  })
})

test('[TRN-14] a call that was cut off is none; arguments that are no object are malformed', () => {
  const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
  const half = callItem('c1', 'f', '{"n":', { status: 'incomplete' })
  bothWays(
    [half],
    ({ last, parts }) => {
      assert.equal(last.candidates?.[0]?.finishReason, 'MAX_TOKENS')
      assert.equal(JSON.stringify(parts).includes('functionCall'), false)
    },
    cut,
  )
  bothWays([callItem('c1', 'f', '[1')], ({ last }) => {
    assert.equal(last.candidates?.[0]?.finishReason, 'MALFORMED_FUNCTION_CALL')
  })
})

test('[TRN-09] the text ends before a stop sequence, wherever the deltas are cut', () => {
  const request = { generationConfig: { stopSequences: ['STOP', 'ST-'] } }
  const items = [messageItem('abSTcdSTOPef'), callItem('c', 'f', '{}')]
  bothWays(
    items,
    (read) => {
      assert.equal(textOf(read), 'abSTcd')
      assert.equal(JSON.stringify(read.parts).includes('functionCall'), false)
      assert.equal(read.last.candidates?.[0]?.finishReason, 'STOP')
    },
    {},
    request,
  )
  bothWays([messageItem('abST')], (read) => assert.equal(textOf(read), 'abST'), {}, request)
})

test('[TRN-12] searches and citations are grounding, in bytes of the whole text', () => {
  const cited = (start_index: number, end_index: number) => ({
    annotations: [{ type: 'url_citation', url: 'https://e.com/a', title: 'A', start_index, end_index }],
  })
  const search = {
    type: 'web_search_call',
    id: 'ws',
    status: 'completed',
    action: { type: 'search', query: 'ä' },
  }
  const items = [search, messageItem('ä😀. '), messageItem('Grüße aus Oslo', cited(6, 14))]
  bothWays(items, ({ last }) => {
    const grounding = last.candidates?.[0]?.groundingMetadata as {
      webSearchQueries: unknown
      groundingChunks: unknown
      groundingSupports: { segment: Record<string, unknown> }[]
    }
    assert.deepEqual(grounding.webSearchQueries, ['ä'])
    assert.deepEqual(grounding.groundingChunks, [{ web: { uri: 'https://e.com/a', title: 'A' } }])
    const { startIndex, endIndex, text } = grounding.groundingSupports[0]!.segment
    assert.deepEqual([startIndex, endIndex, text], [16, 24, 'aus Oslo'])
  })
})

test('[TRN-12] a search between two thoughts goes back with them', () => {
  const search = {
    type: 'web_search_call',
    id: 'ws',
    status: 'completed',
    action: { type: 'search', query: 'q' },
  }
  bothWays([reasoning('a'), search, reasoning('b'), messageItem('x')], ({ parts }) => {
    const state = stateOf(parts[0]) as { responses: { id: string }[] }
    assert.deepEqual(
      state.responses.map(({ id }) => id),
      ['a', 'ws', 'b'],
    )
  })
})

test('[TRN-11] log probabilities come with the text or with its deltas', () => {
  const logprobs = [{ token: 'Hi', logprob: -0.5, bytes: [], top_logprobs: [{ token: 'Ho', logprob: -2 }] }]
  const expected = {
    logProbabilitySum: -0.5,
    topCandidates: [{ candidates: [{ token: 'Ho', logProbability: -2 }] }],
    chosenCandidates: [{ token: 'Hi', logProbability: -0.5 }],
  }
  const whole = readWhole(responseOf([messageItem('Hi', { logprobs })]))
  assert.deepEqual(whole.last.candidates?.[0]?.logprobsResult, expected)
  const [added, delta, done] = eventsOf([messageItem('Hi', { logprobs })]) as [object, object, object]
  const streamed = readStream([added, { ...delta, logprobs }, done, completed])
  assert.deepEqual(streamed.chunks[0]?.candidates?.[0]?.logprobsResult, expected)
})

test('[TRN-08] open models show their reasoning itself, which goes back as it is', () => {
  const content = [{ type: 'reasoning_text', text: 'Because.' }]
  const item = { type: 'reasoning', id: 'r', summary: [], content }
  const added = { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } }
  const delta = {
    type: 'response.reasoning_text.delta',
    output_index: 0,
    content_index: 0,
    delta: 'Because.',
  }
  const done = { type: 'response.output_item.done', output_index: 0, item }
  const text = eventsOf([messageItem('-'), messageItem('Yes')]).filter((event) => event.output_index === 1)
  for (const { parts } of [
    readStream([added, delta, done, ...text, completed]),
    readWhole(responseOf([item, messageItem('Yes')])),
  ]) {
    assert.deepEqual(parts[0], { text: 'Because.', thought: true })
    assert.deepEqual(stateOf(parts[1]), { responses: [item] })
  }
})

test('[TRN-08] summaries in several parts are apart', () => {
  const summary = ['One.', 'Two.'].map((text) => ({ type: 'summary_text', text }))
  bothWays([{ ...reasoning('a'), summary }, messageItem('x')], (read) => {
    assert.equal(textOf(read, true), 'One.\n\nTwo.')
  })
})

test('[TRN-07] a value that was wrapped for its schema is taken out again', () => {
  bothWays([messageItem('{"wasatValue": ["a", {"b": "}"}]}')], (read) => {
    assert.equal(textOf(read), '["a", {"b": "}"}]')
  })
})

test('[TRN-17] a stream without the protocol’s own end is not complete', () => {
  const events = [created, ...eventsOf([messageItem('Hello')])]
  assert.equal(readStream(events).isComplete, false)
  assert.equal(readStream([...events, completed]).isComplete, true)
  assert.equal(readStream([completed]).isComplete, true)
})

test('[TRN-15] an error in the stream keeps its text, and says whether anything had come before', () => {
  const error = { code: 'server_error', message: 'Oh no.' }
  const failed = { type: 'response.failed', response: responseOf([], { status: 'failed', error }) }
  for (const last of [failed, { type: 'error', ...error }, { type: 'error', error }]) {
    assert.throws(() => readStream([created, last]), fails('upstream_unavailable', /Oh no\./))
    const begun = [created, ...eventsOf([messageItem('Hello')]).slice(0, 2), last]
    assert.throws(() => readStream(begun), fails('upstream_broken', /Oh no\./))
  }
  const prompt = { code: 'invalid_prompt', message: 'Flagged.' }
  assert.throws(() => readStream([{ type: 'error', ...prompt }]), fails('invalid_argument', /Flagged/))
})

test('[TRN-15] a whole answer that is none is an error', () => {
  const error = { code: 'server_error', message: 'Oh no.' }
  assert.throws(
    () => readWhole(responseOf([], { status: 'failed', error })),
    fails('upstream_unavailable', /Oh no/),
  )
  assert.throws(() => readWhole(responseOf([], { status: 'in_progress' })), fails('upstream_unavailable'))
  for (const document of [undefined, [], 'text', {}, { output: {} }]) {
    assert.throws(() => readWhole(document), fails('upstream_unavailable'))
  }
})

test('[TRN-17] events of any shape are read or refused, never more', () => {
  const strange = [
    null,
    [],
    7,
    'x',
    { item: 5 },
    { item: { type: 'message', content: 'no list' } },
    { delta: 5 },
  ]
  const types = [
    'response.output_item.added',
    'response.output_text.delta',
    'response.output_item.done',
    'new.event',
  ]
  const events = types.flatMap((type) => strange.map((data) => ({ type, ...(data as object) })))
  assert.equal(readStream([...events, completed]).isComplete, true)
})
