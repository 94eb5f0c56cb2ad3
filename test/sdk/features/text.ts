/** Words: in one piece, streamed, in chats whose thoughts and signatures go back with the history. */
import assert from 'node:assert/strict'
import type { Chat, Content, GenerateContentResponse } from 'genai-3'
import {
  checkStream,
  checkUsage,
  collect,
  type FeatureCase,
  type FeatureRig,
  FLASH,
  joined,
  PRO,
} from './rig.ts'

const SKY = 'Why is the sky blue?'

export const TEXT: readonly FeatureCase[] = [
  { name: '[SDKF-TEXT-01] a text, with sampling, limits and a system instruction', run: text },
  { name: '[SDKF-TEXT-01] [SDKF-STREAM-01] a text streamed is the same text', run: streamed },
  {
    name: '[SDKF-CHAT-01] a chat shows its thoughts and keeps what was said',
    run: async ({ ai }) => void (await thinkingChat(ai, FLASH)),
  },
  { name: '[SDKF-CHAT-01] signatures go back with the history', run: signedChat },
  { name: '[SDKF-CHAT-01] [SDKF-STREAM-01] a streamed chat with thoughts and signatures', run: streamedChat },
  { name: '[SDKF-CHAT-01] thoughts that are switched off cost nothing', run: withoutThoughts },
]

async function text({ ai }: FeatureRig): Promise<void> {
  const config = {
    temperature: 0,
    topP: 0.5,
    topK: 20,
    seed: 7,
    stopSequences: ['while red'],
    systemInstruction: 'Be a teacher.',
  }
  const answer = await ai.models.generateContent({ model: FLASH, contents: SKY, config })
  assert.match(answer.text ?? '', /sky is blue because/)
  assert.doesNotMatch(answer.text ?? '', /while red/)
  assert.equal(answer.candidates?.[0]?.finishReason, 'STOP')
  checkUsage(answer)
  const thinkingConfig = { thinkingBudget: 0 }
  const short = await ai.models.generateContent({
    model: FLASH,
    contents: SKY,
    config: { maxOutputTokens: 5, candidateCount: 2, thinkingConfig },
  })
  const ends = short.candidates?.map(({ finishReason }) => finishReason)
  assert.deepEqual(ends, ['MAX_TOKENS', 'MAX_TOKENS'])
  assert.ok((short.usageMetadata?.candidatesTokenCount ?? 99) <= 10)
}

async function streamed({ ai }: FeatureRig): Promise<void> {
  const ask = { model: FLASH, contents: SKY }
  const whole = await ai.models.generateContent(ask)
  const chunks = await collect(await ai.models.generateContentStream(ask))
  checkStream(chunks)
  assert.equal(joined(chunks), whole.text)
  assert.deepEqual(chunks.at(-1)?.usageMetadata, whole.usageMetadata)
}

const SHOWN = { thinkingConfig: { includeThoughts: true } }

function thoughtsIn(contents: readonly Content[]): string {
  return contents
    .flatMap(({ parts = [] }) => parts.filter(({ thought }) => thought).map(({ text }) => text))
    .join('')
}

function signaturesIn(contents: readonly Content[]): string[] {
  return contents.flatMap(({ parts = [] }) => parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []))
}

async function thinkingChat(ai: FeatureRig['ai'], model: string): Promise<Chat> {
  const chat = ai.chats.create({ model, config: SHOWN })
  const first = await chat.sendMessage({ message: 'My name is Zora. Why is the sky blue?' })
  const [thought, said] = first.candidates?.[0]?.content?.parts ?? []
  assert.equal(thought?.thought, true)
  assert.match(thought?.text ?? '', /^\*\*.+\*\*\n\n/)
  assert.equal(said?.thought, undefined)
  assert.equal(first.text, said?.text, 'the getter leaves thoughts out')
  assert.ok((first.usageMetadata?.thoughtsTokenCount ?? 0) > 0)
  const second = await chat.sendMessage({ message: 'What is my name?' })
  assert.equal(second.text, 'Your name is Zora.')
  assert.deepEqual(
    chat.getHistory().map(({ role }) => role),
    ['user', 'model', 'user', 'model'],
  )
  assert.notEqual(thoughtsIn(chat.getHistory()), '')
  return chat
}

async function signedChat({ ai, sdk }: FeatureRig): Promise<void> {
  const chat = await thinkingChat(ai, PRO)
  const history = chat.getHistory(true)
  assert.equal(signaturesIn(history).length, 2, 'each answer is signed once')
  // Another client of another process would go on from a stored history.
  const resumed = ai.chats.create({ model: PRO, history: JSON.parse(JSON.stringify(history)), config: SHOWN })
  const answer = await resumed.sendMessage({ message: 'And what is my name again? What is my name?' })
  assert.equal(answer.text, 'Your name is Zora.')
  const level = { thinkingConfig: { thinkingLevel: sdk.ThinkingLevel.LOW } }
  const low = await ai.models.generateContent({ model: PRO, contents: SKY, config: level })
  const high = await ai.models.generateContent({ model: PRO, contents: SKY })
  const spent = (one: GenerateContentResponse) => one.usageMetadata?.thoughtsTokenCount ?? 0
  assert.ok(spent(low) > 0 && spent(low) < spent(high), `${spent(low)} < ${spent(high)}`)
}

async function streamedChat({ ai }: FeatureRig): Promise<void> {
  for (const model of [FLASH, PRO]) {
    const chat = ai.chats.create({ model, config: SHOWN })
    const first = await collect(await chat.sendMessageStream({ message: `My name is Ada. ${SKY}` }))
    checkStream(first)
    const [thoughts] = first
    assert.equal(thoughts?.candidates?.[0]?.content?.parts?.[0]?.thought, true, 'thoughts come first')
    assert.match(joined(first), /\w/)
    const second = await collect(await chat.sendMessageStream({ message: 'What is my name?' }))
    assert.equal(joined(second), 'Your name is Ada.')
    const history = chat.getHistory()
    assert.notEqual(thoughtsIn(history), '')
    assert.equal(signaturesIn(history).length, model === PRO ? 2 : 0)
    const third = await chat.sendMessage({ message: 'What is my name?' })
    assert.equal(third.text, 'Your name is Ada.', 'streamed turns are a history like any other')
  }
}

async function withoutThoughts({ ai, sdk }: FeatureRig): Promise<void> {
  const off = { thinkingConfig: { thinkingBudget: 0, includeThoughts: true } }
  const answer = await ai.models.generateContent({ model: FLASH, contents: SKY, config: off })
  assert.equal(answer.usageMetadata?.thoughtsTokenCount, undefined)
  assert.equal(thoughtsIn([answer.candidates?.[0]?.content ?? {}]), '')
  const level = { thinkingConfig: { thinkingLevel: sdk.ThinkingLevel.HIGH } }
  await assert.rejects(
    ai.models.generateContent({ model: FLASH, contents: SKY, config: level }),
    /Thinking level is not supported for this model\./,
  )
}
