import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { replaceStrings } from './json-strings.ts'

const NONE: ReadonlySet<string> = new Set()
const text = (json: string, skip: readonly string[] = []) => {
  const seen: [string, string][] = []
  replaceStrings(Buffer.from(json), new Set(skip), (value, path) => {
    seen.push([path.join('.'), value])
    return undefined
  })
  return seen
}

test('each string is seen with the members around it', () => {
  const json = '{"a":"1","b":{"c":["2",{"d":"3"},"4"],"e":"5"},"f":[["6"]],"g":{},"h":"7"}'
  assert.deepEqual(text(json), [
    ['a', '1'],
    ['b.c', '2'],
    ['b.c.d', '3'],
    ['b.c', '4'],
    ['b.e', '5'],
    ['f', '6'],
    ['h', '7'],
  ])
})

test('escapes are read, in names and in values, and quotes within a string are no ends', () => {
  assert.deepEqual(text('{"n\\u0061me":"files\\/a\\u0062c","x":"say \\"name\\":\\"no\\" \\\\","y":"z"}'), [
    ['name', 'files/abc'],
    ['x', 'say "name":"no" \\'],
    ['y', 'z'],
  ])
})

test('what is skipped is skipped to its end, and no further', () => {
  const json =
    '{"args":{"name":"1","args":["2",{"b":"3"}]},"name":"4","list":[{"args":"5","name":"6"}],"args":[],"z":"7"}'
  assert.deepEqual(text(json, ['args']), [
    ['name', '4'],
    ['list.name', '6'],
    ['z', '7'],
  ])
})

test('nothing but the replaced strings changes', () => {
  const json = ' { "n" : 12345678901234567890 , "name"\t:\n"files\\/abc", "t": "files/abc", "big": 1e400 }'
  const replaced = replaceStrings(Buffer.from(json), NONE, (value, path) =>
    path.at(-1) === 'name' ? value.toUpperCase() : undefined,
  )
  assert.equal(replaced.toString(), json.replace('"files\\/abc"', '"FILES/ABC"'))
})

test('any text is passed over in linear time, valid or not', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a') }),
      (json) => {
        const bytes = Buffer.from(json)
        assert.equal(
          replaceStrings(bytes, new Set(['a']), () => undefined),
          bytes,
        )
      },
    ),
    { numRuns: 500 },
  )
  for (const piece of ['"', '\\', '[', '{"a":', '"\\', '}', '{"']) {
    const started = performance.now()
    replaceStrings(Buffer.from(piece.repeat(1_000_000)), NONE, () => undefined)
    assert.ok(performance.now() - started < 2_000, piece)
  }
})

test('for valid JSON it sees what a parser sees', () => {
  const walk = (value: unknown, path: string, into: [string, string][]): void => {
    if (typeof value === 'string') into.push([path, value])
    else if (Array.isArray(value)) for (const one of value) walk(one, path, into)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) walk(one, path === '' ? key : `${path}.${key}`, into)
    }
  }
  const key = fc.constantFrom('a', 'b"', 'c\\', 'd/é')
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string({ maxLength: 20 }),
      fc.double({ noNaN: true }),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 4 }), fc.constantFrom(0, 2), (document, indent) => {
      const expected: [string, string][] = []
      walk(document, '', expected)
      assert.deepEqual(text(JSON.stringify(document, undefined, indent)), expected)
    }),
    { numRuns: 500 },
  )
})
