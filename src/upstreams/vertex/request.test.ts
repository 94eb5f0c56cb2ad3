/** Edits on bytes against an oracle that works on objects. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Report } from '../../nouns/report.ts'
import { CALLER, callOf, targetOf, upstreamOf } from '../../nouns.fixture.ts'
import { prepare } from './request.ts'
import { FILE_BYTES, LIBRARY } from './testing.fixture.ts'

const said = fc.constantFrom(undefined, null, false, true)
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const part = fc.record(
  {
    partMetadata: fc.constantFrom({}, { k: [1] }),
    text: fc.string(),
    fileData: fc.constantFrom({ fileUri: 'files/mine' }, { fileUri: 'gs://b/o', mimeType: 'a/b' }),
    mediaProcessing: fc.constantFrom('STATIC', ''),
    functionResponse: fc.record(
      { name: fc.string(), willContinue: said, response: fc.constant({ store: true, role: 1 }) },
      { requiredKeys: [] },
    ),
    thought: fc.boolean(),
  },
  { requiredKeys: [] },
)
const content = fc.record(
  { role: fc.constantFrom('user', 'model', '', null), parts: fc.array(part, { maxLength: 3 }) },
  { requiredKeys: [] },
)
const request = fc.record(
  {
    model: fc.constant('models/m'),
    store: said,
    contents: fc.array(content, { maxLength: 3 }),
    systemInstruction: fc.record({ parts: fc.array(part, { maxLength: 2 }) }, { requiredKeys: [] }),
    serviceTier: fc.constantFrom('FLEX', 'standard'),
    toolConfig: fc.record({ includeServerSideToolInvocations: said, x: fc.nat() }, { requiredKeys: [] }),
    generationConfig: fc.record(
      { enableEnhancedCivicAnswers: said, responseFormat: optional(fc.record({ text: fc.constant({}) })) },
      { requiredKeys: [] },
    ),
    seed: fc.nat(),
  },
  { requiredKeys: [] },
)

type Json = Record<string, unknown>
const without = (object: Json, ...names: string[]) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
const lists = (value: unknown): Json[] => (value ?? []) as Json[]

function wantedPart(given: Json): Json {
  const left = without(given, 'partMetadata', 'mediaProcessing')
  const data = left.fileData as { fileUri: string } | undefined
  if (data?.fileUri === 'files/mine') {
    delete left.fileData
    left.inlineData = { mimeType: 'text/plain', data: FILE_BYTES.toString('base64') }
  }
  if (left.functionResponse) left.functionResponse = without(left.functionResponse as Json, 'willContinue')
  return left
}

function wantedContent(given: Json, role: Json): Json {
  return {
    ...role,
    ...without(given, ...Object.keys(role)),
    ...(given.parts ? { parts: lists(given.parts).map(wantedPart) } : {}),
  }
}

function wanted(given: Json): Json {
  const left = without(given, 'model', 'store', 'serviceTier')
  if (left.contents) {
    left.contents = lists(left.contents).map((one) => wantedContent(one, { role: one.role || 'user' }))
  }
  if (left.systemInstruction) left.systemInstruction = wantedContent(left.systemInstruction as Json, {})
  if (left.toolConfig) left.toolConfig = without(left.toolConfig as Json, 'includeServerSideToolInvocations')
  if (left.generationConfig) {
    const config = without(left.generationConfig as Json, 'enableEnhancedCivicAnswers')
    if (config.responseFormat) config.responseFormat = [config.responseFormat]
    left.generationConfig = config
  }
  return left
}

test('[VTX-02] whatever a request holds, what Vertex reads is left and the rest is taken out', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.constantFrom(0, 1), fc.boolean(), async (message, indent, isSnake) => {
      const json = JSON.parse(JSON.stringify(message)) as Json
      const text = JSON.stringify(json, undefined, indent)
      const body = Buffer.from(isSnake ? text.replaceAll(/"[a-z]+[A-Z][A-Za-z]*":/g, snake) : text)
      const context = { caller: CALLER, library: LIBRARY, report: new Report('v'), isVertexShaped: false }
      const prepared = await prepare(callOf({ body }), targetOf(upstreamOf('v')), context)
      const sent = isSnake
        ? camel(JSON.parse(prepared.body.toString()))
        : JSON.parse(prepared.body.toString())
      assert.deepEqual(sent, wanted(json))
      assert.equal(
        prepared.headers['x-vertex-ai-llm-shared-request-type'],
        json.serviceTier === 'FLEX' ? 'flex' : undefined,
      )
    }),
    { numRuns: 300 },
  )
})

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camel(inner),
    ]),
  )
}
