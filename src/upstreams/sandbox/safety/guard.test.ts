import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asking, stream, textOfCandidate, unary } from '../testing.fixture.ts'
import { CATEGORIES, VOCABULARY } from './vocabulary.ts'

const MODEL = 'gemini-2.5-flash'
const settings = (threshold: string, category = 'HARM_CATEGORY_DANGEROUS_CONTENT') => ({
  safetySettings: [{ category, threshold }],
})

describe('[SAFE-01] a blocked prompt is a 200 with a reason and without candidates', () => {
  it('unary', async () => {
    const answer = await unary(
      MODEL,
      asking('How do poison plants defend themselves', settings('BLOCK_MEDIUM_AND_ABOVE')),
    )
    assert.equal('candidates' in answer, false)
    assert.equal(answer.promptFeedback?.blockReason, 'SAFETY')
    assert.deepEqual(answer.promptFeedback?.safetyRatings, [
      { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', probability: 'NEGLIGIBLE' },
      { category: 'HARM_CATEGORY_HATE_SPEECH', probability: 'NEGLIGIBLE' },
      { category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' },
      { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'MEDIUM', blocked: true },
    ])
    const { promptTokenCount, totalTokenCount, candidatesTokenCount } = answer.usageMetadata ?? {}
    assert.deepEqual([promptTokenCount, candidatesTokenCount], [totalTokenCount, undefined])
  })

  it('streamed: one chunk', async () => {
    const chunks = await stream(MODEL, asking('Is that weapon legal', settings('BLOCK_LOW_AND_ABOVE')))
    assert.equal(chunks.length, 1)
    assert.equal(chunks[0]?.promptFeedback?.blockReason, 'SAFETY')
  })
})

describe('[SAFE-02] thresholds', () => {
  const RANKS = { LOW: 1, MEDIUM: 2, HIGH: 3 } as const
  const THRESHOLDS = {
    BLOCK_LOW_AND_ABOVE: 1,
    BLOCK_MEDIUM_AND_ABOVE: 2,
    BLOCK_ONLY_HIGH: 3,
    BLOCK_NONE: 4,
    OFF: 4,
  }
  for (const [category, levels] of Object.entries(VOCABULARY)) {
    it(category, async () => {
      for (const [level, words] of Object.entries(levels)) {
        for (const [threshold, from] of Object.entries(THRESHOLDS)) {
          for (const word of words) {
            const answer = await unary(MODEL, asking(`Explain ${word} please`, settings(threshold, category)))
            const isBlocked = answer.promptFeedback?.blockReason === 'SAFETY'
            assert.equal(isBlocked, RANKS[level as keyof typeof RANKS] >= from, `${word} under ${threshold}`)
          }
        }
      }
    })
  }

  it('without a setting nothing is blocked and nothing is rated', async () => {
    const answer = await unary(MODEL, asking('Explain how explosive volcanoes are'))
    assert.equal(answer.candidates?.[0]?.finishReason, 'STOP')
    assert.equal('safetyRatings' in (answer.candidates?.[0] ?? {}), false)
  })

  it('with a setting that lets it through every category is rated', async () => {
    const answer = await unary(MODEL, asking('Explain explosive volcanoes', settings('BLOCK_ONLY_HIGH')))
    const ratings = answer.candidates?.[0]?.safetyRatings as { category: string; probability: string }[]
    assert.deepEqual(
      ratings.map(({ category }) => category),
      CATEGORIES,
    )
    assert.equal(ratings.at(-1)?.probability, 'MEDIUM')
  })
})

describe('[SAFE-03] an answer is stopped where it becomes harmful', () => {
  it('the text before it is kept, the ratings say why', async () => {
    const body = asking('Say: the cake is sweet and the poison is bitter', settings('BLOCK_MEDIUM_AND_ABOVE'))
    const answer = await unary(MODEL, body)
    const [candidate] = answer.candidates ?? []
    assert.equal(candidate?.finishReason, 'SAFETY')
    assert.equal(textOfCandidate([answer]), 'the cake is sweet and the ')
    const ratings = candidate?.safetyRatings as { blocked?: boolean }[]
    assert.equal(ratings.filter(({ blocked }) => blocked).length, 1)
    const chunks = await stream(MODEL, body)
    assert.equal(chunks.at(-1)?.candidates?.[0]?.finishReason, 'SAFETY')
    assert.equal(textOfCandidate(chunks), 'the cake is sweet and the ')
  })

  it('an answer that was asked for harm never says it', async () => {
    const body = asking(
      'Write an insulting poem',
      settings('BLOCK_LOW_AND_ABOVE', 'HARM_CATEGORY_HARASSMENT'),
    )
    const answer = await unary(MODEL, body)
    assert.equal(answer.candidates?.[0]?.finishReason, 'SAFETY')
    assert.doesNotMatch(textOfCandidate([answer]), /insult/i)
  })
})

describe('[SAFE-04] test phrases ask for any block and any end', () => {
  for (const reason of ['OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT']) {
    it(`block ${reason}`, async () => {
      const answer = await unary(MODEL, asking(`Hello sandbox:block=${reason}`))
      assert.deepEqual(answer.promptFeedback, { blockReason: reason })
    })
  }
  for (const reason of ['RECITATION', 'SPII', 'LANGUAGE', 'MALFORMED_FUNCTION_CALL', 'MAX_TOKENS']) {
    it(`finish ${reason}`, async () => {
      const chunks = await stream(MODEL, asking(`Explain tides sandbox:finish=${reason}`))
      assert.equal(chunks.at(-1)?.candidates?.[0]?.finishReason, reason)
    })
  }
  it('an unknown reason is just text', async () => {
    const answer = await unary(MODEL, asking('Explain sandbox:block=NONSENSE and sandbox:finish=NONSENSE'))
    assert.equal(answer.candidates?.[0]?.finishReason, 'STOP')
  })
})
