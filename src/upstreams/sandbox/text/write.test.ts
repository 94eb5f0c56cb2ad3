import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createRandom } from '../digest.ts'
import { type Conversation, writeAnswer, writeThoughts } from './write.ts'

function say(prompt: string, others: Partial<Conversation> = {}, seed = 7): string {
  const conversation = {
    modelId: 'gemini-2.5-flash',
    prompt,
    earlier: [],
    systemText: '',
    media: [],
    readings: [],
    ...others,
  }
  return writeAnswer(conversation, 0, createRandom(seed))
}

describe('what a prompt is answered with', () => {
  const CASES: readonly (readonly [string, RegExp])[] = [
    ['What is 2+2?', /^2 \+ 2 = 4\.$/],
    ['7 x 6', /^7 × 6 = 42\.$/],
    ['Calculate 1 divided by 0', /no result/],
    ['0.1+0.2', /= 0\.3\.$/],
    ['Hello', /^(Hello|Hi)\b/],
    ['Thank you very much!', /welcome|pleasure|Glad/],
    ['Say "pong"', /^pong$/],
    ['Reply with exactly the word OK', /^OK$/],
    ['Who are you?', /gemini-2\.5-flash/],
    ['What is the capital of France?', /Paris/],
    ['Who won the euro 2024?', /Spain/],
    ['Explain how AI works in a few words', /^AI learns patterns/],
    ['Write a short poem about rivers', /^.+\n.+\n.+\n.+$/],
    ['Write a haiku about rivers', /^.+\n.+\n.+\.$/],
    ['Tell me a joke', /programmers|binary|byte|windows/],
    ['List 4 things about bread', /1\. .*\n2\. .*\n3\. .*\n4\. /],
    ['Tell me about granite', /granite/],
    ['Why do cats purr?', /Why do cats purr|cats|purr/],
    ['', /\w/],
  ]
  for (const [prompt, expected] of CASES) {
    it(JSON.stringify(prompt), () => {
      assert.match(say(prompt), expected)
    })
  }

  it('a date is no sum', () => {
    assert.doesNotMatch(say('What happened on 2024-10-05?'), /=/)
    assert.doesNotMatch(say('What is 2024-10-05?'), /=/)
  })

  it('remembers a name from an earlier turn', () => {
    assert.match(say('What is my name?', { earlier: ['Hi, my name is Ann.'] }), /Ann/)
    assert.doesNotMatch(say('What is my name?'), /Ann/)
  })

  it('obeys a system instruction about tone, length, letters and work', () => {
    assert.match(say('Tell me about granite', { systemText: 'You are a cat. Your name is Neko.' }), /^Meow!/)
    assert.match(say('Who are you?', { systemText: 'You are a cat. Your name is Neko.' }), /Neko/)
    const plain = say('Tell me about granite')
    assert.ok(say('Tell me about granite', { systemText: 'Be terse.' }).length < plain.length / 2)
    const loud = say('Tell me about granite', { systemText: 'Answer in upper case.' })
    assert.equal(loud, loud.toUpperCase())
    const tutor = 'You are a math tutor. Always show your work.'
    assert.match(say('What is 2+2?', { systemText: tutor }), /Step 1.*\n.*4/)
  })

  it('writes about as many words as it is asked for', () => {
    const words = say('Write 500 words about bread').split(/\s+/).length
    assert.ok(words >= 500 && words < 540, String(words))
  })

  it('thoughts have a heading that reads well', () => {
    const headed = (prompt: string) => {
      const about = { modelId: 'x', prompt, earlier: [], systemText: '', media: [], readings: [] }
      return writeThoughts(about, createRandom(3)).split('\n')[0] ?? ''
    }
    assert.match(headed('Why is the sky blue?'), /^\*\*[A-Z][a-z ]+ the question “Why is the sky blue”\*\*$/)
    assert.match(headed('Explain volcanoes'), /^\*\*[A-Z][a-z ]+ Volcanoes\*\*$/)
  })

  it('a question about a picture is answered with what is seen, and nothing is made up', () => {
    const media = ['a PNG image of 4 × 3 pixels, all red']
    assert.equal(
      say('What is in this picture?', { media }),
      'I can see a PNG image of 4 × 3 pixels, all red.',
    )
    assert.match(say('Write a long story about this picture', { media }), /all red\. .{100}/)
  })

  it('a recording is heard, and asking how long it is asks for nothing long', () => {
    const media = ['a WAV recording of 2.0 seconds, 16 kHz, mono, silent']
    assert.equal(
      say('How long is this recording?', { media }),
      'I can hear a WAV recording of 2.0 seconds, 16 kHz, mono, silent.',
    )
    const both = say('What are these?', { media: [...media, 'a PNG image of 4 × 3 pixels, all red'] })
    assert.match(both, /^I can see a PNG image .*all red and hear a WAV recording/)
  })

  it('answers from a document of an earlier turn', () => {
    const earlier = [`${'The keeper counts the waves. '.repeat(30)}The keeper is called Ansgar.`]
    assert.match(say('What is the keeper called?', { earlier }), /Ansgar/)
    assert.doesNotMatch(say('Why do cats purr?', { earlier }), /keeper/)
  })

  it('says what media it was sent', () => {
    assert.match(say('What is this?', { media: ['a file of type image/png with 3 bytes'] }), /image\/png/)
  })
})

it('the same seed gives the same text, another one mostly another', () => {
  const texts = Array.from({ length: 20 }, (_, seed) => say('Tell me about granite', {}, seed))
  assert.deepEqual(
    texts,
    Array.from({ length: 20 }, (_, seed) => say('Tell me about granite', {}, seed)),
  )
  assert.ok(new Set(texts).size > 15)
})

it('no two candidates are alike', () => {
  const conversation = {
    modelId: 'm',
    prompt: 'Say pong',
    earlier: [],
    systemText: '',
    media: [],
    readings: [],
  }
  const texts = Array.from({ length: 8 }, (_, index) => writeAnswer(conversation, index, createRandom(1)))
  assert.equal(new Set(texts).size, 8)
})

it('any prompt gets well-formed text, in bounded time', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string(),
      fc.nat(),
      (prompt, systemText, seed) => {
        const text = say(prompt, { systemText }, seed)
        assert.ok(text.length > 0 && text.length < 10_000)
        assert.ok(text.isWellFormed())
      },
    ),
  )
  for (const unit of [
    'planets ',
    'simply ',
    'please ',
    '1+',
    'say ',
    ' ',
    '?',
    'write a poem about ',
    '\ud83d',
  ]) {
    const startedAtMs = performance.now()
    say(unit.repeat(200_000), { systemText: unit.repeat(200_000) })
    assert.ok(performance.now() - startedAtMs < 250, unit)
  }
})

it('thoughts are a bold heading and sentences', () => {
  const conversation = {
    modelId: 'm',
    prompt: 'Explain tides',
    earlier: [],
    systemText: '',
    media: [],
    readings: [],
  }
  assert.match(writeThoughts(conversation, createRandom(1)), /^\*\*\w.* Tides\*\*\n\n.*tides.*\n\n$/)
})
