import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { asksForPicture, imagine } from './imagine.ts'
import { backdropOf, describeSketch } from './sketch.ts'

/** What is on the picture after these turns, each answered with a picture. */
function after(...texts: readonly string[]): string {
  return describeSketch(imagine(texts.map((text) => ({ text, pictured: true }))))
}

describe('what a prompt puts on a picture', () => {
  const CASES: readonly (readonly [string, string])[] = [
    ['a red circle on a blue background', 'a red circle on a blue background'],
    ['A Green Square', 'a green square on a white background'],
    ['red circle against yellow', 'a red circle on a yellow background'],
    ['a circle that is orange', 'an orange circle on a white background'],
    ['two red circles and a blue star', 'two red circles and a blue star on a white background'],
    ['a purple heart, black background', 'a purple heart on a black background'],
    ['Draw a house with a tree and a cat under the sun', 'a house, a tree, a cat and a sun in daylight'],
    ['3 pictures of a dog', 'a dog in daylight'],
    ['a big yellow moon over the sea', 'a yellow moon and a sea at night'],
    ['a man in a red hat', 'a person in daylight'],
    ['Ein Café mit 🐈 – nothing known', ''],
    ['a white ball on the green grass', 'a white circle outdoors'],
    ['a beach without the sun', 'a sea in a beach scene'],
    ['constructor __proto__ toString', ''],
    ['a plain blue background', 'an empty picture on a blue background'],
  ]
  for (const [text, expected] of CASES) {
    it(text, () => {
      const description = after(text)
      if (expected === '') assert.match(description, /on a white background$/)
      else assert.equal(description, expected)
    })
  }

  it('draws forms before a colour when the thing itself is unknown', () => {
    const sketch = imagine([{ text: 'A red gramophone against a blue wall', pictured: false }])
    assert.equal(sketch.motifs.length, 3)
    assert.match(describeSketch(sketch), /on a blue background$/)
  })

  it('draws forms for words that name nothing, others for other words', () => {
    const sketches = ['justice', 'mercy', 'time'].map((text) => imagine([{ text, pictured: false }]))
    for (const { motifs } of sketches) assert.equal(motifs.length, 3)
    assert.ok(new Set(sketches.map(describeSketch)).size > 1)
    assert.deepEqual(imagine([{ text: 'justice', pictured: false }]), sketches[0])
  })
})

describe('what later turns change', () => {
  const RED = 'Draw a red circle on a blue background'
  const CASES: readonly (readonly [readonly string[], string])[] = [
    [[RED, 'make the circle green'], 'a green circle on a blue background'],
    [[RED, 'Now make it yellow.'], 'a yellow circle on a blue background'],
    [[RED, 'add a tree'], 'a red circle and a tree on a blue background'],
    [[RED, 'change the background to black'], 'a red circle on a black background'],
    [[RED, 'Change the colour of the circle to white'], 'a white circle on a blue background'],
    [[RED, 'replace the circle with a square'], 'a red square on a blue background'],
    [[RED, 'turn it into a yellow star'], 'a yellow star on a blue background'],
    [[RED, 'Draw it at night'], 'a red circle at night'],
    [[RED, 'Show me the same picture with a tree'], 'a red circle and a tree on a blue background'],
    [[RED, 'turn it into night'], 'a red circle at night'],
    [[RED, 'add a tree', 'remove the circle'], 'a tree on a blue background'],
    [
      [RED, 'make the circle green and add a yellow star'],
      'a green circle and a yellow star on a blue background',
    ],
    [['a house under the sun', 'make it night'], 'a house and a moon at night'],
    [[RED, 'Draw a cat'], 'a cat in daylight'],
    [[RED, 'a cat'], 'a cat in daylight'],
    [['Draw a sun and a tree', 'remove the sun'], 'a tree in daylight'],
  ]
  for (const [texts, expected] of CASES) {
    it(`[MAKE-IMAGE-02] ${texts.slice(1).join(' | ')}`, () => {
      assert.equal(after(...texts), expected)
    })
  }

  it('a size and a place can be changed', () => {
    const first = imagine([{ text: 'a circle', pictured: true }])
    const turns = [
      { text: 'a circle', pictured: true },
      { text: 'make it bigger and move it to the top left', pictured: false },
    ]
    const [motif] = imagine(turns).motifs
    assert.ok(motif!.size > first.motifs[0]!.size)
    assert.deepEqual(motif!.place, { x: -1, y: -1 })
  })

  it('talk before the first picture is not on it', () => {
    const turns = [
      { text: 'I have a cat and a boat', pictured: false },
      { text: 'A red heart, please', pictured: false },
    ]
    assert.equal(describeSketch(imagine(turns)), 'a red heart on a white background')
  })

  it('never throws and never holds more than its bound, whatever is said', () => {
    const words = fc.constantFrom(
      ...'add remove make the a circle tree it red blue to into on and , . replace with background night ten stars big left'.split(
        ' ',
      ),
    )
    const text = fc.oneof(
      fc.array(words, { maxLength: 40 }).map((list) => list.join(' ')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(fc.record({ text, pictured: fc.boolean() }), { maxLength: 6 }), (turns) => {
        const sketch = imagine(turns)
        assert.ok(sketch.motifs.length <= 24)
        assert.ok(backdropOf(sketch).sky.length === 2)
        assert.ok(describeSketch(sketch).length > 0)
      }),
      { numRuns: 400 },
    )
  })

  it('reads a hostile conversation in a moment', () => {
    const turns = ['\ufdfa', 'red ', 'make it ', '2 ', ', '].flatMap((unit) =>
      Array.from({ length: 12 }, () => ({ text: `draw ${unit.repeat(200_000)}`, pictured: true })),
    )
    const startedAt = process.cpuUsage()
    imagine(turns)
    const { user } = process.cpuUsage(startedAt)
    assert.ok(user < 2_000_000, `${user} µs`)
  })
})

describe('whether a prompt asks for a picture', () => {
  for (const text of ['Draw something', 'a photo of justice', 'a cat', 'Create an image']) {
    it(text, () => assert.equal(asksForPicture(text), true))
  }
  for (const text of ['hello', 'What is the meaning of life?', 'make it so']) {
    it(text, () => assert.equal(asksForPicture(text), false))
  }
})
