import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../errors.ts'
import { readMessage } from '../../translation/checks/message.ts'
import { createRandom } from '../digest.ts'
import {
  arbitraryGeminiSchema,
  arbitraryJsonSchema,
  arbitraryPrompt,
  hintsOf,
  type JsonObject,
} from './arbitrary.fixture.ts'
import { makeValue } from './make.ts'
import { readGeminiSchema, readJsonSchema } from './read.ts'
import { validate } from './validate.ts'

const PATH = 'generation_config.response_schema'
const RUNS = 3_000

/** Breaks a schema somewhere: a member gone, doubled, or of another value. */
const broken = fc
  .tuple(
    fc.oneof(arbitraryJsonSchema(), arbitraryGeminiSchema()),
    fc.array(fc.nat(), { minLength: 3, maxLength: 9 }),
  )
  .map(([schema, draws]) => {
    const copy: unknown = structuredClone(schema)
    for (let index = 0; index + 2 < draws.length; index += 3) breakOne(copy, draws.slice(index, index + 3))
    // As it would come over the wire: without holes.
    return JSON.parse(JSON.stringify(copy)) as unknown
  })

const JUNK: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    '',
    '#',
    '#/$defs/Tree',
    'string',
    'OBJECT',
    '(',
    '[a',
    'a{9}',
    [],
    {},
  ],
  ...[
    [{}],
    ['a'],
    ['a', 'a'],
    { type: 'object' },
    { $ref: '#' },
    { a: false },
    { a: { $ref: '#' } },
    '9'.repeat(30),
  ],
]
const KEYWORDS = [
  ...[
    'type',
    'enum',
    'const',
    'items',
    'prefixItems',
    'minItems',
    'maxItems',
    'uniqueItems',
    'contains',
    'pattern',
  ],
  ...[
    'minLength',
    'maxLength',
    'format',
    'minimum',
    'maximum',
    'multipleOf',
    'exclusiveMinimum',
    'properties',
  ],
  ...[
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
  ],
  ...[
    'anyOf',
    'oneOf',
    'allOf',
    'not',
    '$ref',
    '$defs',
    'nullable',
    'propertyOrdering',
    'title',
    'description',
  ],
]

function breakOne(root: unknown, [where = 0, how = 0, what = 0]: readonly number[]): void {
  const nodes: JsonObject[] = []
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    nodes.push(value as JsonObject)
    for (const inner of Object.values(value)) collect(inner)
  }
  collect(root)
  const node = nodes[where % nodes.length]!
  const names = Object.keys(node)
  const name =
    how % 3 === 0 && names.length > 0 ? names[what % names.length]! : KEYWORDS[what % KEYWORDS.length]!
  if (how % 7 === 0) delete node[name]
  else node[name] = structuredClone(how % 5 === 0 ? nodes[what % nodes.length] : JUNK[how % JUNK.length])
}

describe('[SCHEMA-03] a broken schema is refused or met, and never anything else', () => {
  it('as JSON Schema', () => {
    let made = 0
    fc.assert(
      fc.property(broken, arbitraryPrompt(), fc.nat(), (schema, prompt, seed) => {
        try {
          const shape = readJsonSchema(schema, PATH)
          const value = makeValue(shape, hintsOf(prompt), createRandom(seed))
          assert.deepEqual(validate(shape, value), [])
          made++
        } catch (error) {
          assert.ok(error instanceof GatewayError, String((error as Error).stack))
          assert.equal(error.code, 'invalid_argument')
        }
      }),
      { numRuns: RUNS },
    )
    assert.ok(made > RUNS / 10, `only ${made} were made`)
  })

  it("as Gemini's", () => {
    fc.assert(
      fc.property(broken, fc.nat(), (schema, seed) => {
        try {
          const shape = readGeminiSchema(readMessage('Schema', schema), PATH)
          const value = makeValue(shape, hintsOf(''), createRandom(seed))
          assert.deepEqual(validate(shape, value), [])
        } catch (error) {
          assert.ok(error instanceof GatewayError, String((error as Error).stack))
          assert.equal(error.code, 'invalid_argument')
        }
      }),
      { numRuns: RUNS },
    )
  })

  const chain = (count: number, link: (next: object) => unknown): object => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `d${index}`,
        index + 1 < count ? link({ $ref: `#/$defs/d${index + 1}` }) : { type: 'string' },
      ]),
    ),
  })
  const EXPENSIVE: Readonly<Record<string, unknown>> = {
    'references in a row': chain(500, (next) => next),
    'a conjunction that doubles': chain(60, (next) => ({ allOf: [next, next] })),
    'a choice that doubles': chain(60, (next) => ({ anyOf: [next, next] })),
    'an exact choice that doubles': chain(60, (next) => ({ oneOf: [next, next] })),
    'a negation that doubles': chain(60, (next) => ({ not: { anyOf: [next, next] } })),
    'an object that doubles': chain(30, (next) => ({
      type: 'object',
      properties: { a: next, b: next },
      required: ['a', 'b'],
    })),
    'many properties': { type: 'object', required: Array.from({ length: 4_000 }, (_, index) => `p${index}`) },
    'long lists': { type: 'array', minItems: 4_000, items: { type: 'array', minItems: 4_000 } },
    'a long list of different texts': {
      type: 'array',
      minItems: 2_000,
      uniqueItems: true,
      items: { maxLength: 2 },
    },
    'a long text': { type: 'string', minLength: 100_000, pattern: '^(a|b)*c?$' },
    'a long list of values twice': {
      allOf: [{ enum: Array.from({ length: 100_000 }, (_, index) => index) }, { enum: [-1] }],
    },
    'many patterns': {
      type: 'object',
      patternProperties: Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [`^(a*)*${index}`, {}]),
      ),
      required: Array.from({ length: 300 }, (_, index) => 'a'.repeat(index + 10)),
    },
  }
  for (const [name, schema] of Object.entries(EXPENSIVE)) {
    it(`within bounded time: ${name}`, () => {
      const startedAtMs = performance.now()
      try {
        makeValue(readJsonSchema(schema, PATH), hintsOf('word '.repeat(800)), createRandom(1))
      } catch (error) {
        assert.ok(error instanceof GatewayError, String((error as Error).stack))
        assert.equal(error.code, 'invalid_argument')
      }
      assert.ok(performance.now() - startedAtMs < 3_000)
    })
  }
})
