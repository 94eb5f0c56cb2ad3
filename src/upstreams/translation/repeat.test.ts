import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fails, HandSource } from '../../nouns.fixture.ts'
import {
  drain,
  eventOf,
  events,
  openRig,
  type Play,
  refused,
  STREAM,
  said,
  whole,
} from './answering.fixture.ts'

const rig = await openRig()
after(() => rig.close())

const three = (rest: object = {}) => said('Hi', { generationConfig: { candidateCount: 3, ...rest } })
const textOf = (parts: readonly { text?: string }[] = []) => parts.map(({ text }) => text).join('')

test('[TRN-10] [TMN-01] candidates come by as many requests, with the usage of all', async () => {
  rig.plays = [(response, received, index) => whole(`answer ${index}`)(response, received, index)]
  const answer = await rig.send(three({ seed: 7 }))
  const { responses } = await drain(answer)
  const [response] = responses
  assert.equal(responses.length, 1)
  assert.deepEqual(
    response?.candidates?.map(({ index }) => index),
    [0, 1, 2],
  )
  assert.equal(new Set(response?.candidates?.map(({ content }) => textOf(content?.parts))).size, 3)
  const usage = { promptTokenCount: 30, candidatesTokenCount: 6, totalTokenCount: 36 }
  assert.deepEqual(response?.usageMetadata, usage)
  assert.deepEqual(answer.reading().usage, usage)
  assert.deepEqual(
    rig.received.map(({ body }) => body.n),
    [1, 1, 1],
  )
  assert.deepEqual(rig.received.map(({ body }) => body.seed).sort(), [7, 8, 9], 'or all would be the same')
  assert.deepEqual(
    answer.translation?.losses().map(({ path, kind }) => [path, kind]),
    [['generationConfig.candidateCount', 'emulated']],
  )
})

test('[TRN-10] a stream tells them apart, in one response, and its last chunk has the usage of all', async () => {
  rig.plays = [events({ text: 'a' }, { text: 'b' }, { finish: 'STOP' }, { usage: { in: 5, out: 1 } })]
  const answer = await rig.send(three(), STREAM)
  const { responses, error } = await drain(answer)
  assert.equal(error, undefined)
  const texts = ['', '', '']
  const finished: (string | undefined)[] = []
  for (const { candidates: [candidate] = [] } of responses) {
    const { index = 0, content, finishReason } = candidate!
    texts[index] += textOf(content?.parts)
    if (finishReason !== undefined) finished[index] = finishReason
  }
  assert.deepEqual(texts, ['ab', 'ab', 'ab'])
  assert.deepEqual(finished, ['STOP', 'STOP', 'STOP'])
  assert.equal(new Set(responses.map(({ responseId }) => responseId)).size, 1)
  const usages = responses.map(({ usageMetadata }) => usageMetadata?.totalTokenCount)
  assert.deepEqual(usages, [...Array(responses.length - 1).fill(undefined), 18])
  assert.equal(answer.reading().usage?.totalTokenCount, 18)
})

test('[TRN-10] a target that can give several is asked once', async () => {
  rig.plays = [
    (response) =>
      response.end(
        JSON.stringify({
          choices: [
            { text: 'a', finish: 'STOP' },
            { text: 'b', finish: 'STOP' },
          ],
        }),
      ),
  ]
  const answer = await rig.send(three(), {}, { hasCandidates: () => true })
  assert.equal((await drain(answer)).responses[0]?.candidates?.length, 2)
  assert.deepEqual(
    rig.received.map(({ body }) => body.n),
    [3],
  )
  assert.deepEqual(answer.translation?.losses(), [])
})

test('[TRN-10] one that is refused is the answer to all, and the others are given up', async () => {
  const left: Promise<void>[] = []
  const waits: Play = (response) => {
    left.push(new Promise((resolve) => response.on('close', resolve)))
  }
  rig.plays = [waits, waits, refused(429)]
  const answer = await rig.send(three())
  assert.equal(answer.status, 429)
  const { responses } = await drain(answer)
  assert.equal((responses[0] as { error: { code: number } }).error.code, 429)
  await Promise.all(left)
  rig.plays = [waits, waits, (response) => response.destroy()]
  await assert.rejects(rig.send(three()), fails('upstream_unavailable'))
  await Promise.all(left)
})

test('[TRN-17] one that breaks breaks the stream, and all are on the books', async () => {
  const breaks: Play = (response) => {
    response.write(eventOf({ text: 'a' }), () => response.destroy())
  }
  const goesOn: Play = (response) => {
    response.write(eventOf({ text: 'b' }) + eventOf({ usage: { in: 5, out: 1 } }))
  }
  rig.plays = [goesOn, breaks, goesOn]
  const answer = await rig.send(three(), STREAM)
  const { error } = await drain(answer)
  assert.ok(fails('upstream_broken')(error))
  const { usage } = answer.reading()
  assert.ok((usage?.promptTokenCount ?? 0) > 10, 'the one that told nothing is estimated')
})

test('[TRN-10] more than Google allows is refused in its words', async () => {
  const request = said('Hi', { generationConfig: { candidateCount: 9 } })
  await assert.rejects(rig.send(request), fails('invalid_argument', /candidate.?[cC]ount/))
})

test('[TRN-10] backpressure and hanging up reach all of them', async () => {
  const { sendRepeated } = await import('./repeat.ts')
  const { answerOf, callOf } = await import('../../nouns.fixture.ts')
  const sources = [new HandSource(), new HandSource()]
  const call = callOf({ verb: 'streamGenerateContent', delivery: 'sse' })
  const answer = await sendRepeated(call, 2, (index) => ({
    answer: Promise.resolve(answerOf(sources[index]!, {}, { delivery: 'sse' })),
    cancel: () => {},
  }))
  answer.source.start({ weigh: () => 0, chunk: () => {}, end: () => {}, fail: () => {} })
  answer.source.pause()
  answer.source.cancel()
  for (const { heard } of sources) assert.deepEqual(heard, ['pause', 'start', 'resume', 'pause', 'cancel'])
})
