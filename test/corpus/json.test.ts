/** The parsing corpus against the dialect's own reader of bodies. What of it goes over a socket is in `meaning.test.ts`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DECIDED, type JsonTexts, REFUSED_TEXTS, TAKEN } from './json-cases.ts'
import { read } from './reading.ts'

const NOT_AN_OBJECT = /Root element must be a message\.$/

/** `refused` when the parser has something against it; that it is no object is another matter. */
function verdict(text: string): 'taken' | 'refused' {
  const failure = read(Buffer.from(text, 'latin1'))
  return failure === undefined || NOT_AN_OBJECT.test(failure.message) ? 'taken' : 'refused'
}

function each(texts: JsonTexts, name: string, check: (text: string) => void): void {
  for (const [subject, list] of Object.entries(texts)) {
    test(`[NEV-51] ${name}: ${subject}, ${list.length} texts`, () => {
      assert.equal(new Set(list).size, list.length, 'a text stands there twice')
      for (const text of list) check(text)
    })
  }
}

/** As a document, and as a member of one: what is taken by itself may yet be wrong in a place. */
const around = (text: string): readonly string[] => [text, `{"x":${text}}`, `{"x":[1,${text},{"y":${text}}]}`]
const shown = (text: string) => JSON.stringify(text.slice(0, 80))

describe('the parsing corpus', () => {
  each(TAKEN, 'what must be taken is taken', (text) => {
    for (const one of around(text)) assert.equal(verdict(one), 'taken', shown(one))
    assert.doesNotThrow(() => JSON.parse(Buffer.from(text, 'latin1').toString()))
  })
  each(REFUSED_TEXTS, 'what must be refused is refused', (text) => {
    for (const one of around(text)) assert.equal(verdict(one), 'refused', shown(one))
  })
  for (const decided of ['taken', 'refused'] as const) {
    each(DECIDED[decided], `what is free stays ${decided}`, (text) => {
      assert.equal(verdict(text), decided, shown(text))
    })
  }
  test('[NEV-51] it is all of the corpus', () => {
    const count = (texts: JsonTexts) => Object.values(texts).flat().length
    assert.ok(count(TAKEN) >= 85, `${count(TAKEN)} taken`)
    assert.ok(count(REFUSED_TEXTS) >= 185, `${count(REFUSED_TEXTS)} refused`)
    assert.ok(count(DECIDED.taken) + count(DECIDED.refused) >= 35)
  })
})
