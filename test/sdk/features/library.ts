/** Files and caches: made, used in a prompt, changed, removed. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { File, Part } from 'genai-3'
import { checkUsage, collect, type FeatureCase, type FeatureRig, FLASH, joined, refusedWith } from './rig.ts'
import { noisyPngOf, pdfOf } from './samples.ts'

export const LIBRARY: readonly FeatureCase[] = [
  { name: '[SDKF-FILE-01] a file uploaded, asked about by its address, listed and deleted', run: smallFile },
  { name: '[SDKF-FILE-01] a file of two pieces', run: largeFile },
  { name: '[SDKF-CACHE-01] a cache made, used, prolonged and deleted', run: cache },
  { name: '[SDKF-CACHE-01] what may not stand beside a cache', run: cacheRules },
]

function partOf({ sdk }: FeatureRig, { uri, mimeType }: File): Part {
  assert.ok(uri && mimeType)
  return sdk.createPartFromUri(uri, mimeType)
}

async function smallFile(rig: FeatureRig): Promise<void> {
  const { ai, sdk, folder } = rig
  const path = join(folder, 'report.pdf')
  await writeFile(path, pdfOf('The ferry to Holm leaves at 06:40.'))
  const file = await ai.files.upload({
    file: path,
    config: { mimeType: 'application/pdf', displayName: 'timetable' },
  })
  assert.equal(file.state, sdk.FileState.ACTIVE)
  assert.equal(file.displayName, 'timetable')
  const name = file.name as string
  const contents = sdk.createUserContent([partOf(rig, file), 'When does the ferry to Holm leave?'])
  const ask = { model: FLASH, contents }
  const answer = await ai.models.generateContent(ask)
  assert.match(answer.text ?? '', /06:40/)
  checkUsage(answer)
  const chunks = await collect(await ai.models.generateContentStream(ask))
  assert.equal(joined(chunks), answer.text)
  assert.deepEqual(await ai.files.get({ name }), file)
  const listed = await collect(await ai.files.list({ config: { pageSize: 1 } }))
  assert.ok(listed.some((one) => one.name === name))
  await ai.files.delete({ name })
  await assert.rejects(
    ai.files.get({ name }),
    refusedWith(sdk, /You do not have permission to access the File/, 403),
  )
  await assert.rejects(ai.models.generateContent(ask), refusedWith(sdk, /File/, 403))
}

/** The client sends 8 MiB at once. */
const PIECE_BYTES = 8 * 1024 * 1024

async function largeFile(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const bytes = noisyPngOf(1_800, 1_750)
  assert.ok(bytes.length > PIECE_BYTES && bytes.length < 2 * PIECE_BYTES, `${bytes.length} bytes`)
  const file = await ai.files.upload({ file: new Blob([new Uint8Array(bytes)], { type: 'image/png' }) })
  assert.equal(file.sizeBytes, String(bytes.length))
  const contents = sdk.createUserContent([partOf(rig, file), 'What is this?'])
  const answer = await ai.models.generateContent({ model: FLASH, contents })
  assert.match(answer.text ?? '', /PNG image of 1800 × 1750 pixels/)
  await ai.files.delete({ name: file.name as string })
}

const TRANSCRIPT = `${'The lighthouse keeper counts the waves and writes the number down. '.repeat(150)}The keeper is called Ansgar.`

async function cache({ ai, sdk }: FeatureRig): Promise<void> {
  const made = await ai.caches.create({
    model: FLASH,
    config: { contents: TRANSCRIPT, displayName: 'waves', systemInstruction: 'You are a cat.', ttl: '300s' },
  })
  const name = made.name as string
  const total = made.usageMetadata?.totalTokenCount ?? 0
  assert.ok(total >= 1_024)
  const ask = { model: FLASH, contents: 'Say something about the keeper', config: { cachedContent: name } }
  const answer = await ai.models.generateContent(ask)
  assert.match(answer.text ?? '', /^Meow/, 'the instruction of the cache holds')
  assert.equal(answer.usageMetadata?.cachedContentTokenCount, total)
  assert.ok((answer.usageMetadata?.promptTokenCount ?? 0) > total, 'the prompt counts with the cache')
  checkUsage(answer)
  const chunks = await collect(await ai.models.generateContentStream(ask))
  assert.equal(joined(chunks), answer.text)
  assert.equal(chunks.at(-1)?.usageMetadata?.cachedContentTokenCount, total)
  const updated = await ai.caches.update({ name, config: { ttl: '7200s' } })
  assert.ok(Date.parse(updated.expireTime ?? '') > Date.parse(made.expireTime ?? ''))
  assert.equal((await ai.caches.get({ name })).expireTime, updated.expireTime)
  await ai.caches.delete({ name })
  await assert.rejects(ai.models.generateContent(ask), refusedWith(sdk, /CachedContent not found/, 403))
}

async function cacheRules({ ai, sdk }: FeatureRig): Promise<void> {
  await assert.rejects(
    ai.caches.create({ model: FLASH, config: { contents: 'too short' } }),
    refusedWith(sdk, /Cached content is too small\. total_token_count=\d+, min_total_token_count=1024/),
  )
  const { name = '' } = await ai.caches.create({ model: FLASH, config: { contents: TRANSCRIPT } })
  const both = { cachedContent: name, systemInstruction: 'Be brief.' }
  await assert.rejects(
    ai.models.generateContent({ model: FLASH, contents: 'Hello', config: both }),
    refusedWith(sdk, /CachedContent can not be used with GenerateContent request setting system_instruction/),
  )
  await assert.rejects(
    ai.models.generateContent({
      model: 'gemini-2.5-pro',
      contents: 'Hello',
      config: { cachedContent: name },
    }),
    refusedWith(sdk, /model/i),
  )
  await ai.caches.delete({ name })
}
