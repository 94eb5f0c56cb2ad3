/** Whole conversations with a server that refuses reasoning which is not its own, or not at its place. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OPENAI_KEY, startOpenAi } from '../../../../test/servers/openai-server.ts'
import type { Provider } from '../../../../test/servers/provider-server.ts'
import { ask, libraryOf, newSeals } from '../../../../test/translation/ask.ts'
import type { Upstream } from '../../../nouns.ts'
import type { Content, GenerateContentResponse, Part } from '../../../wire/gemini.ts'
import { createOpenAiUpstream } from '../upstream.ts'

const user = (...parts: Part[]): Content => ({ role: 'user', parts })
const model = (...parts: Part[]): Content => ({ role: 'model', parts })

let provider: Provider
let upstream: Upstream
before(async () => {
  provider = await startOpenAi()
  upstream = createOpenAiUpstream({
    name: 'o',
    vendor: 'openai',
    baseUrl: `${provider.url}/v1`,
    keys: [OPENAI_KEY],
    timeouts: {
      connect: 2_000,
      firstByte: 5_000,
      streamFirstByte: 5_000,
      streamIdle: 5_000,
      streamTotal: 9_000,
    },
    connectionsMax: 2,
    library: libraryOf({}),
    seals: newSeals(),
  })
})
after(async () => {
  await upstream.destroy()
  await provider.close()
})

const tools = [
  {
    functionDeclarations: [
      { name: 'weather', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } },
      { name: 'time' },
    ],
  },
]

type Verb = 'generateContent' | 'streamGenerateContent'

/** The parts of an answer, deltas kept apart as an SDK's chat keeps them. */
async function turn(verb: Verb, contents: readonly Content[], config: object = {}): Promise<Part[]> {
  const request = {
    contents,
    tools,
    generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' }, ...config },
  }
  const { chunks, error } = await ask(upstream, { model: 'gpt-5-mini', verb, request })
  assert.equal(error, undefined)
  return (chunks as unknown as GenerateContentResponse[]).flatMap(
    (chunk) => chunk.candidates?.[0]?.content?.parts ?? [],
  )
}

function resultsOf(parts: readonly Part[]): Part[] {
  return parts.flatMap(({ functionCall: call }) =>
    call
      ? [{ functionResponse: { ...(call.id && { id: call.id }), name: call.name, response: { output: 1 } } }]
      : [],
  )
}

for (const verb of ['generateContent', 'streamGenerateContent'] as const) {
  test(`[SIG-01] ${verb}: reasoning goes on over calls and over answers`, async () => {
    const contents: Content[] = [user({ text: 'What is the weather in Oslo and Paris?' })]
    const calls = await turn(verb, contents)
    const results = resultsOf(calls)
    assert.equal(results.length, 2)
    contents.push(model(...calls), user(...results))
    const answer = await turn(verb, contents)
    assert.ok(answer.some((part) => part.text))
    contents.push(model(...answer), user({ text: 'And now?' }))
    await turn(verb, contents)
    const { body } = (await provider.received()).at(-1) as unknown as { body: { input: { type: string }[] } }
    const kinds = body.input.map(({ type }) => type).filter((type) => type !== 'function_call_output')
    assert.deepEqual([...new Set(kinds)], ['message', 'reasoning', 'function_call'])
    assert.equal(kinds.filter((type) => type === 'reasoning').length, 2)
  })
}

test('[CNT-01] tokens are counted by the provider itself', async () => {
  const { chunks, error, losses } = await ask(upstream, {
    model: 'gpt-5-mini',
    verb: 'countTokens',
    request: { contents: [user({ text: 'How long is this?' })] },
  })
  assert.equal(error, undefined)
  assert.ok(Number((chunks[0] as { totalTokens?: number }).totalTokens) > 0)
  assert.deepEqual(losses, [])
})
