// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeDollars, InterpolationError, interpolate, type Sources } from './interpolate.ts'

const sources: Sources = {
  environment: { NAME: 'value', EMPTY: '', TRICKY: '${NAME} $$ }' },
  readFile(path) {
    if (path === '/run/secrets/x') return 'secret\n'
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
  },
}
const text = (input: string): string => interpolate(input, sources).text

test('each form of reference', () => {
  assert.equal(text('a ${NAME} b ${NAME}'), 'a value b value')
  assert.equal(text('${EMPTY}'), '')
  assert.equal(text('${NONE:-default}${EMPTY:-other}${NAME:-unused}'), 'defaultothervalue')
  assert.equal(text('${NONE:-${ALSO_NONE:-${NAME}!}}'), 'value!')
  assert.equal(text('${NONE:-}'), '')
  assert.equal(text('${NAME:?is needed}'), 'value')
  assert.equal(text('${file:/run/secrets/x}'), 'secret')
  assert.equal(text('$$ $${NAME} $5 a$'), '$ ${NAME} $5 a$')
})

test('what is put in is never read again', () => {
  assert.equal(text('${TRICKY}'), '${NAME} $$ }')
})

test('failures name the variable or the file, never a value', () => {
  const fails = (input: string, message: RegExp): void => {
    assert.throws(
      () => interpolate(input, sources),
      (error) => error instanceof InterpolationError && message.test(error.message),
      input,
    )
  }
  fails('${NONE}', /NONE is not set/)
  fails('${NONE:?set it in the unit file}', /NONE: set it in the unit file/)
  fails('${EMPTY:?}', /EMPTY: is not set/)
  fails('${NAME', /no closing/)
  fails('${file:/nowhere}', /\/nowhere cannot be read \(ENOENT\)/)
  fails('${}', /not understood/)
  fails('${1A}', /not understood/)
  fails('${NAME:+x}', /not understood/)
  fails(`${'${A:-'.repeat(20)}${'}'.repeat(20)}`, /nested/)
  assert.throws(
    () => text('${AIzaSy-canary}'),
    (error: Error) => !error.message.includes('canary'),
  )
})

test('escaped text comes back as it was, and text without a dollar is left alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (input) => {
      assert.deepEqual(interpolate(escapeDollars(input), sources), { text: input, changed: false })
    }),
  )
})

test('any text ends in a value or an InterpolationError', () => {
  const piece = fc.constantFrom('$', '{', '}', ':', '-', '?', 'NAME', 'file:', '${', '$$', ' ')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        interpolate(pieces.join(''), sources)
      } catch (error) {
        assert.ok(error instanceof InterpolationError)
      }
    }),
    { numRuns: 2000 },
  )
})
