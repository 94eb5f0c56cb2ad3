import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBody, refusalOf, user } from './reading.fixture.ts'

const contents = [user({ text: 'go' })]

async function formatOf(generationConfig: object, losses: readonly string[] = []): Promise<unknown> {
  const { conversation, lost } = await readBody({ contents, generationConfig })
  assert.deepEqual(lost, losses)
  assert.deepEqual(conversation.config.untaken(), [])
  return JSON.parse(JSON.stringify(conversation.format))
}

function refusal(generationConfig: object): Promise<string> {
  return refusalOf({ contents, generationConfig })
}

const JSON_TYPE = { responseMimeType: 'application/json' }

test('[TRN-07] an answer is text unless something else is asked for', async () => {
  assert.deepEqual(await formatOf({}), { kind: 'text' })
  assert.deepEqual(await formatOf({ responseMimeType: 'text/plain' }), { kind: 'text' })
  assert.deepEqual(await formatOf({ responseFormat: { text: { mimeType: 'TEXT_PLAIN' } } }), { kind: 'text' })
  assert.deepEqual(await formatOf({ responseFormat: { audio: {} } }), { kind: 'text' })
})

test('[TRN-07] JSON with and without a schema, in all the ways to say so', async () => {
  const json = { kind: 'json', path: 'generationConfig.responseMimeType' }
  assert.deepEqual(await formatOf(JSON_TYPE), json)
  const written = { type: 'STRING', nullable: true }
  assert.deepEqual(await formatOf({ ...JSON_TYPE, responseSchema: written }), {
    ...{ kind: 'schema', path: 'generationConfig.responseSchema' },
    schema: { type: ['string', 'null'] },
  })
  const schema = { $schema: 'x', type: 'array', items: false }
  const plain = { type: 'array', items: false }
  for (const member of ['responseJsonSchema', '_responseJsonSchema']) {
    assert.deepEqual(await formatOf({ ...JSON_TYPE, [member]: schema }), {
      ...{ kind: 'schema', path: `generationConfig.${member}`, schema: plain },
    })
  }
  assert.deepEqual(await formatOf({ responseFormat: { text: { mimeType: 'APPLICATION_JSON', schema } } }), {
    ...{ kind: 'schema', path: 'generationConfig.responseFormat[0].text.schema', schema: plain },
  })
  assert.deepEqual(await formatOf({ responseFormat: { text: {} } }), {
    ...{ kind: 'json', path: 'generationConfig.responseFormat[0].text' },
  })
})

test('[TRN-07] one of several words, and what is said beside them', async () => {
  const responseMimeType = 'text/x.enum'
  const path = 'generationConfig.responseSchema'
  assert.deepEqual(
    await formatOf(
      { responseMimeType, responseSchema: { type: 'STRING', enum: ['a', 'b'], description: 'which' } },
      [`${path}.description`],
    ),
    { kind: 'enum', values: ['a', 'b'], path },
  )
  const needed = /^400 generation_config\.response_schema: .* requires a response schema of type STRING/
  assert.match(await refusal({ responseMimeType }), needed)
  assert.match(await refusal({ responseMimeType, responseSchema: { type: 'STRING' } }), needed)
  assert.match(await refusal({ responseMimeType, responseJsonSchema: { enum: [1] } }), needed)
})

test('[RPT-04] contradictions are refused as Google does', async () => {
  assert.match(
    await refusal({ responseSchema: { type: 'STRING' } }),
    /^400 generation_config\.response_mime_type: /,
  )
  assert.match(
    await refusal({ ...JSON_TYPE, responseSchema: { type: 'STRING' }, responseJsonSchema: {} }),
    /Only one of response_schema and response_json_schema may be set/,
  )
  assert.match(
    await refusal({ responseMimeType: 'text/html' }),
    /^400 generation_config\.response_mime_type: .*allowed mimetypes/,
  )
  assert.match(
    await refusal({ ...JSON_TYPE, responseJsonSchema: 'no' }),
    /^400 generation_config\.response_json_schema: A JSON schema is an object or a boolean/,
  )
  assert.match(
    await refusal({ responseMimeType: 'application/xml' }),
    /^400 generation_config\.response_mime_type: .*application\/xml are not to be had there/,
  )
  assert.match(
    await refusal({ responseFormat: { image: { aspectRatio: 'ASPECT_RATIO_ONE_BY_ONE' } } }),
    /^400 generation_config\.response_format\[0\]\.image: /,
  )
  assert.match(
    await refusal({ maxOutputTokens: 0 }),
    /^400 generation_config\.max_output_tokens: Unable to submit/,
  )
  assert.match(await refusal({ temperature: 3 }), /temperature must be in the range/)
})

test('[TRN-08] thinking is a wish when something is said of it', async () => {
  const wishOf = async (thinkingConfig: object): Promise<unknown> => {
    const { conversation } = await readBody({ contents, generationConfig: { thinkingConfig } })
    const { thinking } = conversation
    return thinking && [thinking.includeThoughts, thinking.budget, thinking.level]
  }
  assert.equal(await wishOf({}), undefined)
  assert.equal(
    await wishOf({ includeThoughts: false, thinkingLevel: 'THINKING_LEVEL_UNSPECIFIED' }),
    undefined,
  )
  assert.deepEqual(await wishOf({ includeThoughts: true }), [true, undefined, undefined])
  assert.deepEqual(await wishOf({ thinkingBudget: 0 }), [false, 0, undefined])
  assert.deepEqual(await wishOf({ thinkingBudget: -1 }), [false, -1, undefined])
  assert.deepEqual(await wishOf({ thinkingLevel: 'low', includeThoughts: true }), [true, undefined, 'LOW'])
  assert.match(
    await refusal({ thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 1 } }),
    /You can only set only one of thinking budget and thinking level\.$/,
  )
  assert.match(await refusal({ thinkingConfig: { thinkingBudget: -2 } }), /The thinking budget -2 is invalid/)
})
