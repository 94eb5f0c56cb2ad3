/** Pictures, sounds and files in a question; pictures, sounds and vectors as an answer. */
import assert from 'node:assert/strict'
import { BadRequestError, type OpenAI } from 'openai'
import { openPicture, pdfOf, pngOf, wavOf } from '../features/samples.ts'
import { type OpenAiCase, type Rig, refusedWith, user } from './rig.ts'
import type { Target } from './targets.ts'

const BY_GEMINI = ['sandbox', 'gemini'] as const
const HAS_VECTORS = ['sandbox', 'gemini', 'openai'] as const

export const MEDIA: readonly OpenAiCase[] = [
  { name: '[OSDK-04] a picture as a data URL', run: picture },
  { name: '[OSDK-04] a sound, or a refusal that names it', run: sound },
  { name: '[OSDK-04] a document, or a refusal that names it', run: document },
  { name: '[OSDK-04] an answer that is spoken', only: ['sandbox'], run: speech },
  {
    name: '[OSDK-05] vectors in base64 as the client asks by itself, and as numbers',
    only: HAS_VECTORS,
    run: vectors,
  },
  { name: '[OSDK-06] pictures that are made', only: BY_GEMINI, run: pictures },
]

type Part = OpenAI.Chat.ChatCompletionContentPart

async function told({ client, target: { model } }: Rig, part: Part, question: string): Promise<string> {
  const content: Part[] = [{ type: 'text', text: question }, part]
  const { choices } = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] })
  return choices[0]?.message.content ?? ''
}

async function picture(rig: Rig): Promise<void> {
  const red = pngOf(32, 20, [230, 20, 20])
  const url = `data:image/png;base64,${red.toString('base64')}`
  const text = await told(rig, { type: 'image_url', image_url: { url } }, 'What is in this picture?')
  // What one tells by its pixels, the others tell by its bytes.
  assert.match(text, new RegExp(`PNG image of 32 × 20|image/png of ${red.length} bytes`))
}

async function sound(rig: Rig): Promise<void> {
  const data = wavOf(2).toString('base64')
  const part: Part = { type: 'input_audio', input_audio: { data, format: 'wav' } }
  const asked = told(rig, part, 'What do you hear?')
  if (rig.target.name === 'anthropic')
    return assert.rejects(asked, refusedWith(BadRequestError, { status: 400 }))
  assert.match(await asked, /2(?:\.0)? seconds|audio\/wav of 32044 bytes/)
}

async function document(rig: Rig): Promise<void> {
  const pdf = pdfOf('Borkum Reef was painted green.')
  const file = { filename: 'reef.pdf', file_data: `data:application/pdf;base64,${pdf.toString('base64')}` }
  const text = await told(rig, { type: 'file', file }, 'What is in this document?')
  assert.match(text, new RegExp(`Borkum|application/pdf of ${pdf.length} bytes`))
}

async function speech({ client }: Rig): Promise<void> {
  const { choices } = await client.chat.completions.create({
    model: 'speech-in-sandbox',
    messages: [user('Say cheerfully: Have a wonderful day!')],
    modalities: ['audio'],
    audio: { voice: 'Kore', format: 'wav' },
  })
  const bytes = Buffer.from(choices[0]?.message.audio?.data ?? '', 'base64')
  assert.equal(bytes.toString('latin1', 0, 4), 'RIFF')
  assert.ok(bytes.length > 10_000, `${bytes.length} bytes`)
}

const VECTORS: Readonly<Record<Target['name'], string>> = {
  sandbox: 'vectors-in-sandbox',
  gemini: 'vectors-by-gemini',
  anthropic: '',
  openai: 'vectors-by-openai',
}

async function vectors({ client, target }: Rig): Promise<void> {
  const asked = { model: VECTORS[target.name], input: ['the sea', 'a lighthouse'], dimensions: 768 }
  const ask = (others: object) => client.embeddings.create({ ...asked, ...others })
  // Without a form of its choice the client asks for base64, and reads it.
  const [usual, floats] = await Promise.all([ask({}), ask({ encoding_format: 'float' })])
  assert.equal(usual.object, 'list')
  for (const answer of [usual, floats]) {
    // The index says whose each is.
    answer.data.sort((one, other) => one.index - other.index)
    assert.deepEqual(
      answer.data.map(({ index, embedding }) => [index, embedding.length]),
      [
        [0, 768],
        [1, 768],
      ],
    )
    assert.ok(answer.usage.prompt_tokens >= 0 && answer.usage.total_tokens >= 0)
  }
  for (const [index, { embedding }] of usual.data.entries()) {
    const exact = floats.data[index]?.embedding ?? []
    assert.ok(embedding.every((value, at) => Math.abs(value - (exact[at] ?? 9)) < 1e-6))
  }
  const one = await client.embeddings.create({ ...asked, input: 'the sea', dimensions: 256 })
  assert.deepEqual([one.data.length, one.data[0]?.embedding.length], [1, 256])
  assert.notDeepEqual(usual.data[0]?.embedding, usual.data[1]?.embedding)
}

async function pictures({ client, target }: Rig): Promise<void> {
  const model = target.name === 'sandbox' ? 'pictures-in-sandbox' : 'pictures-by-gemini'
  const prompt = 'A red circle on a blue background'
  const painted = await client.images.generate({ model, prompt, size: '1024x1024' })
  openPicture(Buffer.from(painted.data?.[0]?.b64_json ?? '', 'base64'))
  assert.ok((painted.usage?.output_tokens ?? 0) > 0)
  const linked = await client.images.generate({ model, prompt, response_format: 'url' })
  const url = linked.data?.[0]?.url ?? ''
  openPicture(Buffer.from(await (await fetch(url)).arrayBuffer()))
  if (target.name !== 'sandbox') return
  const several = await client.images.generate({ model: 'imagen-in-sandbox', prompt, n: 2 })
  assert.equal(several.data?.length, 2)
  for (const { b64_json: data } of several.data) openPicture(Buffer.from(data ?? '', 'base64'))
}
