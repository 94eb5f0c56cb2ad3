import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { chunkOf, HandSource, recordedResponse } from '../nouns.fixture.ts'
import type { Chunk, Sink } from '../nouns.ts'
import { follow, type Writer } from './follow.ts'

/** An encoder that writes down what it is given. */
function rig() {
  const source = new HandSource()
  const response = recordedResponse()
  const heard: string[] = []
  let rendered = 0
  const writer: Writer = {
    render: (chunk) => {
      rendered++
      return chunk.bytes ?? Buffer.from(JSON.stringify(chunk.response))
    },
    chunk: (bytes) => {
      heard.push(`chunk ${bytes}`)
      return response.write(bytes)
    },
    end: (last) => void heard.push(`end ${last}`),
    fail: (error) => void heard.push(`fail ${error.message}`),
  }
  return { source, response, heard, writer, rendered: () => rendered, sink: () => source.sink as Sink }
}

test('[NATIVE-ANSWER-01] chunks are written as they come, and the end resolves', async () => {
  const { source, response, heard, writer, sink } = rig()
  const over = follow(source, response, writer)
  sink().chunk(chunkOf('a'))
  sink().chunk(chunkOf('b'))
  sink().end(chunkOf('c'))
  await over
  assert.deepEqual(heard, ['chunk a', 'chunk b', 'end c'])
  assert.deepEqual(source.heard, ['start'])
})

test('[NATIVE-SLOW-01] a full socket pauses the source, an empty one resumes it', async () => {
  const { source, response, writer, sink } = rig()
  const over = follow(source, response, writer)
  response.full = true
  sink().chunk(chunkOf('a'))
  assert.deepEqual(source.heard, ['start', 'pause'])
  response.full = false
  response.drain()
  assert.deepEqual(source.heard, ['start', 'pause', 'resume'])
  sink().end()
  await over
  response.drain()
  assert.equal(source.heard.length, 3, 'nothing is resumed after the end')
})

test('[NATIVE-DRAIN-01] a writer that can take no more hangs up, and tells why once', async () => {
  const { source, response, heard, writer, sink } = rig()
  const full = () => {
    throw new GatewayError('overloaded', 'no room')
  }
  const over = follow(source, response, { ...writer, chunk: full })
  const client = sink()
  client.chunk(chunkOf('a'))
  client.chunk(chunkOf('b'))
  await over
  assert.deepEqual(heard, ['fail no room'])
  assert.deepEqual(source.heard, ['start', 'cancel'])
})

test('[NATIVE-DRAIN-01] a client that leaves cancels the source once; afterwards nobody does', async () => {
  const { source, response, writer } = rig()
  const over = follow(source, response, writer)
  response.leave()
  response.leave()
  await over
  assert.deepEqual(source.heard, ['start', 'cancel'])
  const ended = rig()
  const whole = follow(ended.source, ended.response, ended.writer)
  ended.sink().end(chunkOf('c'))
  await whole
  ended.response.leave()
  assert.deepEqual(ended.source.heard, ['start'])
})

test('[NATIVE-DRAIN-01] a client that was gone before is never written to', async () => {
  const { source, response, heard, writer } = rig()
  const gone = Object.assign(response, { onClientLeft: (listener: () => void) => listener() })
  await follow(source, gone, writer)
  assert.deepEqual([source.heard, heard], [['cancel'], []])
})

test('[WIRE-SSE-05] a break is told, and resolves', async () => {
  const { source, response, heard, writer, sink } = rig()
  const over = follow(source, response, writer)
  sink().chunk(chunkOf('a'))
  sink().fail(new Error('broken'))
  await over
  assert.deepEqual(heard, ['chunk a', 'fail broken'])
})

test('an object is put into words once, though it is weighed and written', () => {
  const { source, response, writer, rendered, sink } = rig()
  void follow(source, response, writer)
  const chunk: Chunk = { response: { candidates: [] } }
  const bytes = Buffer.byteLength('{"candidates":[]}')
  assert.equal(sink().weigh(chunk), bytes)
  sink().chunk(chunk)
  assert.equal(rendered(), 1)
  sink().chunk({ response: { candidates: [] } })
  assert.equal(rendered(), 2)
})

const objectOf = (text: string): Chunk => ({ response: { modelVersion: text } })

test('objects of one turn go out in one write, before the end and before a break', async () => {
  for (const stop of ['end', 'fail'] as const) {
    const { source, response, heard, writer, sink } = rig()
    const over = follow(source, response, writer)
    sink().chunk(objectOf('a'))
    sink().chunk(objectOf('b'))
    assert.deepEqual(heard, [])
    await Promise.resolve()
    assert.deepEqual(heard, ['chunk {"modelVersion":"a"}{"modelVersion":"b"}'])
    sink().chunk(objectOf('c'))
    if (stop === 'end') sink().end()
    else sink().fail(new Error('broken'))
    await over
    assert.deepEqual(heard.slice(1, 2), ['chunk {"modelVersion":"c"}'])
    assert.equal(heard.length, 3)
  }
})

test('[NATIVE-SLOW-01] a source that goes on and on is paused within its own turn', () => {
  const { source, response, writer, sink } = rig()
  void follow(source, response, writer)
  response.full = true
  for (let pushed = 0; pushed < 100 && source.heard.length === 1; pushed++)
    sink().chunk(objectOf('x'.repeat(1_024)))
  assert.deepEqual(source.heard, ['start', 'pause'])
})
