import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Part } from '../../../wire/gemini.ts'
import { citationsFor } from './citations.ts'
import { asksForRecital, createRecitePlayer } from './recite.ts'
import { cpuMs, sceneOf, shipped, textOfPlay } from './testing.fixture.ts'

const loaded = await shipped.load()
const gettysburg = loaded.documents.find(({ title }) => title === 'Gettysburg Address')!

const recite = (prompt: string) =>
  asksForRecital(prompt) ? createRecitePlayer(shipped)(sceneOf(prompt, [])) : undefined

interface Source {
  startIndex?: number
  endIndex: number
  uri: string
  license?: string
}

async function sourcesOf(prompt: string, cut?: (text: string) => string): Promise<Source[]> {
  const play = await recite(prompt)
  const parts: Part[] = [{ text: cut ? cut(textOfPlay(play)) : textOfPlay(play) }]
  const metadata = play?.closing?.(parts).citationMetadata as { citationSources: Source[] } | undefined
  return metadata?.citationSources ?? []
}

test('[GROUND-11] a text that is asked for by name is quoted, and its source cited with its license', async () => {
  for (const [prompt, beginning, license] of [
    [
      'Recite the Gettysburg Address',
      /^Gettysburg Address:\n\nFour score and seven years ago/,
      'public domain',
    ],
    [
      "Recite the first lines of Hamlet's monologue",
      /^To be, or not to be, that is the question:\n/,
      'public domain',
    ],
    ['Print the full text of the MIT license, word for word', /^Permission is hereby granted/, 'mit'],
    ['Quote Sonnet 18 verbatim', /^Shall I compare thee/, 'public domain'],
  ] as const) {
    assert.match(textOfPlay(await recite(prompt)), beginning, prompt)
    const sources = await sourcesOf(prompt)
    assert.equal(sources[0]?.license, license, prompt)
    const heading = prompt === 'Recite the Gettysburg Address' ? 'Gettysburg Address:\n\n'.length : undefined
    assert.equal(sources[0]?.startIndex, heading)
  }
  const [whole] = await sourcesOf('Recite the Gettysburg Address')
  assert.equal(whole!.endIndex - whole!.startIndex!, Buffer.byteLength(gettysburg.text))
})

test('as many lines as were asked for', async () => {
  assert.equal(textOfPlay(await recite('Recite the first two lines of Sonnet 18')).split('\n').length, 2)
  assert.equal(textOfPlay(await recite('quote the first paragraph of the MIT licence')).includes('\n'), false)
})

test('a recital that a limit cut short is cited as far as it goes, and not at all below sixty characters', async () => {
  const [source] = await sourcesOf('Recite the Gettysburg Address', (text) => text.slice(0, 100))
  assert.equal(source?.endIndex, 100)
  assert.deepEqual(await sourcesOf('Recite the Gettysburg Address', (text) => text.slice(0, 59)), [])
})

test('other prompts are not for a recital', async () => {
  for (const prompt of [
    'What is the Gettysburg Address?',
    'Recite something',
    'Recite the alphabet',
    `${'recite '.repeat(200)}sonnet 18`,
  ]) {
    assert.equal(await recite(prompt), undefined, prompt)
  }
})

test('[GROUND-11] quotes inside a text are found by bytes, also behind characters of several bytes', () => {
  const quote = gettysburg.text.slice(200, 290)
  const text = `Liberté 😀: “${quote}” – und: ${gettysburg.text.slice(400, 470)}.`
  const citations = citationsFor(text, loaded) ?? []
  assert.deepEqual(
    citations.map(({ startIndex = 0, endIndex }) =>
      Buffer.from(text).subarray(startIndex, endIndex).toString(),
    ),
    [quote, gettysburg.text.slice(400, 470)],
  )
  assert.ok(citations.every(({ uri }) => uri === gettysburg.uri))
  assert.equal(
    citationsFor('Nothing of this text stands in any document of the corpus, I should think.', loaded),
    undefined,
  )
})

test('any slice of a document of sixty characters is found, a shorter one is not', () => {
  const { text } = gettysburg
  fc.assert(
    fc.property(fc.nat(text.length - 130), fc.integer({ min: 20, max: 120 }), (start, length) => {
      const found = citationsFor(`😀${text.slice(start, start + length)}😀`, loaded)
      if (length < 60) assert.equal(found, undefined)
      else
        assert.deepEqual(
          found?.map((one) => [one.startIndex, one.endIndex]),
          [[4, 4 + Buffer.byteLength(text.slice(start, start + length))]],
        )
    }),
    { numRuns: 300 },
  )
})

test('a long text of nothing but repetition takes linear time', () => {
  const text = gettysburg.text.slice(0, 59).repeat(20_000)
  const spent = cpuMs(() => citationsFor(text, loaded))
  assert.ok(spent < 3_000, `${spent} ms`)
})
