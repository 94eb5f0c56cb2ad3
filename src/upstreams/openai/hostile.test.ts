import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import { callOf } from '../../nouns.fixture.ts'
import { RefusedInside } from '../http/errors.ts'
import { createComposer } from '../translation/composer.ts'
import { readEmbeddings } from './embeddings.ts'
import { readRefusal } from './errors.ts'
import { modelsOf } from './models.ts'
import { createChatTranslator } from './translator.ts'
import { DEFAULT_FLAGS } from './vendor.ts'

const flags = {
  ...DEFAULT_FLAGS,
  thoughtsBack: 'reasoning_details',
  search: 'web_plugin',
  stopsMax: 0,
} as const
const chat = createChatTranslator(() => flags, flags)
const body = Buffer.from('{"generationConfig":{"stopSequences":["ab"]}}')
const asking = { call: callOf({ body }), model: 'm', isStream: true, candidates: 1 }

const KEYS = [
  'choices message delta content role index finish_reason error usage tool_calls function name arguments id type',
  'reasoning reasoning_content reasoning_details text summary data annotations url_citation url start_index images',
  'image_url logprobs top_logprobs token logprob refusal code detail metadata raw object embedding prompt_tokens',
].flatMap((line) => line.split(' '))

const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      1e20,
      '',
      'ab',
      'stop',
      'data:image/png;base64,AA',
      '{',
      '\ud83d',
    ),
    fc.array(tie('document'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('document'), { maxKeys: 6 }),
  ),
}))
/** Deep enough to be looked into. */
const answer = fc.record(
  {
    choices: fc.array(
      fc.record(
        { message: document, delta: document, finish_reason: document, index: document },
        { requiredKeys: [] },
      ),
    ),
    usage: document,
    error: document,
    id: document,
    model: document,
  },
  { requiredKeys: [] },
)

function refuses(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if (error instanceof RefusedInside) return
    if (!(error instanceof GatewayError) || error.code === 'internal') throw error
  }
}

const composer = () =>
  createComposer({
    isStream: true,
    model: 'm',
    includeThoughts: true,
    originalName: (name) => name,
    seal: () => 'sealed',
    emit: () => undefined,
  })

test('whatever a provider sends is an answer, or an error of its own', () => {
  fc.assert(
    fc.property(fc.oneof(answer, document), fc.array(fc.oneof(answer, document)), (whole, events) => {
      refuses(() => {
        const reader = composer()
        chat.readWhole(whole, reader, asking, new Report('x'))
        reader.end()
      })
      refuses(() => {
        const reader = composer()
        const reading = chat.readEvents(reader, asking, new Report('x'))
        for (const event of events) reading.event('', event)
        assert.equal(typeof reading.isComplete, 'boolean')
        reader.end()
      })
      readEmbeddings(whole)
      const refusal = readRefusal(429, {}, whole)
      assert.equal(typeof refusal.message, 'string')
      refuses(() => modelsOf('x', 200, whole))
    }),
    { numRuns: 500 },
  )
})
