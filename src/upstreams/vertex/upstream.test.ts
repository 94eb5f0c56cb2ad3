import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CALLER, fails } from '../../nouns.fixture.ts'
import type { Call } from '../../nouns.ts'
import { endpointOf, modelPath } from './endpoint.ts'
import {
  ANSWER,
  ask,
  FILE_BYTES,
  fixedCredentials,
  LIBRARY,
  serve,
  TIMEOUTS,
  TOKEN,
} from './testing.fixture.ts'
import { createVertexUpstream } from './upstream.ts'

test('[VTX-01] each location has its host, and each model its path', () => {
  const hosts = ['global', 'europe-west4', 'us', 'eu'].map(
    (location) => endpointOf(location, undefined, false).origin,
  )
  assert.deepEqual(hosts, [
    'https://aiplatform.googleapis.com',
    'https://europe-west4-aiplatform.googleapis.com',
    'https://aiplatform.us.rep.googleapis.com',
    'https://aiplatform.eu.rep.googleapis.com',
  ])
  const express = endpointOf('europe-west4', undefined, true)
  assert.equal(express.origin, 'https://aiplatform.googleapis.com')
  const own = endpointOf('global', 'http://127.0.0.1:9/below/', false)
  assert.deepEqual(
    [
      modelPath(own, 'v1', 'p', 'gemini-3.6-flash'),
      modelPath(own, 'v1alpha', 'p', 'publishers/other/models/m'),
      modelPath(express, 'v1beta', undefined, 'gemini-3.6-flash'),
    ],
    [
      '/below/v1/projects/p/locations/global/publishers/google/models/gemini-3.6-flash',
      '/below/v1beta1/projects/p/locations/global/publishers/other/models/m',
      '/v1beta1/publishers/google/models/gemini-3.6-flash',
    ],
  )
})

test('[VTX-02] what both read alike goes out and comes back byte for byte', async (t) => {
  const text =
    ' {"contents": [{"role":"user","parts":[{"text":"hé"}]}],\n"x":12345678901234567890,"generationConfig":{"topK":1.0}} '
  const { origin, asked } = await serve(t, () => ({ body: ANSWER }))
  const { text: answered, answer, losses } = await ask(t, origin, { text })
  assert.equal(asked[0]?.body, text)
  assert.equal(answered, ANSWER)
  assert.deepEqual([answer.wire, losses], ['gemini', []])
  assert.equal(
    asked[0]?.url,
    '/v1beta1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-3.6-flash:generateContent',
  )
  assert.equal(asked[0]?.headers.authorization, `Bearer ${TOKEN}`)
})

test('[VTX-01] an express key is sent as a key, in turn, and without a project', async (t) => {
  const { origin, asked } = await serve(t, () => ({ body: ANSWER }))
  const upstream = createVertexUpstream({
    ...{ name: 'vertex', location: 'global', baseUrl: origin, keys: ['one', 'two'], timeouts: TIMEOUTS },
    ...{ connectionsMax: 2, library: LIBRARY },
  })
  t.after(() => upstream.destroy())
  assert.equal(upstream.credentials, 2)
  await ask(
    t,
    origin,
    {},
    { keys: ['one', 'two'], credentials: undefined as never, target: { credential: 1 } },
  )
  assert.equal(asked[0]?.headers['x-goog-api-key'], 'two')
  assert.equal(asked[0]?.url, '/v1beta1/publishers/google/models/gemini-3.6-flash:generateContent')
})

interface Case {
  readonly name: string
  readonly given: string
  readonly sent: string
  readonly losses?: readonly string[]
  readonly call?: Partial<Call>
}

const DATA = FILE_BYTES.toString('base64')
const U = '"role":"user",'
const CASES: readonly Case[] = [
  {
    name: 'a content without a role is the user’s',
    given: '{"contents":[{"parts":[{"text":"a"}]},{"role":"model","parts":[]},{"role":"","parts":[]},{}]}',
    sent: `{"contents":[{${U}"parts":[{"text":"a"}]},{"role":"model","parts":[]},{"role":"user","parts":[]},{"role":"user"}]}`,
  },
  {
    name: 'fields that only the developer API has are dropped, and told when they say something',
    given: `{"model":"models/m","store":false,"contents":[{${U}"parts":[{"text":"a","part_metadata":{"k":1}},{"functionResponse":{"name":"f","response":{"store":1},"willContinue":true}}]}],"toolConfig":{"includeServerSideToolInvocations":true},"big":12345678901234567890}`,
    sent: `{"contents":[{${U}"parts":[{"text":"a"},{"functionResponse":{"name":"f","response":{"store":1}}}]}],"toolConfig":{},"big":12345678901234567890}`,
    losses: [
      'dropped contents[0].parts[0].partMetadata',
      'dropped contents[0].parts[1].functionResponse.willContinue',
      'dropped toolConfig.includeServerSideToolInvocations',
    ],
  },
  {
    name: 'a response format is a list, each kind by itself',
    given:
      '{"contents":[],"generationConfig":{"responseFormat":{"text":{"mimeType":"APPLICATION_JSON"},"image":{}},"_responseJsonSchema":{}}}',
    sent: '{"contents":[],"generationConfig":{"responseFormat":[{"text":{"mimeType":"APPLICATION_JSON"}},{"image":{}}],"responseJsonSchema":{}}}',
  },
  {
    name: 'a file of ours goes inline, and whatever has another address stays',
    given: `{"contents":[{${U}"parts":[{"fileData":{"fileUri":"http://gateway.test/v1beta/files/mine","mimeType":"image/png"}},{"file_data":{"file_uri":"gs://b/files/mine"}},{"fileData":{"fileUri":"https://x.test/files/mine"}},{"functionResponse":{"name":"f","response":{},"parts":[{"fileData":{"fileUri":"files/mine","displayName":"d"}}]}}]}]}`,
    sent: `{"contents":[{${U}"parts":[{"inlineData":{"mimeType":"image/png","data":"${DATA}"}},{"file_data":{"file_uri":"gs://b/files/mine"}},{"fileData":{"fileUri":"https://x.test/files/mine"}},{"functionResponse":{"name":"f","response":{},"parts":[{"inlineData":{"mimeType":"text/plain","displayName":"d","data":"${DATA}"}}]}}]}]}`,
  },
  {
    name: 'a cached content of ours is expanded in its place',
    given: `{"cachedContent":"cachedContents/mine","contents":[{"parts":[{"text":"a"}]}],"tools":[]}`,
    sent: `{"systemInstruction":{"parts":[{"text":"be brief"}]},"tools":[{"codeExecution":{}}],"contents":[{${U}"parts":[{"text":"cached"},{"inlineData":{"mimeType":"text/plain","data":"${DATA}"}}]},{${U}"parts":[{"text":"a"}]}]}`,
  },
  {
    name: 'what is counted in a whole request is counted flat',
    given: `{"generateContentRequest":{"model":"models/m","contents":[{"parts":[{"text":"a"}]}],"tools":[],"toolConfig":{}}}`,
    sent: `{"contents":[{${U}"parts":[{"text":"a"}]}],"tools":[]}`,
    losses: ['dropped generateContentRequest.toolConfig'],
    call: { verb: 'countTokens' },
  },
  {
    name: 'a client of Vertex is taken at its word',
    given: '{"contents":[{"role":"user","parts":[{"text":"a"}]}],"store":true,"labels":{"a":"b"}}',
    sent: '{"contents":[{"role":"user","parts":[{"text":"a"}]}],"store":true,"labels":{"a":"b"}}',
    call: { apiVersion: 'v1beta1' },
  },
]

for (const { name, given, sent, losses = [], call = {} } of CASES) {
  test(`[VTX-02] ${name}`, async (t) => {
    const { origin, asked } = await serve(t, () => ({ body: ANSWER }))
    const told = await ask(t, origin, { text: given, ...call })
    assert.equal(asked[0]?.body, sent)
    assert.deepEqual(told.losses, losses)
  })
}

async function refused(t: TestContext, text: string, call: Partial<Call> = {}): Promise<unknown> {
  const { origin, asked } = await serve(t, () => ({ body: ANSWER }))
  const error = await ask(t, origin, { text, ...call }).then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.deepEqual(asked, [], 'nothing may be sent')
  return error
}

test('[VTX-02] a tool that Vertex does not have, and parts of one, are refused by their path', async (t) => {
  const tool = await refused(t, '{"contents":[],"tools":[{"codeExecution":{}},{"file_search":{"topK":1}}]}')
  assert.ok(fails('untranslatable', /^tools\[1\]\.file_search: Vertex AI has no fileSearch/)(tool))
  const part = await refused(t, '{"contents":[{"parts":[{"toolCall":{"id":"1"}}]}]}')
  assert.ok(fails('untranslatable', /^contents\[0\]\.parts\[0\]\.tool_call: /)(part))
})

test('[RPT-02] in strict mode nothing is sent that would not arrive exactly', async (t) => {
  const error = await refused(t, '{"contents":[],"store":true}', { isStrict: true })
  assert.ok(fails('untranslatable', /store would be dropped/)(error))
})

test('[VTX-02] another’s file and another’s cache look like none', async (t) => {
  for (const text of [
    '{"contents":[{"parts":[{"fileData":{"fileUri":"files/alien"}}]}]}',
    '{"contents":[],"cachedContent":"projects/p/locations/l/cachedContents/alien"}',
  ]) {
    assert.ok(fails('permission_denied')(await refused(t, text)))
  }
  const both = '{"contents":[],"cachedContent":"cachedContents/mine","systemInstruction":{"parts":[]}}'
  assert.ok(fails('invalid_argument', /CachedContent can not be used with/)(await refused(t, both)))
})

test('[VTX-02] the tier is asked for by a header', async (t) => {
  const { origin, asked } = await serve(t, () => ({ body: ANSWER }))
  const { losses } = await ask(t, origin, { text: '{"contents":[],"serviceTier":"FLEX"}' })
  assert.equal(asked[0]?.body, '{"contents":[]}')
  assert.equal(asked[0]?.headers['x-vertex-ai-llm-shared-request-type'], 'flex')
  assert.deepEqual(losses, [])
})

test('[VTX-02] errors pass as they are, but for those about our own account', async (t) => {
  const error = (code: number, reason: string) =>
    JSON.stringify({
      error: { code, message: 'about my-project', status: 'X', details: [{ reason, '@type': 'ErrorInfo' }] },
    })
  const { origin } = await serve(t, ({ body }) => {
    const [status, reason] = JSON.parse(body).error as [number, string]
    return { status, body: error(status, reason) }
  })
  const asked = (status: number, reason: string) =>
    ask(t, origin, { text: JSON.stringify({ contents: [], error: [status, reason] }) })
  const quota = await asked(429, 'RATE_LIMIT_EXCEEDED')
  assert.deepEqual([quota.answer.status, quota.answer.retryable], [429, true])
  assert.equal(quota.text, error(429, 'RATE_LIMIT_EXCEEDED'))
  const credentials = fixedCredentials()
  for (const [status, reason] of [
    [403, 'IAM_PERMISSION_DENIED'],
    [401, ''],
  ] as const) {
    const text = JSON.stringify({ contents: [], error: [status, reason] })
    await assert.rejects(ask(t, origin, { text }, { credentials }), (thrown: Error) => {
      assert.ok(!thrown.message.includes('my-project'))
      return fails('upstream_refused_credential')(thrown)
    })
  }
  assert.equal(credentials.forgotten.length, 2)
})

test('[VTX-01] models are listed as Gemini lists them, page by page', async (t) => {
  const { origin, asked } = await serve(t, ({ url }) => ({
    body: url.includes('pageToken')
      ? '{"publisherModels":[{"name":"publishers/google/models/imagen-4"},{"name":"publishers/x/models/y"}]}'
      : '{"publisherModels":[{"name":"publishers/google/models/gemini-3.6-flash","versionId":"001"}],"nextPageToken":"a b"}',
  }))
  const upstream = createVertexUpstream({
    ...{ name: 'vertex', location: 'global', baseUrl: origin, keys: [], timeouts: TIMEOUTS },
    ...{ connectionsMax: 2, library: LIBRARY, credentials: fixedCredentials() },
  })
  t.after(() => upstream.destroy())
  assert.deepEqual(await upstream.listModels(), [
    {
      name: 'models/gemini-3.6-flash',
      displayName: 'gemini-3.6-flash',
      version: '001',
      supportedGenerationMethods: ['generateContent', 'countTokens', 'createCachedContent'],
    },
    { name: 'models/imagen-4', displayName: 'imagen-4', supportedGenerationMethods: ['predict'] },
  ])
  assert.deepEqual(
    asked.map(({ url }) => url),
    [
      '/v1beta1/publishers/google/models?pageSize=200',
      '/v1beta1/publishers/google/models?pageSize=200&pageToken=a%20b',
    ],
  )
})

test('[CCH-01] what is to be cached is counted by Vertex', async (t) => {
  const { origin, asked } = await serve(t, () => ({ body: '{"totalTokens":2048}' }))
  const upstream = createVertexUpstream({
    ...{ name: 'vertex', location: 'global', baseUrl: origin, keys: [], timeouts: TIMEOUTS },
    ...{ connectionsMax: 2, library: LIBRARY, credentials: fixedCredentials() },
  })
  t.after(() => upstream.destroy())
  const cacheable = upstream.cacheable?.('gemini-3.6-flash')
  const document = { contents: [{ parts: [{ text: 'a' }] }], toolConfig: {} }
  assert.equal(await cacheable?.countTokens(document, CALLER), 2_048)
  assert.equal(asked[0]?.body, `{"contents":[{${U}"parts":[{"text":"a"}]}]}`)
  assert.match(asked[0]?.url ?? '', /gemini-3\.6-flash:countTokens$/)
  assert.equal(upstream.cacheable?.('text-embedding-005'), undefined)
})
