import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { type Replay, startReplay } from './replay-client.ts'

let replay: Replay
before(async () => {
  replay = await startReplay()
})
beforeEach(() => replay.reset())
after(() => replay.close())

const CONTENTS = { contents: [{ parts: [{ text: 'a' }] }, { parts: [{ text: 'b' }] }] }

// A reset closes every connection: none is kept for the next request.
const agent = new Agent({ keepAlive: false })

interface Got {
  status: number
  headers: Record<string, unknown>
  body: Buffer
}

function send(path: string, body?: object | Buffer, key = 'upstream-key'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET'
    const request = httpRequest(
      replay.url + path,
      { agent, method, headers: { 'x-goog-api-key': key } },
      (response) => {
        const collected: Buffer[] = []
        response.on('data', (piece: Buffer) => collected.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(collected) })
        })
      },
    )
    request.on('error', reject)
    request.end(Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body))
  })
}

const raw = (text: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect(replay.port, '127.0.0.1', () => socket.write(text))
    const collected: Buffer[] = []
    socket.on('data', (piece: Buffer) => collected.push(piece))
    socket.on('end', () => resolve(Buffer.concat(collected)))
    socket.on('error', reject)
  })

test('the default answers have the shape and the framing of the real ones', async () => {
  const unary = await send('/v1beta/models/gemini-2.5-flash:generateContent', CONTENTS)
  assert.equal(unary.status, 200)
  const answer = JSON.parse(unary.body.toString())
  assert.equal(answer.candidates[0].content.parts[0].text, 'replayed answer to 2 contents')
  assert.equal(answer.modelVersion, 'gemini-2.5-flash')
  assert.equal(unary.headers['content-length'], String(unary.body.length))

  const sse = await send('/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse', CONTENTS)
  assert.equal(sse.headers['content-type'], 'text/event-stream')
  const events = sse.body.toString().split('\r\n\r\n')
  assert.equal(events.pop(), '')
  const texts = events.map((event) => JSON.parse(event.slice(6)).candidates[0].content.parts[0].text)
  assert.equal(texts.join(''), 'replayed answer to 2 contents')

  const array = await send('/v1beta/models/gemini-2.5-flash:streamGenerateContent', CONTENTS)
  assert.equal(JSON.parse(array.body.toString()).length, 3)
  assert.match(array.body.toString(), /\}\n,\r\n\{[\s\S]*\}\n\]\n$/)
})

test('embeddings come one for one, and count and models are answered', async () => {
  const requests = [{}, {}, {}].map(() => ({ model: 'models/m', content: {}, outputDimensionality: 4 }))
  const batch = await send('/v1beta/models/gemini-embedding-001:batchEmbedContents', { requests })
  const { embeddings } = JSON.parse(batch.body.toString())
  assert.deepEqual(
    embeddings.map((item: { values: number[] }) => [item.values.length, item.values[0]]),
    [
      [4, 0],
      [4, 0.001],
      [4, 0.002],
    ],
  )
  const one = await send('/v1beta/models/gemini-embedding-001:embedContent', { content: {} })
  assert.equal(JSON.parse(one.body.toString()).embedding.values.length, 3072)
  const count = await send('/v1beta/models/gemini-2.5-flash:countTokens', CONTENTS)
  assert.equal(JSON.parse(count.body.toString()).totalTokens, 11)
  assert.equal(JSON.parse((await send('/v1beta/models/gemini-2.5-flash')).body.toString()).version, '001')
})

test('the models list is paged', async () => {
  const names: string[] = []
  let token = ''
  do {
    const page = JSON.parse((await send(`/v1beta/models?pageSize=2&pageToken=${token}`)).body.toString())
    names.push(...page.models.map((model: { name: string }) => model.name))
    token = page.nextPageToken ?? ''
  } while (token)
  assert.deepEqual(names, [
    'models/gemini-2.5-flash',
    'models/gemini-3.1-pro-preview',
    'models/gemini-embedding-001',
  ])
})

test('an unknown model, a wrong key and a missing field get the errors of Google', async () => {
  const missing = await send('/v1/models/missing-model:generateContent', CONTENTS)
  assert.equal(missing.status, 404)
  assert.match(
    missing.body.toString(),
    /models\/missing-model is not found for API version v1, .* for generateContent/,
  )
  const refused = await send('/v1beta/models/gemini-2.5-flash:generateContent', CONTENTS, 'other')
  assert.equal(JSON.parse(refused.body.toString()).error.details[0].reason, 'API_KEY_INVALID')
  await replay.keys(['other'])
  assert.equal((await send('/v1beta/models/gemini-2.5-flash:generateContent', CONTENTS, 'other')).status, 200)
  await replay.reset()
  const empty = await send('/v1beta/models/gemini-2.5-flash:generateContent', {})
  assert.equal(
    JSON.parse(empty.body.toString()).error.message,
    '* GenerateContentRequest.contents: contents is not specified\n',
  )
})

test('what was received is told byte for byte, whichever way it was framed', async () => {
  const body = Buffer.from('{"contents": [],\t"n": 9007199254740993, "t": "\xff"}', 'latin1')
  await send('/v1beta/models/gemini-2.5-flash:generateContent', body)
  const head = 'POST /v1beta/models/m:generateContent HTTP/1.1\r\nHost: x\r\nX-Odd:  two  spaces'
  const framed =
    'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{"\r\nA\r\na":1234567\r\n1\r\n}\r\n0\r\n\r\n'
  await replay.script('m', { body: Buffer.from('x'), framing: 'close' })
  const answered = await raw(`${head}\r\nX-Goog-Api-Key: upstream-key\r\n${framed}`)
  assert.match(answered.toString(), /Connection: close\r\n\r\nx$/)
  const [first, second] = await replay.received()
  assert.ok(first!.complete && first!.body.equals(body))
  assert.equal(second!.body.toString(), '{"a":1234567}')
  assert.ok(second!.head.toString().startsWith(head))
  assert.equal((await replay.received(1)).length, 1)
})

test('a script decides status, headers, cuts, number of times and the way it ends', async () => {
  const body = Buffer.from('data: {"text": "😀"}\r\n\r\n')
  const headers = [['Content-Type', 'text/event-stream']] as const
  await replay.script('odd', {
    status: 299,
    headers,
    body,
    framing: 'chunked',
    splits: 'every-byte',
    times: 1,
  })
  const odd = await send('/v1beta/models/odd:streamGenerateContent?alt=sse', CONTENTS)
  assert.deepEqual([odd.status, odd.body.equals(body)], [299, true])
  assert.equal((await send('/v1beta/models/odd:generateContent', CONTENTS)).status, 200)

  const request = '/v1beta/models/broken:generateContent'
  await replay.script('broken', { body, framing: 'chunked', ending: 'reset' })
  await assert.rejects(send(request, CONTENTS), { code: 'ECONNRESET' })
  await replay.script('broken', { body, framing: 'content-length', declaredBytes: 99, ending: 'fin' })
  await assert.rejects(send(request, CONTENTS), { code: 'ECONNRESET' })
})

test('a hanging answer keeps its socket open until the reset', async () => {
  await replay.script('slow', { body: Buffer.from('{'), framing: 'chunked', ending: 'hang' })
  const hanging = assert.rejects(send('/v1beta/models/slow:generateContent', CONTENTS))
  while ((await replay.receivedCount()) === 0) {}
  assert.equal(await replay.openSockets(), 1)
  await replay.reset()
  await hanging
})
