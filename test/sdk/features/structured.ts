/** Answers as data: by the SDK's own schema, by a Zod schema turned into JSON Schema, by a list of words. */
import assert from 'node:assert/strict'
import { z } from 'zod'
import {
  checkStream,
  collect,
  type FeatureCase,
  type FeatureRig,
  FLASH,
  joined,
  PRO,
  refusedWith,
} from './rig.ts'

export const STRUCTURED: readonly FeatureCase[] = [
  { name: '[SDKF-SCHEMA-01] a typed schema', run: typedSchema },
  { name: '[SDKF-SCHEMA-01] a Zod schema parses what it asked for', run: zodSchema },
  { name: '[SDKF-SCHEMA-01] a schema that refers to itself', run: recursiveSchema },
  {
    name: '[SDKF-SCHEMA-01] [SDKF-STREAM-01] streamed JSON parses when it is put together',
    run: streamedJson,
  },
  { name: '[SDKF-SCHEMA-01] one of a list of words', run: enumMode },
  { name: '[SDKF-SCHEMA-01] JSON without a schema, and a list of nothing is refused', run: freeJson },
]

const JSON_TYPE = 'application/json'

async function typedSchema({ ai, sdk: { Type } }: FeatureRig): Promise<void> {
  const responseSchema = {
    type: Type.ARRAY,
    minItems: '3',
    maxItems: '3',
    items: {
      type: Type.OBJECT,
      properties: {
        recipeName: { type: Type.STRING },
        minutes: { type: Type.INTEGER, minimum: 5, maximum: 90 },
        vegetarian: { type: Type.BOOLEAN },
        ingredients: { type: Type.ARRAY, items: { type: Type.STRING }, minItems: '1' },
        note: { type: Type.STRING, nullable: true },
      },
      required: ['recipeName', 'minutes', 'vegetarian', 'ingredients', 'note'],
      propertyOrdering: ['minutes', 'recipeName', 'ingredients', 'vegetarian', 'note'],
    },
  }
  const config = { responseMimeType: JSON_TYPE, responseSchema }
  const answer = await ai.models.generateContent({
    model: FLASH,
    contents: 'List three cookie recipes.',
    config,
  })
  const recipes = JSON.parse(answer.text ?? '') as Record<string, unknown>[]
  assert.equal(recipes.length, 3)
  for (const recipe of recipes) {
    assert.deepEqual(Object.keys(recipe), responseSchema.items.propertyOrdering)
    assert.ok(Number.isInteger(recipe.minutes) && Number(recipe.minutes) >= 5 && Number(recipe.minutes) <= 90)
    assert.equal(typeof recipe.vegetarian, 'boolean')
  }
  assert.match(String(recipes[0]?.recipeName), /cookie|biscuit|brownie|snickerdoodle/i)
}

const Contact = z.object({
  name: z.string(),
  age: z.number().int().min(0).max(120),
  email: z.email(),
  born: z.iso.date(),
  role: z.enum(['admin', 'editor', 'viewer']),
  tags: z.array(z.string()).min(1).max(3),
  address: z.object({ city: z.string(), zip: z.string().regex(/^\d{5}$/) }).strict(),
  nickname: z.string().nullable(),
  score: z.number().optional(),
  channel: z.union([z.object({ phone: z.string() }), z.object({ handle: z.string() })]),
})

const jsonSchemaOf = (schema: z.ZodType) => z.toJSONSchema(schema) as Record<string, unknown>

async function zodSchema({ ai }: FeatureRig): Promise<void> {
  const contents = 'Make up a contact: Ada Lovelace, 36 years old, who lives in London.'
  for (const model of [FLASH, PRO]) {
    const config = { responseMimeType: JSON_TYPE, responseJsonSchema: jsonSchemaOf(Contact) }
    const answer = await ai.models.generateContent({ model, contents, config })
    const contact = Contact.parse(JSON.parse(answer.text ?? ''))
    assert.deepEqual([contact.name, contact.age, contact.address.city], ['Ada Lovelace', 36, 'London'])
    // A JSON Schema in the field of the typed one is what the SDK itself moves over.
    const moved = { responseMimeType: JSON_TYPE, responseSchema: jsonSchemaOf(Contact) }
    Contact.parse(
      JSON.parse((await ai.models.generateContent({ model, contents, config: moved })).text ?? ''),
    )
  }
}

interface Node {
  readonly title: string
  readonly children: readonly Node[]
}

const Tree: z.ZodType<Node> = z.object({
  title: z.string(),
  get children() {
    return z.array(Tree).max(3)
  },
})

async function recursiveSchema({ ai }: FeatureRig): Promise<void> {
  const config = { responseMimeType: JSON_TYPE, responseJsonSchema: jsonSchemaOf(Tree) }
  const answer = await ai.models.generateContent({
    model: PRO,
    contents: 'An outline of a book about rain',
    config,
  })
  const tree = Tree.parse(JSON.parse(answer.text ?? ''))
  assert.notEqual(tree.title, '')
}

async function streamedJson({ ai }: FeatureRig): Promise<void> {
  const Books = z.array(z.object({ title: z.string(), year: z.number().int() })).length(4)
  const config = { responseMimeType: JSON_TYPE, responseJsonSchema: jsonSchemaOf(Books) }
  const ask = { model: FLASH, contents: 'List four books about the sea.', config }
  const chunks = await collect(await ai.models.generateContentStream(ask))
  checkStream(chunks)
  const books = Books.parse(JSON.parse(joined(chunks)))
  assert.equal(new Set(books.map(({ title }) => title)).size, 4, 'four different books')
  assert.equal(joined(chunks), (await ai.models.generateContent(ask)).text)
}

async function enumMode({ ai, sdk: { Type } }: FeatureRig): Promise<void> {
  const families = ['Percussion', 'String', 'Woodwind', 'Brass', 'Keyboard']
  const responseSchema = { type: Type.STRING, enum: families }
  const config = { responseMimeType: 'text/x.enum', responseSchema }
  const contents = 'What type of instrument is an oboe?'
  const answer = await ai.models.generateContent({ model: FLASH, contents, config })
  assert.equal(answer.text, 'Woodwind')
  const chunks = await collect(await ai.models.generateContentStream({ model: FLASH, contents, config }))
  assert.equal(joined(chunks), answer.text)
}

async function freeJson({ ai, sdk }: FeatureRig): Promise<void> {
  const contents = 'List three colours as JSON, each with a name and a hex code.'
  const answer = await ai.models.generateContent({
    model: FLASH,
    contents,
    config: { responseMimeType: JSON_TYPE },
  })
  assert.equal(typeof JSON.parse(answer.text ?? ''), 'object')
  const untold = { responseMimeType: JSON_TYPE, responseSchema: { type: sdk.Type.ARRAY } }
  await assert.rejects(
    ai.models.generateContent({ model: FLASH, contents, config: untold }),
    refusedWith(sdk, /response_schema\.items: missing field/),
  )
}
