/** What the pretended Vertex AI refuses: a server that takes everything would prove nothing. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Provider } from './provider-server.ts'
import type { Json } from './provider-shape.ts'
import { EXPRESS_KEY, startVertex } from './vertex-server.ts'

let provider: Provider
before(async () => {
  provider = await startVertex()
})
after(() => provider.close())

const EXPRESS = '/v1/publishers/google/models/'

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = { 'x-goog-api-key': EXPRESS_KEY },
) {
  const answer = await fetch(`${provider.url}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const ASK = { role: 'user', parts: [{ text: 'What is the weather in Oslo?' }] }
const CALL = { functionCall: { name: 'get_weather', args: { city: 'Oslo' } } }
const RESULT = {
  role: 'user',
  parts: [{ functionResponse: { name: 'get_weather', response: { degrees: 4 } } }],
}
const TOOLS = [
  {
    functionDeclarations: [
      { name: 'get_weather', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } },
    ],
  },
]
const ask = (rest: object): Json => ({ contents: [ASK], ...rest })
const called = (part: object) =>
  ask({ contents: [ASK, { role: 'model', parts: [part] }, RESULT], tools: TOOLS })

const CASES: readonly (readonly [string, Json, RegExp])[] = [
  ['no role', { contents: [{ parts: ASK.parts }] }, /Please use a valid role: user, model\./],
  [
    'a member of the developer API',
    ask({ serviceTier: 'standard' }),
    /Unknown name "serviceTier": Cannot find field\./,
  ],
  [
    'metadata of a part',
    { contents: [{ role: 'user', parts: [{ text: 'a', partMetadata: {} }] }] },
    /Unknown name "partMetadata" at 'contents\[0\]\.parts\[0\]'/,
  ],
  [
    'an object for a format',
    ask({ generationConfig: { responseFormat: {} } }),
    /Invalid value at 'generation_config\.response_format'/,
  ],
  [
    'a file of the developer API',
    { contents: [{ role: 'user', parts: [{ fileData: { fileUri: 'files/abc', mimeType: 'text/plain' } }] }] },
    /file URI is not supported/,
  ],
  ['a call that is not signed', called(CALL), /missing a thought_signature/],
  [
    'a signature of somebody else',
    called({ ...CALL, thoughtSignature: 'd2FzYXQxAAAA' }),
    /Corrupted thought signature/,
  ],
  [
    'a level and a budget',
    ask({ generationConfig: { thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 1 } } }),
    /only one of thinking budget/,
  ],
  [
    'one result too few',
    ask({ contents: [ASK, { role: 'model', parts: [CALL, CALL] }, RESULT] }),
    /number of function response parts/,
  ],
]

for (const [title, body, why] of CASES) {
  test(`Vertex refuses ${title}`, async () => {
    const { status, json } = await post(`${EXPRESS}gemini-3-flash-preview:generateContent`, body)
    assert.equal(status, 400, JSON.stringify(json))
    assert.equal(json.error.status, 'INVALID_ARGUMENT')
    assert.match(json.error.message, why)
  })
}

test('Vertex wants a token that it gave out, and a path with a project', async () => {
  const path =
    '/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-3-flash-preview:generateContent'
  assert.equal((await post(path, ask({}), {})).status, 401)
  assert.equal((await post(path, ask({}))).status, 404, 'an express key has no project')
  const { audience } = (await (await fetch(`${provider.url}/credentials`)).json()) as { audience: string }
  const subject_token = await (await fetch(`${provider.url}/subject`)).text()
  const scope = 'https://www.googleapis.com/auth/cloud-platform'
  const form = new URLSearchParams({ audience, subject_token, scope })
  const given = (await (await fetch(`${provider.url}/token`, { method: 'POST', body: form })).json()) as {
    access_token: string
  }
  const authorization = `Bearer ${given.access_token}`
  const first = await post(path, ask({ tools: TOOLS }), { authorization })
  const [part] = first.json.candidates[0].content.parts
  assert.ok(part.thoughtSignature)
  const second = await post(path, called(part), { authorization })
  assert.equal(second.status, 200, second.text)
  assert.equal(second.json.candidates[0].index, undefined, 'as Vertex leaves it out')
})
