import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type as TypeBox } from 'typebox'
import { type Static, Type } from './type.ts'

type Builders = typeof Type

const OPTIONS = { description: 'what it is', 'x-own': true }

/** Every builder, with options and without, inside others. */
function schemasOf(type: Builders): object[] {
  const leaves = (['Boolean', 'Integer', 'Null', 'Number', 'String', 'Unknown'] as const).flatMap((name) => [
    type[name](),
    type[name](OPTIONS),
  ])
  const values = [type.Enum(['a', 'b']), type.Enum([1, 2], OPTIONS), type.Literal('a'), type.Literal(true)]
  const unsafe = type.Unsafe<string>({ anyOf: [{ type: 'string' }, { type: 'number' }] })
  const all = [...leaves, ...values, type.Literal(1, OPTIONS), unsafe]
  const free = type.Optional(type.Integer({ minimum: 1 }))
  const members = { needed: type.String(), free, unsafe: type.Optional(unsafe) }
  return [
    ...all,
    ...all.flatMap((one) => [
      type.Array(one),
      type.Array(one, { ...OPTIONS, minItems: 1 }),
      type.Optional(one),
    ]),
    ...[type.Union(all), type.Union(all, OPTIONS)],
    ...[type.Object({}), type.Object(members)],
    type.Object(members, { ...OPTIONS, additionalProperties: false }),
    type.Object({ inner: type.Optional(type.Object(members)), listed: type.Array(free) }),
    type.Object({ again: type.Optional(free), copied: { ...free } }),
    type.Record(type.String(), type.Unknown()),
    type.Record(type.String({ pattern: '^[a-z]+$' }), type.Object(members), OPTIONS),
  ]
}

test('every schema is the one that TypeBox builds, with its words in the same order', () => {
  const [own, theirs] = [schemasOf(Type), schemasOf(TypeBox)]
  assert.ok(own.length > 50)
  assert.deepEqual(
    own.map((one) => JSON.stringify(one)),
    theirs.map((one) => JSON.stringify(one)),
  )
})

test('building one schema of another changes nothing of the other', () => {
  const inner = Type.String()
  Type.Optional(inner)
  const { required } = Type.Object({ inner }) as { required?: string[] }
  assert.deepEqual(required, ['inner'])
})

test('the type of a schema is that of its values', () => {
  const shape = Type.Object({ name: Type.String(), age: Type.Optional(Type.Integer()) })
  const value: Static<typeof shape> = { name: 'a' }
  // @ts-expect-error a name is a string
  const wrong: Static<typeof shape> = { name: 1 }
  assert.notDeepEqual(value, wrong)
})
