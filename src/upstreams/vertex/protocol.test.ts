import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GoogleGenAI } from 'genai-3'
import { renameCitations } from './protocol.ts'
import { ask, serve } from './testing.fixture.ts'

const CITED = (name: string) =>
  `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"citationMetadata":{"citations":1}}}},` +
  `{"text":"\\"citationMetadata\\": data: {"}]},"citationMetadata":{"${name}":[{"startIndex":1,"uri":"https://x.test"}]},` +
  `"finishReason":"STOP"},{"citationMetadata":{"${name}":[]}}],"big":12345678901234567890}`

test('[VTX-02] a client of the developer API finds the citations of Vertex, and nothing else changes', async (t) => {
  const answer = {
    body: CITED('citations'),
    headers: { 'content-length': String(CITED('citations').length) },
  }
  const { origin } = await serve(t, () => answer)
  const developer = await ask(t, origin, { apiVersion: 'v1beta' })
  assert.equal(developer.text, CITED('citationSources'))
  assert.equal(developer.answer.headers['content-length'], undefined)
  for (const apiVersion of ['v1beta1', 'v1']) {
    const own = await ask(t, origin, { apiVersion })
    assert.equal(own.text, CITED('citations'))
  }
})

test('[VTX-02] in a stream each event that has citations is renamed, and no other', async (t) => {
  const plain = 'data: {"candidates":[{"content":{"parts":[{"text":"citationMetadata data: {"}]}}]}\r\n\r\n'
  const events = (name: string) => `${plain}data: ${CITED(name)}\r\n\r\n${plain}data: ${CITED(name)}\r\n\r\n`
  const { origin } = await serve(t, () => ({
    body: events('citations'),
    headers: { 'content-type': 'text/event-stream' },
  }))
  const call = { verb: 'streamGenerateContent', delivery: 'sse' } as const
  assert.equal((await ask(t, origin, call)).text, events('citationSources'))
  assert.equal(renameCitations(Buffer.from(CITED('citations'))).toString(), CITED('citationSources'))
})

test('[VTX-02] Google’s own SDK loses the citations of Vertex when they keep their name', async (t) => {
  let name = 'citations'
  const { origin } = await serve(t, () => ({ body: CITED(name) }))
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: origin } })
  const read = async () => {
    const answer = await client.models.generateContent({ model: 'm', contents: 'hi' })
    return answer.candidates?.[0]?.citationMetadata?.citations?.length
  }
  assert.equal(await read(), undefined)
  name = 'citationSources'
  assert.equal(await read(), 1)
})
