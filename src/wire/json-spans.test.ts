import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  elementsOf,
  firstElementOf,
  membersOf,
  parsedAt,
  removals,
  rootOf,
  valueStartOf,
  withEdits,
} from './json-spans.ts'

const json = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), fc.constantFrom(0, 2))

test('members are found where they are, whatever their names and values, and however it is indented', () => {
  fc.assert(
    fc.property(json, ([object, indent]) => {
      const body = Buffer.from(`\n ${JSON.stringify(object, undefined, indent)}\n`)
      const members = membersOf(body, rootOf(body))
      assert.deepEqual(
        members.map((member) => [member.name, parsedAt(body, member)]),
        Object.entries(JSON.parse(JSON.stringify(object))),
      )
    }),
  )
})

test('elements are found where they are', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.constantFrom(0, 2), (list, indent) => {
      const body = Buffer.from(JSON.stringify(list, undefined, indent))
      const elements = elementsOf(body, rootOf(body)).map((span) => parsedAt(body, span))
      assert.deepEqual(elements, JSON.parse(JSON.stringify(list)))
    }),
  )
  const single = Buffer.from('{"a": {"b":1} }')
  const [member] = membersOf(single, 0)
  assert.deepEqual(
    elementsOf(single, member!.start).map((span) => parsedAt(single, span)),
    [{ b: 1 }],
  )
})

test('the value of one member and the first element of a list are found without the rest', () => {
  fc.assert(
    fc.property(json, ([object, indent]) => {
      const body = Buffer.from(JSON.stringify(object, undefined, indent))
      for (const { name, start } of membersOf(body, 0)) assert.equal(valueStartOf(body, 0, name), start)
      assert.equal(valueStartOf(body, 0, `${Object.keys(object).join()}-`), undefined)
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 3 }), fc.constantFrom(0, 2), (list, indent) => {
      const body = Buffer.from(JSON.stringify(list, undefined, indent))
      const first = firstElementOf(body, 0)
      const [expected] = elementsOf(body, 0)
      assert.deepEqual(first, expected && { ...expected, isOnly: list.length === 1 })
    }),
  )
  assert.deepEqual(firstElementOf(Buffer.from('{"a":1}'), 0), { start: 0, end: 7, isOnly: true })
})

test('a text that is cut off anywhere is no trouble', () => {
  const whole = Buffer.from('{"\\u0061":"x\\"y","c":[{"d":"\\u00e9"}, 1 ]}')
  for (let end = 0; end <= whole.length; end++) {
    const cut = whole.subarray(0, end)
    const start = valueStartOf(cut, 0, 'c')
    if (start !== undefined) assert.ok((firstElementOf(cut, start)?.end ?? 0) <= end)
  }
  assert.equal(valueStartOf(whole, 0, 'a'), 10)
})

test('what is removed takes its commas along', () => {
  fc.assert(
    fc.property(json, fc.integer({ min: 0, max: 63 }), ([object, indent], mask) => {
      const body = Buffer.from(JSON.stringify(object, undefined, indent))
      const members = membersOf(body, 0)
      const gone = new Set(members.filter((_, index) => (mask >> index) & 1))
      const left = withEdits(
        body,
        removals(members, (member) => gone.has(member)),
      )
      const wanted = members.filter((member) => !gone.has(member))
      assert.deepEqual(
        Object.entries(JSON.parse(left.toString())),
        wanted.map((member) => [member.name, parsedAt(body, member)]),
      )
    }),
  )
})

test('everything else stays byte for byte, large integers and byte order marks too', () => {
  const body = Buffer.from('\uFEFF{"big": 12345678901234567890,\t"a":"x\\"}", "b":[1.0]}')
  const [, a] = membersOf(body, rootOf(body))
  const edited = withEdits(body, [{ start: a!.start, end: a!.end, text: '"é"' }])
  assert.equal(edited.toString(), '\uFEFF{"big": 12345678901234567890,\t"a":"é", "b":[1.0]}')
  assert.equal(withEdits(body, []), body)
})
