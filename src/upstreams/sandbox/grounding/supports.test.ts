import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Part } from '../../../wire/gemini.ts'
import type { Finding } from './finding.ts'
import { compose, type Grounded, supportsOf } from './supports.ts'
import { ground, metadataOf } from './testing.fixture.ts'

const chunk = { web: { uri: 'https://example.org', title: 'example.org' } }

function findingOf(texts: readonly string[], lead = ' '): Finding {
  return {
    toolType: 'GOOGLE_SEARCH_WEB',
    args: {},
    response: {},
    read: [],
    statements: texts.map((text, at) => ({
      lead: at === 0 ? '' : lead,
      text,
      grades: [{ chunk: at, confidence: 0.9 }],
    })),
    chunks: texts.map(() => chunk),
    metadata: {},
  }
}

/** Each support says exactly what stands at its bytes, of a chunk that is there. */
function assertValid(grounded: Grounded, parts: readonly Part[]): number {
  const supports = supportsOf(grounded, parts, true)
  for (const { segment, groundingChunkIndices, confidenceScores } of supports) {
    const part = parts[segment.partIndex ?? 0]
    const bytes = Buffer.from(part?.text ?? '').subarray(segment.startIndex ?? 0, segment.endIndex)
    assert.equal(bytes.toString(), segment.text)
    assert.notEqual(segment.text.trim(), '')
    assert.notEqual(segment.startIndex, 0)
    assert.notEqual(segment.partIndex, 0)
    assert.ok(part?.thought !== true)
    assert.ok(groundingChunkIndices.length > 0)
    assert.ok(groundingChunkIndices.every((index) => index >= 0 && index < grounded.chunks.length))
    assert.equal(confidenceScores?.length, groundingChunkIndices.length)
    assert.ok(confidenceScores?.every((score) => score >= 0 && score <= 1))
  }
  return supports.length
}

test('[GROUND-02] segments count UTF-8 bytes, the end is exclusive, a start of 0 is left out', () => {
  const grounded = compose([findingOf(['Ça va 😀.', '東京です。'])], 'Hé: ', (text) => text)
  assert.equal(grounded.text, 'Hé: Ça va 😀. 東京です。')
  assert.deepEqual(supportsOf(grounded, [{ text: grounded.text }], false), [
    { segment: { startIndex: 5, endIndex: 17, text: 'Ça va 😀.' }, groundingChunkIndices: [0] },
    { segment: { startIndex: 18, endIndex: 33, text: '東京です。' }, groundingChunkIndices: [1] },
  ])
})

test('chunk numbers go on from one finding to the next', () => {
  const grounded = compose([findingOf(['One.', 'Two.']), findingOf(['Three.'])], '', (text) => text)
  const supports = supportsOf(grounded, [{ text: grounded.text }], false)
  assert.deepEqual(
    supports.map((support) => support.groundingChunkIndices),
    [[0], [1], [2]],
  )
  assert.equal(supports[0]?.segment.startIndex, undefined)
})

test('a part behind others says which one it is, and a thought supports nothing', () => {
  const grounded = compose([findingOf(['One.'])], '', (text) => text)
  const parts = [{ text: 'One. I think.', thought: true }, { toolCall: {} }, { text: grounded.text }]
  const [support, ...more] = supportsOf(grounded, parts, false)
  assert.equal(support?.segment.partIndex, 2)
  assert.equal(more.length, 0)
})

test('a cut text shortens the support that it cuts, and drops the ones behind', () => {
  const grounded = compose([findingOf(['First sentence.', 'Second sentence.'])], '', (text) => text)
  const supports = supportsOf(grounded, [{ text: 'First sentence. Sec' }], false)
  assert.deepEqual(
    supports.map(({ segment }) => segment.text),
    ['First sentence.', 'Sec'],
  )
  assert.deepEqual(supportsOf(grounded, [{ text: 'First sentence. ' }], false).length, 1)
  assert.deepEqual(supportsOf(grounded, [], false), [])
  assert.deepEqual(supportsOf(grounded, [{ text: '' }], false), [])
})

test('words that are not the answer support nothing', () => {
  const grounded = compose([findingOf(['One.'])], '', (text) => text)
  assert.deepEqual(supportsOf(grounded, [{ text: 'Something else.' }], false), [])
})

test('an answer that goes on in a further request is supported from where it goes on', () => {
  const grounded = compose([findingOf(['First sentence.', 'Second one.'])], '', (text) => text)
  const supports = supportsOf(grounded, [{ text: grounded.text.slice(6) }], false)
  assert.deepEqual(
    supports.map(({ segment }) => segment.text),
    ['sentence.', 'Second one.'],
  )
})

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    '😀👩‍👩‍👧',
    '日本語の文。',
    'שלום עולם',
    'مرحبا',
    'e\u0301',
    '\ud83d',
    '\ude00',
    ' ',
    '\n',
    'plain text.',
  ),
)
const statements = fc.array(
  fc.array(piece, { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
  {
    minLength: 1,
    maxLength: 6,
  },
)

test('[GROUND-02] whatever is said and wherever it is cut or split, each support is true to the byte', () => {
  const cases = fc.record({
    findings: fc.array(statements, { minLength: 1, maxLength: 3 }),
    lead: piece,
    upper: fc.boolean(),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    end: fc.double({ min: 0, max: 1, noNaN: true }),
    wellFormed: fc.boolean(),
  })
  let supported = 0
  fc.assert(
    fc.property(cases, ({ findings, lead, upper, cuts, end, wellFormed }) => {
      const write = (text: string) => (upper ? text.toUpperCase() : text)
      const grounded = compose(
        findings.map((texts) => findingOf(texts, '\n* ')),
        lead,
        write,
      )
      const until = Math.ceil(end * grounded.text.length)
      const places = [...cuts.map((cut) => Math.floor(cut * until)), 0, until].sort((a, b) => a - b)
      const parts = places.slice(1).map((place, at) => {
        const text = grounded.text.slice(places[at], place)
        return { text: wellFormed ? text.toWellFormed() : text }
      })
      supported += assertValid(grounded, parts)
    }),
    { numRuns: 3_000 },
  )
  assert.ok(supported > 1_000)
})

test('[GROUND-02] the same holds for whole answers to prompts of all kinds', async () => {
  const prompts = [
    'Who won Euro 2024?',
    'cafes in Berlin 😀',
    'Utqiaġvik northernmost city',
    'How tall is the Eiffel Tower?',
  ]
  for (const prompt of prompts) {
    const play = await ground(prompt, [{ googleSearch: {} }, { googleMaps: {} }])
    const text = play?.parts[0]?.text ?? ''
    for (let end = 1; end <= text.length; end += 7) {
      const parts = [{ text: text.slice(0, end).toWellFormed() }]
      for (const { segment } of metadataOf(play, parts).groundingSupports ?? []) {
        const bytes = Buffer.from(parts[0]!.text).subarray(segment.startIndex ?? 0, segment.endIndex)
        assert.equal(bytes.toString(), segment.text)
      }
    }
  }
})
