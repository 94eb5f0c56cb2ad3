import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRandom } from '../digest.ts'
import { hintsOf } from './arbitrary.fixture.ts'
import { makeValue } from './make.ts'
import { readJsonSchema } from './read.ts'

function make(properties: Record<string, object>, prompt: string, seed = 1): Record<string, unknown> {
  const schema = { type: 'object', properties, required: Object.keys(properties) }
  const shape = readJsonSchema(schema, 'generation_config.response_json_schema')
  return makeValue(shape, hintsOf(prompt), createRandom(seed)) as Record<string, unknown>
}

const TEXT = { type: 'string' }

describe('values that make sense beside each other', () => {
  it('a country has its own capital, and each in a list is another', () => {
    const country = {
      type: 'object',
      properties: { name: TEXT, capital: TEXT },
      required: ['name', 'capital'],
    }
    const countries = { type: 'array', items: country, minItems: 3, maxItems: 3 }
    const prompt = 'List 3 countries in Europe with their capital'
    const made = make({ countries }, prompt).countries as { name: string; capital: string }[]
    assert.equal(new Set(made.map(({ name }) => name)).size, 3)
    const capitals = new Map([
      ['France', 'Paris'],
      ['Japan', 'Tokyo'],
      ['United Kingdom', 'London'],
      ['Italy', 'Rome'],
      ['Germany', 'Berlin'],
      ['Canada', 'Ottawa'],
      ['Egypt', 'Cairo'],
      ['Türkiye', 'Ankara'],
    ])
    for (const { name, capital } of made) assert.equal(capital, capitals.get(name), name)
  })

  it('ingredients are foods, each another', () => {
    const item = {
      type: 'object',
      properties: { name: TEXT, grams: { type: 'integer' } },
      required: ['name'],
    }
    const prompt = 'Give me a recipe for pancakes'
    const { ingredients } = make({ ingredients: { type: 'array', items: item, minItems: 3 } }, prompt)
    const names = (ingredients as { name: string }[]).map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    assert.ok(!names.some((name) => /recipe|pancakes/i.test(name)), names.join())
  })
})

describe('what the prompt says', () => {
  const TABLE = { restaurant: TEXT, guests: { type: 'integer' }, outdoors: { type: 'boolean' } }

  it('the place, the number of people, and what they want', () => {
    for (let seed = 0; seed < 10; seed++) {
      assert.deepEqual(make(TABLE, 'Book a table for 2 at Nobu, outdoors', seed), {
        restaurant: 'Nobu',
        guests: 2,
        outdoors: true,
      })
      const refused = make(TABLE, 'Book a table for 2 at "Lofoten", but not outdoors', seed)
      assert.deepEqual([refused.restaurant, refused.outdoors], ['Lofoten', false])
    }
  })

  it('a number of nights is no number of guests', () => {
    const seeds = Array.from({ length: 10 }, (_, seed) => seed)
    const guests = seeds.map((seed) => make(TABLE, 'Book a room for 45 nights', seed).guests)
    assert.ok(!guests.includes(45), guests.join())
  })

  it('one of several is named by a word without its ending', () => {
    const dishes = { type: 'array', items: TEXT, minItems: 2 }
    const made = make({ dishes }, 'Write a menu about pasta').dishes as string[]
    assert.ok(!made.some((dish) => /\bDishe\b/.test(dish)), made.join())
  })
})
