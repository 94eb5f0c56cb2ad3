/** Pictures, documents and sounds in a prompt: what is seen in them, and what they count. */
import assert from 'node:assert/strict'
import type { Content, GenerateContentResponse, MediaModality, Part } from 'genai-3'
import {
  checkStream,
  checkUsage,
  collect,
  type FeatureCase,
  type FeatureRig,
  FLASH,
  joined,
  partsOf,
} from './rig.ts'
import { pdfOf, pngOf, wavOf } from './samples.ts'

export const MEDIA: readonly FeatureCase[] = [
  { name: '[SDKF-MEDIA-01] a picture and a question about it', run: picture },
  { name: '[SDKF-MEDIA-01] a document is read, and told page by page in tokens', run: document },
  { name: '[SDKF-MEDIA-01] a sound by its length', run: sound },
  { name: '[SDKF-MEDIA-01] [SDKF-STREAM-01] two pictures, streamed, in a chat', run: streamedChat },
  { name: '[SDKF-MEDIA-01] bytes that are no picture are refused', run: broken },
  { name: '[SDKF-COUNT-01] text and media count as they are charged', run: count },
]

const RED = pngOf(320, 200, [230, 20, 20])
const BLUE = pngOf(64, 64, [20, 40, 230])
const REPORT = pdfOf('The harbour of Port Ellis opened in 1873.', 'Its lighthouse is 31 metres high.')

function tokensOf({ usageMetadata }: GenerateContentResponse, modality: MediaModality): number {
  return usageMetadata?.promptTokensDetails?.find((row) => row.modality === modality)?.tokenCount ?? 0
}

const inline = ({ sdk }: FeatureRig, bytes: Buffer, mimeType: string): Part =>
  sdk.createPartFromBase64(bytes.toString('base64'), mimeType)

async function picture(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const contents = sdk.createUserContent(['What colour is this picture?', inline(rig, RED, 'image/png')])
  const answer = await ai.models.generateContent({ model: FLASH, contents })
  assert.match(answer.text ?? '', /PNG image of 320 × 200 pixels/)
  assert.match(answer.text ?? '', /\bred\b/)
  assert.equal(tokensOf(answer, sdk.MediaModality.IMAGE), 258)
  checkUsage(answer)
}

async function document(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const contents = sdk.createUserContent([
    inline(rig, REPORT, 'application/pdf'),
    'How high is the lighthouse?',
  ])
  const answer = await ai.models.generateContent({ model: FLASH, contents })
  assert.match(answer.text ?? '', /31 metres/)
  assert.equal(tokensOf(answer, sdk.MediaModality.DOCUMENT), 2 * 258)
  const opened = await ai.models.generateContent({
    model: FLASH,
    contents: sdk.createUserContent([inline(rig, REPORT, 'application/pdf'), 'When was the harbour opened?']),
  })
  assert.match(opened.text ?? '', /1873/)
}

async function sound(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const contents = sdk.createUserContent(['What do you hear?', inline(rig, wavOf(3), 'audio/wav')])
  const answer = await ai.models.generateContent({ model: FLASH, contents })
  assert.match(answer.text ?? '', /\b3(?:\.0)? s/)
  assert.equal(tokensOf(answer, sdk.MediaModality.AUDIO), 3 * 32)
}

async function streamedChat(rig: FeatureRig): Promise<void> {
  const chat = rig.ai.chats.create({ model: FLASH })
  const message = ['What is in these two?', inline(rig, RED, 'image/png'), inline(rig, BLUE, 'image/png')]
  const chunks = await collect(await chat.sendMessageStream({ message }))
  checkStream(chunks)
  assert.match(joined(chunks), /red[\s\S]*blue/)
  const next = await chat.sendMessage({ message: 'Thanks' })
  assert.equal(tokensOf(next, rig.sdk.MediaModality.IMAGE), 2 * 258, 'the history still has both')
}

async function broken(rig: FeatureRig): Promise<void> {
  const contents = (bytes: Buffer, mimeType: string): Content => ({
    role: 'user',
    parts: [{ text: 'What is this?' }, inline(rig, bytes, mimeType)],
  })
  const ask = (content: Content) => rig.ai.models.generateContent({ model: FLASH, contents: [content] })
  await assert.rejects(ask(contents(Buffer.from('no picture'), 'image/png')), /Unable to process input image/)
  await assert.rejects(ask(contents(RED, 'image/x-unheard')), /Unsupported MIME type: image\/x-unheard/)
}

async function count(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const contents = sdk.createUserContent([
    'What is this?',
    inline(rig, RED, 'image/png'),
    inline(rig, REPORT, 'application/pdf'),
  ])
  const { totalTokens } = await ai.models.countTokens({ model: FLASH, contents })
  const answer = await ai.models.generateContent({ model: FLASH, contents })
  assert.equal(totalTokens, answer.usageMetadata?.promptTokenCount)
  assert.ok((totalTokens ?? 0) > 3 * 258)
  assert.equal(partsOf(answer).length, 1)
}
