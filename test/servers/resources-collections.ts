/** What the upstream with accounts answers of its collections and models. */
import {
  type Asked,
  checkMentions,
  type Json,
  LATER,
  newId,
  origin,
  Refusal,
  send,
  textOf,
  thing,
  wishes,
} from './resources-state.ts'

type Handler = (asked: Asked, body: Json, text: string) => unknown

const CREATES: Readonly<Record<string, Handler>> = {
  cachedContents: (asked, body, text) => {
    checkMentions(asked, text)
    const name = `cachedContents/${newId('cache')}`
    const { model, displayName } = body
    const cache = { name, model, displayName, expireTime: LATER, usageMetadata: { totalTokenCount: 2048 } }
    asked.account.things.set(name, cache)
    return cache
  },
  fileSearchStores: ({ account }, { displayName }) => {
    const name = `fileSearchStores/${newId('store')}`
    const store = { name, displayName, activeDocumentsCount: '9007199254740993' }
    account.things.set(name, store)
    return store
  },
}

function newBatch(asked: Asked, model: string, body: Json, text: string): Json {
  checkMentions(asked, text)
  const { account } = asked
  const name = `batches/${newId('batch')}`
  const batch = body.batch as Json
  const { fileName } = (batch.inputConfig ?? {}) as Json
  const metadata = {
    '@type': 'type.googleapis.com/google.ai.generativelanguage.v1beta.GenerateContentBatch',
    model: `models/${model}`,
    name,
    displayName: batch.displayName,
    state: 'BATCH_STATE_PENDING',
    inputConfig: batch.inputConfig,
    batchStats: { requestCount: '9007199254740993' },
  }
  account.things.set(name, { name, metadata, fileName })
  return { name, metadata }
}

/** What a batch is when it is asked for: over, unless it was cancelled. */
function batchAnswer({ account }: Asked, { name, metadata, fileName }: Json): string {
  const state =
    (metadata as Json).state === 'BATCH_STATE_CANCELLED' ? 'BATCH_STATE_CANCELLED' : 'BATCH_STATE_SUCCEEDED'
  const responsesFile = `files/batch-${String(name).slice(8)}-results`
  if (fileName !== undefined && !account.things.has(responsesFile)) {
    const line = Buffer.from('{"key":"one","response":{}}\n')
    account.things.set(responsesFile, {
      name: responsesFile,
      source: 'GENERATED',
      mimeType: 'application/jsonl',
    })
    account.bytes.set(responsesFile, line)
  }
  // What a model says is not ours to change, and large integers stay what they are.
  const inline = `{"inlinedResponses":{"inlinedResponses":[{"response":{"candidates":[{"content":{"parts":[{"functionCall":{"name":"files/file00000001","args":{"n":12345678901234567890}}}]}}]}}]}}`
  const output = fileName === undefined ? inline : JSON.stringify({ responsesFile })
  return `{"name":"${name}","metadata":${JSON.stringify({ ...(metadata as Json), state, ...(fileName !== undefined && { output: { responsesFile } }) })},"done":true,"response":${output},"odd":12345678901234567890}`
}

export async function resource(asked: Asked): Promise<void> {
  const { request, response, account, path, url } = asked
  const { method } = request
  const text = await textOf(request)
  const body = text === '' ? {} : (JSON.parse(text) as Json)
  const [name = '', action = ''] = path.split(':')
  const model = /^models\/(.+)$/.exec(name)?.[1]
  const create = CREATES[name]
  if (method === 'POST' && create !== undefined) return send(response, 200, create(asked, body, text))
  if (method === 'GET' && /^fileSearchStores\/[^/]+\/documents$/.test(name)) {
    const documents = [...account.things]
      .filter(([key]) => key.startsWith(`${name}/`))
      .map(([, value]) => value)
    return send(response, 200, { documents })
  }
  if (model !== undefined && method === 'POST') return ofModel(asked, model, action, body, text)
  if (path === 'redirected') return send(response, 200, Buffer.from('film'), { 'content-type': 'video/mp4' })
  const found = thing(asked, name)
  if (method === 'DELETE') {
    account.things.delete(name)
    return send(response, 200, {})
  }
  if (method === 'PATCH') {
    const changed = {
      ...found,
      ...body,
      expireTime: '2098-01-01T00:00:00Z',
      mask: url.searchParams.get('updateMask'),
    }
    account.things.set(name, changed)
    return send(response, 200, changed)
  }
  if (action === 'cancel') {
    account.things.set(name, {
      ...found,
      metadata: { ...(found.metadata as Json), state: 'BATCH_STATE_CANCELLED' },
    })
    return send(response, 200, {})
  }
  if (action === 'importFile') {
    checkMentions(asked, text)
    return send(response, 200, {
      name: `${name}/operations/${newId('op')}`,
      response: { fileName: body.fileName },
    })
  }
  if (action === 'download') return download(asked, name)
  if (name.startsWith('batches/')) return send(response, 200, batchAnswer(asked, found))
  send(response, 200, found)
}

function download({ response, account }: Asked, name: string): void {
  if (name.startsWith('files/film')) {
    response.writeHead(302, { location: `${origin()}/v1beta/redirected`, 'content-length': 0 }).end()
    return
  }
  const bytes = account.bytes.get(name) ?? Buffer.alloc(0)
  send(response, 200, bytes, { 'content-type': 'application/octet-stream' })
}

function ofModel(asked: Asked, model: string, action: string, body: Json, text: string): void {
  const { response, account, key } = asked
  if (action === 'batchGenerateContent') return send(response, 200, newBatch(asked, model, body, text))
  if (action === 'predictLongRunning') {
    const film = `files/${newId('film')}`
    account.things.set(film, { name: film, source: 'GENERATED' })
    const name = `models/${model}/operations/${newId('op')}`
    const uri = `${origin()}/v1beta/${film}:download?alt=media`
    const samples = { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } }
    account.things.set(name, { name, done: true, response: samples })
    return send(response, 200, { name })
  }
  if (wishes.failing.has(key)) throw new Refusal(503, 'UNAVAILABLE', 'The model is overloaded.')
  const seen = checkMentions(asked, text)
  const answer = {
    candidates: [
      {
        content: { role: 'model', parts: [{ text: `${key} saw ${seen.join(' ')}` }] },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    modelVersion: model,
  }
  if (action !== 'streamGenerateContent') return send(response, 200, answer)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`data: ${JSON.stringify(answer)}\r\n\r\n`)
}
