import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Part } from '../../../wire/gemini.ts'
import { sign } from './signatures.ts'
import {
  answering,
  asking,
  calling,
  declare,
  GEMINI_2,
  GEMINI_3,
  GEMINI_25,
  LIGHTS,
  refusalOf,
  sceneOf,
  WEATHER,
} from './testing.fixture.ts'

const OSLO: Part = { functionCall: { name: 'get_current_weather', args: { location: 'Oslo' } } }
const ROME: Part = { functionCall: { name: 'get_current_weather', args: { location: 'Rome' } } }
const IMAGE: Part = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }

function signed(parts: readonly Part[], model = GEMINI_3, thinkingConfig?: object): Part[] {
  const body = { contents: [asking('Hi')], ...(thinkingConfig && { generationConfig: { thinkingConfig } }) }
  return sign(parts, sceneOf(body, model))
}

/** Which parts have a signature, as a word of 1 and 0. */
function places(parts: readonly Part[], model?: string, thinkingConfig?: object): string {
  return signed(parts, model, thinkingConfig)
    .map(({ thoughtSignature }) => (thoughtSignature === undefined ? '0' : '1'))
    .join('')
}

const TEXT: Part = { text: 'Hello' }
const THOUGHT: Part = { text: 'Hm', thought: true }
const CODE: Part = { executableCode: { language: 'PYTHON', code: 'print(1)' } }
const RESULT: Part = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }

describe('where signatures are put', () => {
  const ROWS: readonly (readonly [string, readonly Part[], string, string, object?])[] = [
    ['one call', [OSLO], GEMINI_3, '1'],
    ['one call without much thought', [OSLO], GEMINI_3, '1', { thinkingLevel: 'MINIMAL' }],
    ['parallel calls: the first', [TEXT, OSLO, ROME], GEMINI_3, '010'],
    ['a text: the last one', [THOUGHT, TEXT, TEXT], GEMINI_3, '001'],
    ['an empty text', [{ text: '' }], GEMINI_3, '1'],
    ['code: the first, and the last text', [TEXT, CODE, RESULT, CODE, TEXT], GEMINI_3, '01001'],
    ['a call of a server', [{ toolCall: { toolType: 'URL_CONTEXT' } }, TEXT], GEMINI_3, '11'],
    [
      'an image model: first text and all images',
      [THOUGHT, TEXT, IMAGE, TEXT, IMAGE],
      'gemini-3-pro-image-preview',
      '01101',
    ],
    ['2.5: the first call', [TEXT, OSLO, ROME], GEMINI_25, '010'],
    ['2.5: no text', [TEXT], GEMINI_25, '0'],
    ['2.5 without thought: nothing', [OSLO], GEMINI_25, '0', { thinkingBudget: 0 }],
    ['2.0: nothing', [TEXT, OSLO], GEMINI_2, '00'],
    ['nothing at all', [], GEMINI_3, ''],
  ]
  for (const [what, parts, model, expected, thinking] of ROWS) {
    it(`[SIGN-01] ${what}`, () => {
      assert.equal(places(parts, model, thinking), expected)
    })
  }

  it('[SIGN-01] a signature is base64 of at least 64 bytes, and the same each time', () => {
    const [first] = signed([OSLO])
    const [second] = signed([OSLO])
    const [other] = signed([ROME])
    assert.equal(first?.thoughtSignature, second?.thoughtSignature)
    assert.notEqual(first?.thoughtSignature, other?.thoughtSignature)
    assert.match(first?.thoughtSignature ?? '', /^[A-Za-z0-9+/]{86,}={0,2}$/)
    assert.ok(Buffer.from(first?.thoughtSignature ?? '', 'base64').length >= 64)
  })

  it('signing leaves its input alone', () => {
    const part = structuredClone(OSLO)
    assert.equal(signed([part])[0]?.functionCall, part.functionCall)
    assert.deepEqual(part, OSLO)
  })
})

const response = { name: 'get_current_weather', response: { output: 'sunny' } }

/** What is said to a history with these parts as the model's answer. */
function echoed(parts: readonly Part[], model = GEMINI_3): string | undefined {
  const responses = parts.filter(({ functionCall }) => functionCall !== undefined).map(() => response)
  const contents = [
    asking('Weather?'),
    calling(...parts),
    ...(responses.length > 0 ? [answering(...responses)] : []),
  ]
  return refusalOf({ contents, tools: declare(WEATHER, LIGHTS) }, model)
}

function carrying(part: Part, thoughtSignature: string | undefined): Part {
  return { ...part, thoughtSignature: thoughtSignature ?? '' }
}

function signatureOf(part: Part, model?: string): string {
  return signed([part], model)[0]?.thoughtSignature ?? ''
}

const MISSING =
  'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, ' +
  'and missing thought_signature may lead to degraded model performance. Additional data, function call ' +
  '`default_api:get_current_weather` , position 2. Please refer to ' +
  'https://ai.google.dev/gemini-api/docs/thought-signatures for more details.'

describe('signatures that come back', () => {
  it('[SIGN-02] as they were given: fine', () => {
    assert.equal(echoed(signed([OSLO, ROME])), undefined)
  })

  it('[SIGN-02] in the other base64, without padding, with an id, its arguments in another order: fine', () => {
    const call: Part = {
      functionCall: { name: 'get_current_weather', args: { location: 'Oslo', unit: 'celsius' } },
    }
    const signature = signatureOf(call).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
    const turned: Part = {
      functionCall: { name: 'get_current_weather', args: { unit: 'celsius', location: 'Oslo', zone: null } },
    }
    assert.equal(echoed([carrying(turned, signature)]), undefined)
  })

  it('[SIGN-02] missing on the first call of a step: 400 with its name and position', () => {
    assert.equal(echoed([OSLO]), MISSING)
    assert.equal(echoed([carrying(OSLO, '')]), MISSING)
    assert.equal(echoed([OSLO, carrying(ROME, signatureOf(ROME))]), MISSING)
  })

  it('[SIGN-02] missing in the second step of a turn: 400 there', () => {
    const contents = [
      asking('Weather?'),
      calling(...signed([OSLO])),
      answering(response),
      calling(ROME),
      answering(response),
    ]
    assert.match(refusalOf({ contents }) ?? '', /`default_api:get_current_weather` , position 4\./)
  })

  it('[SIGN-02] missing in a turn before the current one: fine', () => {
    const contents = [
      asking('Weather?'),
      calling(OSLO),
      answering(response),
      calling(TEXT),
      asking('And now?'),
    ]
    assert.equal(refusalOf({ contents }), undefined)
  })

  for (const model of [GEMINI_25, GEMINI_2]) {
    it(`[SIGN-03] ${model} neither needs them nor looks at them`, () => {
      assert.equal(echoed([OSLO], model), undefined)
      assert.equal(echoed([carrying(OSLO, 'AAAA')], model), undefined)
      assert.equal(echoed([carrying(ROME, signatureOf(OSLO))], model), undefined)
    })
  }

  for (const word of ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']) {
    it(`[SIGN-04] ${word} stands for a signature, raw and as base64`, () => {
      assert.equal(echoed([carrying(OSLO, word)]), undefined)
      assert.equal(echoed([carrying(OSLO, Buffer.from(word).toString('base64'))]), undefined)
      assert.equal(echoed([carrying(OSLO, Buffer.from(word).toString('base64url'))]), undefined)
    })
  }

  const FORGED = Buffer.from(signatureOf(OSLO), 'base64')
  FORGED[40] = FORGED[40]! ^ 1
  const CORRUPTED: readonly (readonly [string, string])[] = [
    ['three bytes', 'AAAA'],
    ['as long as ours', Buffer.alloc(66, 7).toString('base64')],
    ['one bit off', FORGED.toString('base64')],
    ['cut', signatureOf(OSLO).slice(0, 84)],
    ['a megabyte', 'A'.repeat(2 ** 20)],
  ]
  for (const [what, signature] of CORRUPTED) {
    it(`[SIGN-02] one that is not ours (${what}): 400`, () => {
      assert.equal(echoed([carrying(OSLO, signature)]), 'Corrupted thought signature.')
      assert.equal(echoed([carrying(TEXT, signature)]), 'Corrupted thought signature.')
    })
  }

  const INVALID: readonly (readonly [string, Part])[] = [
    ['of a call with other arguments', carrying(ROME, signatureOf(OSLO))],
    ['of another function', carrying({ functionCall: { name: 'lights_off' } }, signatureOf(OSLO))],
    ['of a text', carrying(OSLO, signatureOf(TEXT))],
    ['of a call, on a text', carrying(TEXT, signatureOf(OSLO))],
    ['of another model family', carrying(OSLO, signatureOf(OSLO, GEMINI_25))],
    [
      'of another image',
      carrying({ inlineData: { mimeType: 'image/png', data: 'AAAB' } }, signatureOf(IMAGE)),
    ],
  ]
  for (const [what, part] of INVALID) {
    it(`[SIGN-02] one ${what}: 400`, () => {
      assert.equal(echoed([part]), 'Invalid thought signature.')
    })
  }

  it('[SIGN-02] one of another model of the same generation: fine', () => {
    assert.equal(echoed([carrying(OSLO, signatureOf(OSLO, 'gemini-3-pro-preview'))]), undefined)
  })

  it('[SIGN-02] base64 that is none is refused before that', () => {
    assert.match(echoed([carrying(OSLO, 'not base64!')]) ?? '', /Base64 decoding failed for "not base64!"/)
  })

  it('[SIGN-02] of a text that came in a stream, beside an empty text or put to the words: fine', () => {
    const signature = signatureOf(TEXT)
    assert.equal(echoed([{ text: 'Hel' }, carrying({ text: '' }, signature)]), undefined)
    assert.equal(echoed([carrying({ text: 'Hello, edited' }, signature)]), undefined)
  })

  it('[SIGN-02] of an image, in the other base64: fine', () => {
    const image: Part = { inlineData: { mimeType: 'image/png', data: '+/+/' } }
    const turned: Part = { inlineData: { mimeType: 'image/png', data: '-_-_' } }
    assert.equal(echoed([carrying(turned, signatureOf(image))]), undefined)
  })

  it('[SIGN-02] of code and of a server’s call: fine', () => {
    const toolCall: Part = { toolCall: { toolType: 'URL_CONTEXT', args: { url: 'https://example.com' } } }
    assert.equal(echoed(signed([CODE, RESULT, TEXT])), undefined)
    assert.equal(echoed(signed([toolCall, TEXT])), undefined)
  })
})
