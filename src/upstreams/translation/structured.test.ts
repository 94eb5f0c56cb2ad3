import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { drain, openRig, refused, STREAM, said, whole } from './answering.fixture.ts'

const rig = await openRig()
after(() => rig.close())

const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
}
const asking = (config: object = {}) =>
  said('Who?', {
    generationConfig: { responseMimeType: 'application/json', responseJsonSchema: SCHEMA, ...config },
  })
const GOOD = '{"name":"Ada","age":36}'

async function ask(
  request: object,
  plays: typeof rig.plays,
  ...rest: [Parameters<typeof rig.send>[1]?, Parameters<typeof rig.send>[2]?]
) {
  rig.plays = plays
  const answer = await rig.send(request, ...rest)
  const { responses } = await drain(answer)
  const parts = responses.flatMap(
    ({ candidates }) => candidates?.flatMap(({ content }) => content?.parts ?? []) ?? [],
  )
  return { answer, responses, text: parts.map(({ text = '' }) => text).join('') }
}

test('[TRN-07] what the model does not hold itself to is asked for in words, checked and cleaned', async () => {
  for (const written of [
    GOOD,
    `\`\`\`json\n${GOOD}\n\`\`\``,
    `Here you are:\n${GOOD}\nDone.`,
    `  ${GOOD}\n`,
  ]) {
    const { answer, text } = await ask(asking(), [whole(written)])
    assert.equal(text, GOOD)
    assert.equal(rig.received.length, 1)
    assert.match(rig.received[0]?.body.system.join() ?? '', /JSON alone[\s\S]*"minimum":0/)
    assert.deepEqual(
      answer.translation?.losses().map(({ path, kind }) => [path, kind]),
      [['generationConfig.responseJsonSchema', 'emulated']],
    )
  }
})

test('[TRN-07] a wrong answer is repaired once, and both are paid for', async () => {
  const { answer, text, responses } = await ask(asking(), [whole('{"name":"Ada","age":-1}'), whole(GOOD)])
  assert.equal(text, GOOD)
  const repair = rig.received[1]?.body.turns
  assert.deepEqual(repair?.slice(0, 2), ['user: Who?', 'model: {"name":"Ada","age":-1}'])
  assert.match(repair?.[2] ?? '', /At \/age: must be >= 0/)
  const usage = { promptTokenCount: 20, candidatesTokenCount: 4, totalTokenCount: 24 }
  assert.deepEqual(responses[0]?.usageMetadata, usage)
  assert.deepEqual(answer.reading().usage, usage)
})

test('[TRN-07] a model that does not keep to it at all gives no answer', async () => {
  rig.plays = [whole('Ada, 36.')]
  await assert.rejects(rig.send(asking()), fails('upstream_unavailable', /did not keep to the format/))
  assert.equal(rig.received.length, 2)
  rig.plays = [whole('Ada, 36.'), refused(429)]
  await assert.rejects(rig.send(asking()), fails('upstream_unavailable', /status 429/))
})

test('[TRN-07] in a stream it comes when it was checked, with the same report', async () => {
  const { answer, responses, text } = await ask(asking(), [whole(GOOD)], STREAM)
  assert.equal(rig.received[0]?.body.stream, false)
  assert.equal(answer.delivery, 'sse')
  assert.equal(text, GOOD)
  assert.equal(responses.at(-1)?.candidates?.[0]?.finishReason, 'STOP')
  assert.equal(answer.translation?.losses().length, 1)
})

test('[TRN-07] calls, and answers that were cut, are given as they are', async () => {
  const tools = [{ functionDeclarations: [{ name: 'f' }] }]
  const called = await ask({ ...asking(), tools }, [whole('', 'CALL')])
  assert.ok(called.responses[0]?.candidates?.[0]?.content?.parts?.some(({ functionCall }) => functionCall))
  const cut = await ask(asking(), [whole('{"name":"A', 'MAX_TOKENS')])
  assert.equal(cut.text, '{"name":"A')
  assert.equal(rig.received.length, 1)
})

test('[TRN-07] a word of a list is bare; a model that knows JSON is asked for it too', async () => {
  const config = { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['yes', 'no'] } }
  const request = said('Well?', { generationConfig: config })
  for (const written of ['yes', ' "yes"\n', '`yes`'])
    assert.equal((await ask(request, [whole(written)])).text, 'yes')
  assert.equal((await ask(request, [whole('maybe'), whole('no')])).text, 'no')
  await ask(asking(), [whole(GOOD)], {}, { formats: () => ['json'] })
  assert.deepEqual([rig.received[0]?.body.json, rig.received[0]?.body.system.length], [true, 1])
  const native = await ask(asking(), [whole('not checked')], {}, { formats: () => ['schema'] })
  assert.deepEqual([native.text, rig.received[0]?.body.schema], ['not checked', true])
  assert.deepEqual(native.answer.translation?.losses(), [])
})

test('[TRN-07] each of several candidates is checked by itself', async () => {
  const { responses, answer } = await ask(asking({ candidateCount: 2 }), [whole('no'), whole(GOOD)])
  assert.deepEqual(
    responses[0]?.candidates?.map(({ index, content }) => [index, content?.parts?.[0]?.text]).sort(),
    [
      [0, GOOD],
      [1, GOOD],
    ],
  )
  assert.equal(rig.received.length, 3)
  assert.equal(answer.reading().usage?.totalTokenCount, 36)
})

test('[TRN-07] [TRN-10] so they are in a stream, each in a chunk of its own', async () => {
  const { responses } = await ask(asking({ candidateCount: 2 }), [whole(GOOD)], STREAM)
  assert.deepEqual(
    responses.map(({ candidates, usageMetadata }) => [
      candidates?.map(({ index, content }) => [index, content?.parts?.[0]?.text]),
      usageMetadata?.totalTokenCount,
    ]),
    [
      [[[0, GOOD]], undefined],
      [[[1, GOOD]], 24],
    ],
  )
})

test('[TRN-07] for a client that left no repair is bought', async () => {
  await ask(asking(), [whole('no')], { clientLeft: () => true })
  assert.equal(rig.received.length, 1)
})

test('[TRN-07] a pattern that would take for ever is asked for and not run', async () => {
  const schema = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }
  const evil = JSON.stringify({ a: `${'a'.repeat(40)}!` })
  const { text, answer } = await ask(asking({ responseJsonSchema: schema }), [whole(evil)])
  assert.equal(text, evil)
  assert.match(answer.translation?.losses()[0]?.reason ?? '', /patterns are asked for and not checked/)
})
