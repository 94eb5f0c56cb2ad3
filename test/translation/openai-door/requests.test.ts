/** What a request to OpenAI's API asks of Gemini, what of it is lost, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bindings, differences } from '../match.ts'
import { CHAT, type Json, type RequestCase, type RequestFile, requestFiles } from './case.ts'
import { callOf, type Door, GOOGLES, OPENAIS, refusalOf } from './door.ts'

const STRICT = { 'x-wasat-translation': 'strict' }
const UNCARRIED = { type: 'invalid_request_error', code: 'unsupported_parameter' }

for (const file of requestFiles()) {
  for (const one of file.cases) {
    for (const model of one.models ?? file.models ?? ['gemini-2.5-flash']) {
      test(`[${file.requirement}] ${file.name}: ${one.it} (${model})`, async () => {
        const asked = asking(file, one)
        if (one.refused === undefined) await isCarried(file, one, model, asked)
        else await isRefused(file, one.refused, model, asked)
      })
    }
  }
}

function asking(file: RequestFile, one: RequestCase): Json {
  return { ...(file.request ?? CHAT.request), ...one.request }
}

async function isCarried(file: RequestFile, one: RequestCase, model: string, body: Json): Promise<void> {
  const { endpoint, verb = 'generateContent', gemini = CHAT.gemini } = file
  for (const door of [OPENAIS, GOOGLES]) {
    const call = await callOf({ door, ...(endpoint && { endpoint }), body })
    const inGemini = call.inGemini!(model)
    const expected = withoutGone({ ...gemini, ...one.gemini })
    assert.deepEqual(differences(expected, JSON.parse(inGemini.body.toString()), new Map()), [])
    assert.equal(inGemini.verb, verb)
    const losses = Object.fromEntries((inGemini.losses ?? []).map(({ path, kind }) => [path, kind]))
    assert.deepEqual(losses, one.losses ?? {})
    for (const { reason } of inGemini.losses ?? []) assert.match(reason, /^\S.{5,}[^.]$/)
  }
  await isCarriedInStrictMode(endpoint, Object.keys(one.losses ?? {}), model, body)
}

/** `<gone>` takes a member of the file away again. */
function withoutGone(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== '<gone>'))
}

async function isCarriedInStrictMode(
  endpoint: string | undefined,
  lost: readonly string[],
  model: string,
  body: Json,
): Promise<void> {
  const call = await callOf({ ...(endpoint && { endpoint }), headers: STRICT, body })
  if (lost.length === 0) return void call.inGemini!(model)
  const error = thrownBy(() => call.inGemini!(model))
  const { status, text } = refusalOf(error, OPENAIS, call)
  assert.equal(status, 400)
  const { message, param, ...kind } = JSON.parse(text).error
  assert.deepEqual(kind, UNCARRIED)
  assert.ok(lost.includes(param), `${param} is none of ${lost}`)
  for (const path of lost) assert.ok(message.includes(`* ${path} would be `), `${path} in ${message}`)
}

async function isRefused(
  { endpoint }: RequestFile,
  refused: NonNullable<RequestCase['refused']>,
  model: string,
  body: Json,
): Promise<void> {
  const { param, code = null, message = '<text>' } = refused
  const expected = { error: { message, type: 'invalid_request_error', param, code } }
  const inGooglesWords = [{ error: { code: 400, status: 'INVALID_ARGUMENT', message, details: '<any>' } }]
  for (const [door, shape] of [
    [OPENAIS, expected],
    [GOOGLES, inGooglesWords],
  ] as [Door, unknown][]) {
    const thrown = await callOf({ door, ...(endpoint && { endpoint }), body })
      .then((call) => thrownBy(() => call.inGemini!(model)))
      .catch((error: unknown) => error)
    const { status, text, headers } = refusalOf(thrown, door)
    assert.equal(status, 400, text)
    assert.equal(headers['content-length'], Buffer.byteLength(text))
    assert.deepEqual(differences(shape, JSON.parse(text), new Map() satisfies Bindings), [])
  }
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw assert.fail('nothing was thrown')
}

test('[ODR-02] [ODR-03] [ODR-04] [ODR-05] [ODR-06] [ODR-07] [ODR-08] each promise of a request has cases', () => {
  const ids = ['ODR-02', 'ODR-03', 'ODR-04', 'ODR-05', 'ODR-06', 'ODR-07', 'ODR-08']
  assert.deepEqual([...new Set(requestFiles().map(({ requirement }) => requirement))].sort(), ids)
})
