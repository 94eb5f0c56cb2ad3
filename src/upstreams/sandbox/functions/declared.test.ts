import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../errors.ts'
import { arbitraryGeminiSchema, arbitraryJsonSchema } from '../schema/arbitrary.fixture.ts'
import { validate } from '../schema/validate.ts'
import { readFunctions } from './functions.ts'
import { answering, asking, calling, callsOf, GEMINI_3, GEMINI_25, play, read } from './testing.fixture.ts'

/** The arguments by name, each with a schema out of the dialect. */
function arbitraryObject(dialect: () => fc.Arbitrary<object>): fc.Arbitrary<object> {
  const name = fc.constantFrom('city', 'date', 'email', 'count', 'tags', '__proto__', 'x y')
  return fc.dictionary(name, dialect(), { maxKeys: 3 }).map((properties) => ({
    type: 'object',
    properties,
    required: Object.keys(properties).filter((_, index) => index % 2 === 0),
  }))
}

/** A reference is of the document's root, which is another one here. */
const freeOfReferences = (): fc.Arbitrary<object> =>
  arbitraryJsonSchema().filter((schema) => !JSON.stringify(schema).includes('"$ref"'))
const parameters = fc.oneof(
  fc.constant({}),
  arbitraryObject(arbitraryGeminiSchema).map((schema) => ({ parameters: schema })),
  arbitraryObject(freeOfReferences).map((schema) => ({ parametersJsonSchema: schema })),
)
const heads = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('f', 'get_city', 'a.b', 'sendMail'),
    description: fc.string({ maxLength: 30 }),
  }),
  { minLength: 1, maxLength: 4, selector: ({ name }) => name },
)
const declarations = heads.chain((list) =>
  fc.tuple(...list.map((head) => parameters.map((rest) => ({ ...head, ...rest })))),
)
const prompts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('get the city in Oslo and Rome', 'send mail to a@b.org then call f', 'f(5)'),
)

/** Has one function called, checks the arguments, and gives its result back. */
async function callOnce(
  functionDeclarations: readonly object[],
  prompt: string,
  model: string,
  seed: number,
): Promise<void> {
  const toolConfig = { functionCallingConfig: { mode: 'ANY' } }
  const body = { contents: [asking(prompt)], tools: [{ functionDeclarations }], toolConfig }
  const played = await play(body, model, seed)
  const calls = callsOf(played)
  assert.ok(calls.length > 0)
  const functions = readFunctions(read(body).tools)
  for (const { name, args } of calls) {
    const shape = functions.find((declared) => declared.name === name)?.shape
    const received = JSON.parse(JSON.stringify(args))
    assert.deepEqual(shape === undefined ? Object.keys(args) : validate(shape, received), [])
  }
  const responses = calls.map(({ id, name }) => ({ ...(id && { id }), name, response: { output: name } }))
  const contents = [...body.contents, calling(...played!.parts), answering(...responses)]
  assert.ok((await play({ ...body, contents }, model, seed)) !== undefined)
}

describe('any declarations', () => {
  it('[FUNC-11] are called with valid arguments in mode ANY', async () => {
    const models = fc.constantFrom(GEMINI_3, GEMINI_25)
    await fc.assert(fc.asyncProperty(declarations, prompts, models, fc.nat(), callOnce), { numRuns: 2_000 })
  })

  it('[FUNC-11] that make no sense are refused in Google’s shape', async () => {
    let refused = 0
    const property = fc.asyncProperty(
      fc.jsonValue({ maxDepth: 4 }),
      fc.boolean(),
      async (value, isInside) => {
        const parametersJsonSchema = isInside ? { type: 'object', properties: value } : value
        try {
          await callOnce([{ name: 'f', parametersJsonSchema }], 'f', GEMINI_3, 1)
        } catch (error) {
          if (!(error instanceof GatewayError) || error.code !== 'invalid_argument') throw error
          refused++
        }
      },
    )
    await fc.assert(property, { numRuns: 1_000 })
    assert.ok(refused > 200, `only ${refused} were refused`)
  })
})
