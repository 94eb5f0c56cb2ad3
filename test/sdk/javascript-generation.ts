/** Generating: one piece, a stream, a chat, a system instruction. */
import assert from 'node:assert/strict'
import type { GenerateContentResponse } from 'genai-3'
import type { Backend } from './backends.ts'
import { MODEL, PROMPT, type Rig, type SdkCase } from './javascript-rig.ts'

export const GENERATION: readonly SdkCase[] = [
  { name: '[SDK-UNARY-01] an answer in one piece', run: unary },
  { name: '[SDK-STREAM-01] a stream', run: stream },
  { name: '[SDK-CHAT-01] a chat of three turns, the last one streamed', run: chat },
  { name: '[SDK-SYSTEM-01] a system instruction', run: systemInstruction },
]

async function unary({ backend, client, apiVersion }: Rig): Promise<void> {
  const ask = () => client.models.generateContent({ model: MODEL, contents: PROMPT })
  const answer = await ask()
  assert.equal(answer.candidates?.length, 1)
  assert.equal(answer.candidates[0]?.finishReason, 'STOP')
  assert.equal(answer.candidates[0]?.content?.role, 'model')
  assert.equal(answer.modelVersion, MODEL)
  assert.match(answer.responseId ?? '', /^[\w-]{16,}$/)
  checkUsage(backend, answer)
  if (backend.name === 'replay') {
    assert.equal(answer.text, 'replayed answer to 1 contents')
    const [received] = await backend.takeReceived()
    assert.equal(received?.route, `POST /${apiVersion}/models/${MODEL}:generateContent`)
    assert.match(received.head, /^x-goog-api-key: upstream-key\r?$/im)
    assert.deepEqual(received.document.contents, [{ parts: [{ text: PROMPT }], role: 'user' }])
  } else {
    assert.match(answer.text ?? '', /sky is blue/)
    assert.equal((await ask()).text, answer.text, 'the sandbox repeats itself')
  }
}

function checkUsage(backend: Backend, answer: GenerateContentResponse): void {
  const usage = answer.usageMetadata ?? {}
  if (backend.name === 'replay') {
    assert.deepEqual(
      [usage.promptTokenCount, usage.candidatesTokenCount, usage.thoughtsTokenCount, usage.totalTokenCount],
      [11, 6, 24, 41],
    )
    return
  }
  const { promptTokenCount: prompt = 0, candidatesTokenCount: candidates = 0 } = usage
  assert.ok(prompt > 0 && candidates > 0, JSON.stringify(usage))
  assert.equal(usage.totalTokenCount, prompt + candidates + (usage.thoughtsTokenCount ?? 0))
}

async function collect(chunks: AsyncIterable<GenerateContentResponse>): Promise<GenerateContentResponse[]> {
  const collected: GenerateContentResponse[] = []
  for await (const chunk of chunks) collected.push(chunk)
  return collected
}

const textOf = (chunks: readonly GenerateContentResponse[]) => chunks.map(({ text }) => text ?? '').join('')

async function stream({ backend, client, apiVersion }: Rig): Promise<void> {
  const chunks = await collect(await client.models.generateContentStream({ model: MODEL, contents: PROMPT }))
  const reasons = chunks.map((chunk) => chunk.candidates?.[0]?.finishReason)
  assert.deepEqual(reasons, [...reasons.slice(1).map(() => undefined), 'STOP'], 'only the last chunk ends it')
  assert.equal(new Set(chunks.map(({ responseId }) => responseId)).size, 1)
  const last = chunks.at(-1) as GenerateContentResponse
  checkUsage(backend, last)
  if (backend.name === 'replay') {
    assert.deepEqual(
      chunks.map(({ text }) => text),
      ['replayed answer', ' to 1', ' contents'],
    )
    assert.deepEqual(
      chunks.map(({ usageMetadata }) => usageMetadata?.totalTokenCount),
      [37, 39, 41],
    )
    const [received] = await backend.takeReceived()
    assert.equal(received?.route, `POST /${apiVersion}/models/${MODEL}:streamGenerateContent`)
    assert.match(received.head, /^POST \S+\?alt=sse HTTP/)
    return
  }
  const whole = await client.models.generateContent({ model: MODEL, contents: PROMPT })
  assert.ok(chunks.length >= 2)
  assert.equal(textOf(chunks), whole.text, 'streamed or not, it is the same answer')
  assert.deepEqual(last.usageMetadata, whole.usageMetadata)
}

async function chat({ backend, client }: Rig): Promise<void> {
  const talk = client.chats.create({ model: MODEL })
  const first = await talk.sendMessage({ message: 'My name is Zora.' })
  const second = await talk.sendMessage({ message: 'I live in Oslo.' })
  const third = await collect(await talk.sendMessageStream({ message: 'What is my name?' }))
  const history = talk.getHistory()
  assert.deepEqual(
    history
      .filter(({ parts }) => parts?.length)
      .map(({ role }) => role)
      .slice(0, 5),
    ['user', 'model', 'user', 'model', 'user'],
  )
  if (backend.name === 'sandbox') {
    assert.equal(textOf(third), 'Your name is Zora.', 'it remembers the first turn')
    const counts = [first, second, third.at(-1)].map((answer) => answer?.usageMetadata?.promptTokenCount ?? 0)
    assert.ok(counts[0]! < counts[1]! && counts[1]! < counts[2]!, `the prompt grows: ${counts}`)
    return
  }
  assert.equal(first.text, 'replayed answer to 1 contents')
  assert.equal(second.text, 'replayed answer to 3 contents')
  assert.equal(textOf(third), 'replayed answer to 5 contents')
  const sent = (await backend.takeReceived()).at(-1)?.document.contents as {
    role: string
    parts: { text: string }[]
  }[]
  assert.deepEqual(
    sent.map(({ role, parts }) => `${role}: ${parts.map(({ text }) => text).join('')}`),
    [
      'user: My name is Zora.',
      'model: replayed answer to 1 contents',
      'user: I live in Oslo.',
      'model: replayed answer to 3 contents',
      'user: What is my name?',
    ],
  )
}

async function systemInstruction({ backend, client }: Rig): Promise<void> {
  const config = { systemInstruction: 'You are a cat. Your name is Neko.' }
  const answer = await client.models.generateContent({ model: MODEL, contents: 'Hello', config })
  if (backend.name === 'sandbox') {
    const plain = await client.models.generateContent({ model: MODEL, contents: 'Hello' })
    assert.match(answer.text ?? '', /^Meow! /)
    assert.doesNotMatch(plain.text ?? '', /Meow/)
    return
  }
  assert.equal(answer.text, 'replayed answer to 1 contents')
  const [received] = await backend.takeReceived()
  assert.deepEqual(received?.document.systemInstruction, {
    parts: [{ text: config.systemInstruction }],
    role: 'user',
  })
}
