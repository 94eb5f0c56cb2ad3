/** Pictures, films and speech: made, saved, and opened again. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GenerateContentResponse, GenerateVideosOperation, Part } from 'genai-3'
import {
  checkUsage,
  collect,
  contentOf,
  type FeatureCase,
  type FeatureRig,
  partsOf,
  refusedWith,
} from './rig.ts'
import { type Opened, openPicture } from './samples.ts'

export const MAKING: readonly FeatureCase[] = [
  { name: '[SDKF-IMAGE-01] a picture saved and opened', run: image },
  { name: '[SDKF-IMAGE-01] a picture edited in a chat', run: editedImage },
  { name: '[SDKF-IMAGE-01] [SDKF-STREAM-01] a picture, streamed', run: streamedImage },
  { name: '[SDKF-IMAGE-01] generateImages', majors: [1], run: imagen },
  { name: '[SDKF-VIDEO-01] a film polled to its end and saved', majors: [1, 2], run: video },
  { name: '[SDKF-SPEECH-01] a sentence spoken', run: speech },
  { name: '[SDKF-SPEECH-01] [SDKF-STREAM-01] two speakers, streamed', run: dialogue },
]

const IMAGE_MODEL = 'gemini-2.5-flash-image'
const IMAGE_PRO = 'gemini-3-pro-image-preview'
const TTS = 'gemini-2.5-flash-preview-tts'

function picturesIn(parts: readonly Part[]): Part[] {
  return parts.filter(({ inlineData }) => inlineData?.mimeType?.startsWith('image/'))
}

/** Saves the only picture of an answer and opens the file. */
async function saved(parts: readonly Part[], path: string): Promise<Opened> {
  const [part, ...others] = picturesIn(parts)
  assert.equal(others.length, 0)
  await writeFile(path, Buffer.from(part?.inlineData?.data ?? '', 'base64'))
  return openPicture(await readFile(path))
}

async function image({ ai, sdk, folder }: FeatureRig): Promise<void> {
  const contents = 'A red circle on a blue background'
  const answer = await ai.models.generateContent({ model: IMAGE_MODEL, contents })
  assert.deepEqual(await saved(partsOf(answer), join(folder, 'first.png')), {
    type: 'png',
    width: 1024,
    height: 1024,
  })
  assert.equal(
    answer.data,
    picturesIn(partsOf(answer))[0]?.inlineData?.data,
    'the getter gives the same bytes',
  )
  assert.match(answer.text ?? '', /red circle/)
  const told = answer.usageMetadata?.candidatesTokensDetails?.find(
    ({ modality }) => modality === sdk.MediaModality.IMAGE,
  )
  assert.equal(told?.tokenCount, 1290)
  checkUsage(answer)
  const config = { responseModalities: [sdk.Modality.IMAGE], imageConfig: { aspectRatio: '16:9' } }
  const wide = await ai.models.generateContent({ model: IMAGE_MODEL, contents, config })
  const { width, height } = await saved(partsOf(wide), join(folder, 'wide.png'))
  assert.ok(width / height > 1.7 && width / height < 1.85, `${width} × ${height}`)
  assert.equal(wide.text, undefined, 'nothing but the picture was wanted')
}

async function editedImage({ ai, folder }: FeatureRig): Promise<void> {
  for (const model of [IMAGE_MODEL, IMAGE_PRO]) {
    const chat = ai.chats.create({ model })
    const first = await chat.sendMessage({ message: 'Draw a yellow star on a blue background' })
    await saved(partsOf(first), join(folder, `${model}-1.png`))
    const second = await chat.sendMessage({ message: 'Now make the star red' })
    await saved(partsOf(second), join(folder, `${model}-2.png`))
    assert.notEqual(second.data, first.data)
    assert.match(second.text ?? '', /red star/)
    const signatures = partsOf(second).filter(({ thoughtSignature }) => thoughtSignature)
    assert.equal(signatures.length > 0, model === IMAGE_PRO, 'the newer family signs its pictures')
  }
}

async function streamedImage({ ai, folder }: FeatureRig): Promise<void> {
  const ask = { model: IMAGE_MODEL, contents: 'A green tree on a hill' }
  const chunks = await collect(await ai.models.generateContentStream(ask))
  assert.equal(chunks.at(-1)?.candidates?.[0]?.finishReason, 'STOP')
  const { parts = [] } = contentOf(chunks)
  await saved(parts, join(folder, 'tree.png'))
  const whole = await ai.models.generateContent(ask)
  assert.equal(picturesIn(parts)[0]?.inlineData?.data, whole.data, 'a picture is never cut')
}

async function imagen({ ai, folder }: FeatureRig): Promise<void> {
  const { generatedImages = [] } = await ai.models.generateImages({
    model: 'imagen-4.0-generate-001',
    prompt: 'A cat under a tree',
    config: { numberOfImages: 2, aspectRatio: '3:4' },
  })
  assert.equal(generatedImages.length, 2)
  for (const [index, { image: made }] of generatedImages.entries()) {
    const path = join(folder, `${index}.png`)
    await writeFile(path, Buffer.from(made?.imageBytes ?? '', 'base64'))
    const { width, height } = openPicture(await readFile(path))
    assert.ok(Math.abs(width / height - 3 / 4) < 0.06, `${width} × ${height}`)
    assert.equal(made?.mimeType, 'image/png')
  }
}

const POLL_MS = 250
const POLLS_MAX = 80

async function video({ ai, folder }: FeatureRig): Promise<void> {
  let operation: GenerateVideosOperation = await ai.models.generateVideos({
    model: 'veo-3.0-generate-001',
    source: { prompt: 'A red ball rolls over a green meadow' },
    config: { aspectRatio: '16:9' },
  })
  assert.match(operation.name ?? '', /^models\/veo-3\.0-generate-001\/operations\//)
  for (let poll = 0; !operation.done; poll++) {
    assert.ok(poll < POLLS_MAX, 'the film is never done')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    operation = await ai.operations.getVideosOperation({ operation })
  }
  const [made] = operation.response?.generatedVideos ?? []
  assert.ok(made?.video?.uri, JSON.stringify(operation))
  const downloadPath = join(folder, 'film.mp4')
  await ai.files.download({ file: made, downloadPath })
  const bytes = await readFile(downloadPath)
  assert.equal(bytes.toString('latin1', 4, 8), 'ftyp')
}

/** Seconds of 16-bit samples, 24,000 of them a second. */
function secondsOf(answer: GenerateContentResponse): number {
  const parts = partsOf(answer)
  for (const { inlineData } of parts) assert.equal(inlineData?.mimeType, 'audio/L16;codec=pcm;rate=24000')
  const bytes = parts.reduce(
    (sum, { inlineData }) => sum + Buffer.byteLength(inlineData?.data ?? '', 'base64'),
    0,
  )
  return bytes / 48_000
}

async function speech({ ai, sdk }: FeatureRig): Promise<void> {
  const speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } }
  const config = { responseModalities: [sdk.Modality.AUDIO], speechConfig }
  const say = (contents: string) => ai.models.generateContent({ model: TTS, contents, config })
  const short = await say('Say cheerfully: Have a wonderful day!')
  assert.ok(secondsOf(short) > 0.8 && secondsOf(short) < 6, `${secondsOf(short)} s`)
  assert.equal(short.data, partsOf(short)[0]?.inlineData?.data)
  const long = await say(`Read this: ${'The tide comes in and goes out again. '.repeat(8)}`)
  assert.ok(secondsOf(long) > 4 * secondsOf(short), 'a longer text takes longer')
  const told = short.usageMetadata?.candidatesTokensDetails?.[0]
  assert.equal(told?.modality, sdk.MediaModality.AUDIO)
  await assert.rejects(
    ai.models.generateContent({
      model: TTS,
      contents: 'Hello',
      config: { responseModalities: [sdk.Modality.TEXT] },
    }),
    refusedWith(sdk, /modalit/i),
  )
}

async function dialogue({ ai, sdk }: FeatureRig): Promise<void> {
  const voice = (speaker: string, voiceName: string) => ({
    speaker,
    voiceConfig: { prebuiltVoiceConfig: { voiceName } },
  })
  const speakerVoiceConfigs = [voice('Joe', 'Kore'), voice('Jane', 'Puck')]
  const config = {
    responseModalities: [sdk.Modality.AUDIO],
    speechConfig: { multiSpeakerVoiceConfig: { speakerVoiceConfigs } },
  }
  const contents =
    "TTS the following conversation:\nJoe: How's it going today, Jane?\nJane: Not too bad, how about you?"
  const whole = await ai.models.generateContent({ model: TTS, contents, config })
  const chunks = await collect(await ai.models.generateContentStream({ model: TTS, contents, config }))
  const streamed = chunks.reduce((sum, chunk) => sum + secondsOf(chunk), 0)
  assert.ok(streamed > 1.5, `${streamed} s`)
  assert.ok(Math.abs(streamed - secondsOf(whole)) < 0.01)
}
