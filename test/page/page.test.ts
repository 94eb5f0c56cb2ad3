/** The page that Wasat was made for: each of its requests run by curl as printed, but for the address and the key. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { NEWEST_PYTHON_CLIENT } from '../sdk/python-clients.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'

const { python: PYTHON, skip } = NEWEST_PYTHON_CLIENT
const PRINTED_HOST = 'https://api.cometapi.com'
const RUN_TIMEOUT_MS = 30_000
const run = promisify(execFile)

interface Part {
  text?: string
  thought?: boolean
  functionCall?: { name: string; args: object }
  inlineData?: { mimeType: string; data: string }
}
interface Candidate {
  content: { role: string; parts: Part[] }
  finishReason: string
  [member: string]: unknown
}
interface Answer {
  candidates: [Candidate]
  promptFeedback?: { blockReason: string; safetyRatings: object[] }
  usageMetadata: Record<string, unknown>
  modelVersion: string
  createTime: string
  responseId: string
}

let wasat: WasatProcess
let blocks: ReadonlyMap<string, string>

before(async () => {
  const text = await readFile(new URL('./page.sh', import.meta.url), 'utf8')
  const named = text.split(/^# (?=[a-z-]+\n)/m).slice(1)
  blocks = new Map(
    named.map((block) => [block.slice(0, block.indexOf('\n')), block.slice(block.indexOf('\n'))]),
  )
  wasat = await startWasat({ config: 'upstreams: { sandbox: { kind: sandbox } }\n' })
})
after(() => wasat.stop())

/** What curl prints for the block of that name. */
async function curl(name: string, credential = 'x-goog-api-key: $COMETAPI_KEY'): Promise<string> {
  const block = blocks.get(name)
  if (!block?.includes(PRINTED_HOST)) assert.fail(`the page has no request ${name}`)
  const script = block.replace(PRINTED_HOST, wasat.url).replace('x-goog-api-key: $COMETAPI_KEY', credential)
  const env = { PATH: process.env.PATH ?? '', COMETAPI_KEY: wasat.key }
  const { stdout } = await run('sh', ['-c', script.replace('\ncurl ', '\ncurl -sS --fail-with-body ')], {
    env,
    timeout: RUN_TIMEOUT_MS,
  })
  return stdout
}

const ask = async (name: string): Promise<Answer> => JSON.parse(await curl(name)) as Answer
const said = ({ candidates: [{ content }] }: Answer): string =>
  content.parts
    .filter(({ thought }) => !thought)
    .map(({ text }) => text ?? '')
    .join('')

async function post(body: object, model = 'gemini-2.5-flash'): Promise<Answer> {
  const response = await fetch(`${wasat.url}/v1beta/models/${model}:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': wasat.key },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text) as Answer
}

describe('[PAGE-01] every request of the page gives what the page says', () => {
  test('thinkingLevel on Gemini 3', async () => {
    const answer = await ask('thinking-level')
    assert.equal(answer.modelVersion, 'gemini-3.1-pro-preview')
    assert.ok((answer.usageMetadata.thoughtsTokenCount as number) > 0)
    assert.match(said(answer), /quantum/i)
  })

  test('thinkingBudget on Gemini 2.5: thoughts are counted though none is shown', async () => {
    const answer = await ask('thinking-budget')
    const thoughts = answer.usageMetadata.thoughtsTokenCount as number
    assert.ok(thoughts > 0 && thoughts <= 2048)
    assert.ok(answer.candidates[0].content.parts.every(({ thought }) => thought === undefined))
  })

  test('streaming: one data line with a GenerateContentResponse for each event', async () => {
    const events = (await curl('streaming')).split('\r\n\r\n').filter((event) => event !== '')
    assert.ok(events.length > 1)
    const answers = events.map((event) => {
      assert.match(event, /^data: \{.*\}$/)
      return JSON.parse(event.slice('data: '.length)) as Answer
    })
    assert.equal(answers.at(-1)?.candidates[0].finishReason, 'STOP')
    assert.match(answers.map(said).join(''), /star/i)
    assert.equal(new Set(answers.map(({ responseId }) => responseId)).size, 1)
  })

  test('a system instruction is obeyed', async () => {
    assert.match(said(await ask('system-instruction')), /2 \+ 2 = 4/)
  })

  test('JSON mode: the text is JSON', async () => {
    const planets = JSON.parse(said(await ask('json-mode'))) as object[]
    assert.equal(planets.length, 3)
  })

  test('Google Search: sources and confidence scores', async () => {
    const answer = await ask('google-search')
    assert.match(said(answer), /Spain/)
    const grounding = answer.candidates[0].groundingMetadata as {
      groundingChunks: { web: { uri: string; title: string } }[]
      groundingSupports: {
        groundingChunkIndices: number[]
        confidenceScores: number[]
        segment: { startIndex?: number; endIndex: number; text: string }
      }[]
      webSearchQueries: string[]
    }
    assert.ok(grounding.webSearchQueries.length > 0)
    for (const { web } of grounding.groundingChunks) {
      assert.match(web.uri, /^https:\/\//)
      assert.ok(web.title.length > 0)
    }
    const bytes = Buffer.from(said(answer))
    assert.ok(grounding.groundingSupports.length > 0)
    for (const { segment, groundingChunkIndices, confidenceScores } of grounding.groundingSupports) {
      assert.equal(bytes.subarray(segment.startIndex ?? 0, segment.endIndex).toString(), segment.text)
      assert.equal(confidenceScores.length, groundingChunkIndices.length)
      assert.ok(groundingChunkIndices.every((index) => index < grounding.groundingChunks.length))
    }
  })

  test('the key as a Bearer token', async () => {
    const answer = JSON.parse(await curl('thinking-budget', 'Authorization: Bearer $COMETAPI_KEY')) as Answer
    assert.equal(answer.candidates[0].finishReason, 'STOP')
  })

  test('the Python program', {
    skip,
  }, async () => {
    const program = `
from google import genai
client = genai.Client(
    api_key="${wasat.key}",
    http_options={"api_version": "v1beta", "base_url": "${wasat.url}"},
)
response = client.models.generate_content(
    model="gemini-2.5-flash",
    contents="Explain how AI works in a few words",
)
print(response.text)`
    const { stdout } = await run(PYTHON, ['-c', program], {
      timeout: RUN_TIMEOUT_MS,
      env: { PATH: process.env.PATH ?? '' },
    })
    assert.match(stdout, /\bAI\b/)
  })
})

test('[PAGE-02] the level on 2.5 and the budget out of range are refused in Google’s words', async () => {
  for (const [model, thinkingConfig, message] of [
    ['gemini-2.5-flash', { thinkingLevel: 'LOW' }, 'Thinking level is not supported for this model.'],
    ['gemini-2.5-pro', { thinkingBudget: 0 }, 'Budget 0 is invalid. This model only works in thinking mode.'],
  ] as const) {
    const response = await fetch(`${wasat.url}/v1beta/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': wasat.key },
      body: JSON.stringify({
        contents: [{ parts: [{ text: 'Hello' }] }],
        generationConfig: { thinkingConfig },
      }),
    })
    const { error } = (await response.json()) as { error: { message: string; status: string } }
    assert.deepEqual([response.status, error.status, error.message], [400, 'INVALID_ARGUMENT', message])
  }
})

/** Every path of a JSON value, list positions as `[]`. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`))
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, item]) => [
    ...(path === '' ? [key] : [`${path}.${key}`]),
    ...pathsOf(item, path === '' ? key : `${path}.${key}`),
  ])
}

test('[PAGE-03] every field of the page’s example answer appears in a plain answer', async () => {
  const answer = await post({ contents: [{ parts: [{ text: 'Say: Hello' }] }] })
  const example = {
    candidates: [{ content: { role: '', parts: [{ text: '' }] }, finishReason: '', avgLogprobs: 0 }],
    usageMetadata: {
      promptTokenCount: 0,
      candidatesTokenCount: 0,
      totalTokenCount: 0,
      trafficType: '',
      thoughtsTokenCount: 0,
      promptTokensDetails: [{ modality: '', tokenCount: 0 }],
      candidatesTokensDetails: [{ modality: '', tokenCount: 0 }],
    },
    modelVersion: '',
    createTime: '',
    responseId: '',
  }
  const there = new Set(pathsOf(answer))
  assert.deepEqual(
    pathsOf(example).filter((path) => !there.has(path)),
    [],
  )
  assert.equal(answer.usageMetadata.trafficType, 'ON_DEMAND')
  assert.match(answer.createTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  assert.match(answer.responseId, /^[\w-]{22}$/)
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = answer.usageMetadata
  assert.equal(
    totalTokenCount,
    (promptTokenCount as number) + (candidatesTokenCount as number) + (thoughtsTokenCount as number),
  )
})

test('[PAGE-04] every field of the page’s schema of an answer appears in some answer', async () => {
  const told = (text: string, more: object = {}) => ({ contents: [{ parts: [{ text }] }], ...more })
  const safetySettings = (threshold: string) => ({
    safetySettings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', threshold }],
  })
  const weather = {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } }, required: ['city'] },
  }
  const answers = await Promise.all([
    post(told('What is the weather in Oslo?', { tools: [{ functionDeclarations: [weather] }] })),
    post(
      told('A red circle', { generationConfig: { responseModalities: ['IMAGE'] } }),
      'gemini-2.5-flash-image',
    ),
    post(told('Explain tides', { generationConfig: { thinkingConfig: { includeThoughts: true } } })),
    post(told('Who won the euro 2024?', { tools: [{ google_search: {} }] })),
    post(told('Say: one poison too many', safetySettings('BLOCK_MEDIUM_AND_ABOVE'))),
    post(told('How does poison work', safetySettings('BLOCK_MEDIUM_AND_ABOVE'))),
    post(told('Recite the Gettysburg address')),
  ])
  const there = new Set(answers.flatMap((answer) => pathsOf(answer)))
  const wanted = [
    'candidates[].content.role',
    'candidates[].content.parts[].text',
    'candidates[].content.parts[].functionCall.name',
    'candidates[].content.parts[].functionCall.args',
    'candidates[].content.parts[].inlineData.mimeType',
    'candidates[].content.parts[].inlineData.data',
    'candidates[].content.parts[].thought',
    'candidates[].finishReason',
    'candidates[].safetyRatings[].category',
    'candidates[].safetyRatings[].probability',
    'candidates[].safetyRatings[].blocked',
    'candidates[].citationMetadata.citationSources[].startIndex',
    'candidates[].citationMetadata.citationSources[].endIndex',
    'candidates[].citationMetadata.citationSources[].uri',
    'candidates[].citationMetadata.citationSources[].license',
    'candidates[].tokenCount',
    'candidates[].avgLogprobs',
    'candidates[].groundingMetadata.groundingChunks[].web.uri',
    'candidates[].groundingMetadata.groundingChunks[].web.title',
    'candidates[].groundingMetadata.groundingSupports[].groundingChunkIndices[]',
    'candidates[].groundingMetadata.groundingSupports[].confidenceScores[]',
    'candidates[].groundingMetadata.groundingSupports[].segment.startIndex',
    'candidates[].groundingMetadata.groundingSupports[].segment.endIndex',
    'candidates[].groundingMetadata.groundingSupports[].segment.text',
    'candidates[].groundingMetadata.webSearchQueries[]',
    'candidates[].index',
    'promptFeedback.blockReason',
    'promptFeedback.safetyRatings[].category',
    'promptFeedback.safetyRatings[].probability',
    'promptFeedback.safetyRatings[].blocked',
  ]
  assert.deepEqual(
    wanted.filter((path) => !there.has(path)),
    [],
  )
})
