/** File search stores up to a grounded answer, and films up to their bytes, over the real process. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GoogleGenAI as GoogleGenAI1 } from 'genai-1'
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2'
import { GoogleGenAI } from 'genai-3'
import { CLIENT_KEY } from '../servers/wasat-process.ts'
import { dataFolder, errorOf, type Gateway, MODEL, startGateway, until } from './rig.ts'

const VEO = 'veo-3.0-generate-001'

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any

let gateway: Gateway
let otherKey: string
before(async () => {
  gateway = await startGateway()
  const { text } = await gateway.ask('/admin/v1/keys', {
    anonymous: true,
    headers: { authorization: `Bearer ${gateway.adminKey}` },
    body: '{"name":"other"}',
  })
  otherKey = JSON.parse(text).secret
})
after(() => gateway.stop('SIGINT'))

async function call(method: string, path: string, body?: object, on = gateway): Promise<Json> {
  const asking = { method, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const { status, text } = await on.ask(path, asking)
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

const options = () => ({
  apiKey: CLIENT_KEY,
  vertexai: false as const,
  httpOptions: { baseUrl: gateway.url },
})

const FACTS = 'The lighthouse of Borkum Reef was painted green in 1987. Its keeper was Ada Quist.'

test('[STORE-01] @google/genai 3: a store, a document uploaded into it, and an answer from it', async () => {
  const ai = new GoogleGenAI(options())
  const store = await ai.fileSearchStores.create({ config: { displayName: 'My Lighthouses' } })
  const name = store.name as string
  assert.match(name, /^fileSearchStores\/my-lighthouses-[a-z0-9]{12}$/)
  const operation = await ai.fileSearchStores.uploadToFileSearchStore({
    fileSearchStoreName: name,
    file: new Blob([FACTS], { type: 'text/plain' }),
    config: {
      displayName: 'borkum.txt',
      mimeType: 'text/plain',
      customMetadata: [{ key: 'year', numericValue: 1987 }],
      chunkingConfig: { whiteSpaceConfig: { maxTokensPerChunk: 200, maxOverlapTokens: 20 } },
    },
  })
  assert.match(operation.name as string, /^fileSearchStores\/my-lighthouses-[^/]+\/upload\/operations\//)
  assert.equal(operation.done, true)
  const document = await ai.fileSearchStores.documents.get({
    name: operation.response?.documentName as string,
  })
  assert.deepEqual(
    [document.displayName, document.mimeType, document.state],
    ['borkum.txt', 'text/plain', 'STATE_ACTIVE'],
  )
  const got = await ai.fileSearchStores.get({ name })
  assert.deepEqual([got.activeDocumentsCount, got.sizeBytes], ['1', String(FACTS.length)])
  const answer = await ai.models.generateContent({
    model: MODEL,
    contents: 'Who was the keeper of the lighthouse of Borkum Reef?',
    config: { tools: [{ fileSearch: { fileSearchStoreNames: [name] } }] },
  })
  assert.match(answer.text ?? '', /Ada Quist/)
  const [chunk] = answer.candidates?.[0]?.groundingMetadata?.groundingChunks ?? []
  assert.equal(chunk?.retrievedContext?.title, 'borkum.txt')
  await assert.rejects(ai.fileSearchStores.delete({ name }), /non-empty FileSearchStore/)
  await ai.fileSearchStores.delete({ name, config: { force: true } })
  await assert.rejects(ai.fileSearchStores.get({ name }), /permission to access the File Search Store/)
})

test('[STORE-02] @google/genai 3: a file imported into a store outlives the file', async () => {
  const ai = new GoogleGenAI(options())
  const { name = '' } = await ai.fileSearchStores.create({})
  const file = await ai.files.upload({
    file: new Blob([FACTS], { type: 'text/plain' }),
    config: { mimeType: 'text/plain', displayName: 'facts' },
  })
  const begun = await ai.fileSearchStores.importFile({
    fileSearchStoreName: name,
    fileName: file.name as string,
  })
  const operation = await call('GET', `/v1/${begun.name}`)
  assert.equal(operation.done, true)
  assert.match(operation.response['@type'], /ImportFileResponse$/)
  await ai.files.delete({ name: file.name as string })
  const answer = await ai.models.generateContent({
    model: MODEL,
    contents: 'When was the lighthouse of Borkum Reef painted?',
    config: { tools: [{ fileSearch: { fileSearchStoreNames: [name] } }] },
  })
  assert.match(answer.text ?? '', /1987/)
  const { documents } = await call('GET', `/v1beta/${name}/documents`)
  assert.equal(documents[0].displayName, 'facts')
  const path = `/v1beta/${documents[0].name}`
  assert.equal(errorOf(await gateway.ask(path, { method: 'DELETE' })).status, 'FAILED_PRECONDITION')
  await call('DELETE', `${path}?force=true`)
  await call('DELETE', `/v1beta/${name}`)
})

test('[STORE-03] another key sees nothing of a store', async () => {
  const { name } = await call('POST', '/v1beta/fileSearchStores', { displayName: 'mine' })
  const headers = {
    'x-goog-api-key': otherKey,
    'x-goog-upload-protocol': 'resumable',
    'x-goog-upload-command': 'start',
  }
  const search = JSON.stringify({
    contents: [{ parts: [{ text: 'hi' }] }],
    tools: [{ fileSearch: { fileSearchStoreNames: [name] } }],
  })
  for (const [method, path, body] of [
    ['GET', `/v1beta/${name}`, undefined],
    ['DELETE', `/v1beta/${name}?force=true`, undefined],
    ['GET', `/v1beta/${name}/documents`, undefined],
    ['POST', `/v1beta/${name}:importFile`, '{"fileName":"files/a"}'],
    ['POST', `/upload/v1beta/${name}:uploadToFileSearchStore`, '{}'],
    ['POST', `/v1beta/models/${MODEL}:generateContent`, search],
  ] as const) {
    const asking = { method, anonymous: true, headers, ...(body !== undefined && { body }) }
    const { status, message } = errorOf(await gateway.ask(path, asking))
    assert.equal(status, 'PERMISSION_DENIED', `${method} ${path}`)
    assert.match(message, /You do not have permission to access the File Search Store .* or it may not exist/)
  }
  const list = await gateway.ask('/v1beta/fileSearchStores', { method: 'GET', anonymous: true, headers })
  assert.deepEqual(JSON.parse(list.text), {})
})

test('[STORE-04] a document without words fails, and says so', async () => {
  const { name } = await call('POST', '/v1beta/fileSearchStores', {})
  const received = await gateway.ask(`/upload/v1beta/${name}:uploadToFileSearchStore`, {
    headers: { 'x-goog-upload-protocol': 'raw', 'content-type': 'application/pdf' },
    body: 'no pdf at all',
  })
  const { done, error } = JSON.parse(received.text)
  assert.deepEqual([done, error.code], [true, 3])
  const store = await call('GET', `/v1beta/${name}`)
  assert.deepEqual([store.failedDocumentsCount, store.activeDocumentsCount], ['1', undefined])
})

interface OldClient {
  readonly models: { generateVideos(parameters: object): Promise<Json> }
  readonly operations: { getVideosOperation(parameters: object): Promise<Json> }
  readonly files: { download(parameters: object): Promise<void> }
}

for (const [version, Client] of [
  ['1', GoogleGenAI1],
  ['2', GoogleGenAI2],
] as const) {
  test(`[FILM-01] @google/genai ${version}: a film is asked for, awaited and downloaded`, async () => {
    const { readFile } = await import('node:fs/promises')
    const { join } = await import('node:path')
    const ai = new Client(options()) as unknown as OldClient
    let operation = await ai.models.generateVideos({
      model: VEO,
      source: { prompt: `a red ball, version ${version}` },
      config: { numberOfVideos: 1, durationSeconds: 4 },
    })
    assert.match(operation.name, new RegExp(`^models/${VEO}/operations/[a-z0-9]{12}$`))
    await until('the film', async () => {
      operation = await ai.operations.getVideosOperation({ operation })
      return operation.done === true
    })
    const [generated] = operation.response.generatedVideos
    assert.match(
      generated.video.uri,
      /^http:\/\/127\.0\.0\.1:\d+\/v1beta\/files\/[a-z0-9]{13}:download\?alt=media$/,
    )
    const folder = await dataFolder()
    const downloadPath = join(folder.path, 'film.mp4')
    await ai.files.download({ file: generated.video, downloadPath })
    const bytes = await readFile(downloadPath)
    await folder.remove()
    assert.equal(bytes.toString('latin1', 4, 8), 'ftyp')
  })
}

test('[FILM-02] the cloud platform’s way to ask for a film', async () => {
  const model = `/v1beta1/projects/p/locations/l/publishers/google/models/${VEO}`
  const { name } = await call('POST', `${model}:predictLongRunning`, {
    instances: [{ prompt: 'a blue ball' }],
    parameters: { durationSeconds: 4 },
  })
  assert.ok(name.startsWith(`projects/p/locations/l/publishers/google/models/${VEO}/operations/`))
  let operation: Json
  await until('the film', async () => {
    operation = await call('POST', `${model}:fetchPredictOperation`, { operationName: name })
    return operation.done === true
  })
  const [{ bytesBase64Encoded, mimeType }] = operation.response.videos
  assert.equal(mimeType, 'video/mp4')
  assert.equal(Buffer.from(bytesBase64Encoded, 'base64').toString('latin1', 4, 8), 'ftyp')
})

test('[FILM-03] what is no film is refused before there is an operation', async () => {
  for (const [model, body, status, words] of [
    [VEO, { instances: [{}] }, 'INVALID_ARGUMENT', /prompt or an image/],
    [
      VEO,
      { instances: [{ prompt: 'x' }], parameters: { durationSeconds: 99 } },
      'INVALID_ARGUMENT',
      /durationSeconds/,
    ],
    [MODEL, { instances: [{ prompt: 'x' }] }, 'NOT_FOUND', /not supported for predictLongRunning/],
  ] as const) {
    const received = await gateway.ask(`/v1beta/models/${model}:predictLongRunning`, {
      body: JSON.stringify(body),
    })
    assert.equal(errorOf(received).status, status)
    assert.match(errorOf(received).message, words)
  }
  const strange = await gateway.ask(`/v1beta/models/${VEO}/operations/none`, { method: 'GET' })
  assert.equal(strange.status, 404)
})

test('[FILM-04] a film whose maker was killed is made by the next start', async () => {
  const folder = await dataFolder()
  const first = await startGateway({ dataFolder: folder.path })
  const body = { instances: [{ prompt: 'a slow film' }], parameters: { sampleCount: 4, resolution: '1080p' } }
  const { name } = await call('POST', `/v1beta/models/${VEO}:predictLongRunning`, body, first)
  assert.equal((await call('GET', `/v1beta/${name}`, undefined, first)).done, undefined)
  await first.kill()
  const second = await startGateway({ dataFolder: folder.path })
  let operation: Json
  await until(
    'the film',
    async () => {
      operation = await call('GET', `/v1beta/${name}`, undefined, second)
      return operation.done === true
    },
    30_000,
  )
  assert.equal(operation.response.generateVideoResponse.generatedSamples.length, 4)
  const { files } = await call('GET', '/v1beta/files', undefined, second)
  assert.equal(files.length, 4)
  await second.stop('SIGINT')
  await folder.remove()
})
