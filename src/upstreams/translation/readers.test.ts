import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { fails } from '../../nouns.fixture.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { eventOf, translator } from './answering.fixture.ts'
import { createComposer } from './composer.ts'
import { EventReader, WholeReader } from './readers.ts'

const TEXTS = ['Grüß', ' Gott 🙂', '\n“ja”']
const STREAM = [
  ...TEXTS.map((text) => eventOf({ text })),
  ': a comment\n\n',
  'event: ping\nid: 3\n\n',
  'data: {"finish":\ndata: "STOP"}\n\n',
  eventOf({ usage: { in: 3, out: 4 } }),
  eventOf('[DONE]'),
  'data: not read any more\n\n',
].join('')

/** `before` sees each event first, and may throw. */
function reading(before: () => void = () => {}) {
  const passed: GenerateContentResponse[] = []
  const reader = new EventReader({
    name: 'far',
    pass: ({ response }) => passed.push(response as GenerateContentResponse),
    eventBytesMax: 32 * 1024 * 1024,
    begin: (emit) => {
      const composer = createComposer({
        isStream: true,
        model: 'm',
        includeThoughts: false,
        originalName: (name) => name,
        seal: () => '',
        emit,
      })
      const events = translator.readEvents(composer, undefined as never, undefined as never)
      const event = (name: string, data: unknown) => {
        before()
        events.event(name, data)
      }
      return {
        composer,
        events: {
          event,
          get isComplete() {
            return events.isComplete
          },
        },
      }
    },
  })
  return { reader, passed }
}

const textOf = (responses: readonly GenerateContentResponse[]) =>
  responses.map((response) => response.candidates?.[0]?.content?.parts?.[0]?.text)

test('[TRN-13] a stream is the same wherever its bytes are cut, and whichever line ends it has', () => {
  for (const [name, text] of [
    ['LF', STREAM],
    ['CRLF', STREAM.replaceAll('\n', '\r\n')],
    ['CR', STREAM.replaceAll('\n', '\r')],
    ['no line at the end', STREAM.replace(/data: \[DONE[\s\S]*/, 'data: [DONE]')],
  ] as const) {
    const bytes = Buffer.from(text)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { reader, passed } = reading()
      reader.write(bytes.subarray(0, cut))
      reader.write(bytes.subarray(cut))
      const { response } = reader.end()
      assert.deepEqual(textOf(passed), TEXTS, `${name}, ${cut}`)
      assert.equal(response?.candidates?.[0]?.finishReason, 'STOP')
      assert.deepEqual(response?.usageMetadata, {
        promptTokenCount: 3,
        candidatesTokenCount: 4,
        totalTokenCount: 7,
      })
    }
    const { reader, passed } = reading()
    for (const byte of bytes) reader.write(Buffer.of(byte))
    reader.end()
    assert.deepEqual(textOf(passed), TEXTS, name)
  }
})

test('[TRN-17] a stream that ends before its own end broke', () => {
  const { reader } = reading()
  reader.write(Buffer.from(eventOf({ text: 'Half' })))
  assert.throws(() => reader.end(), fails('upstream_broken', /ended its stream early/))
  const torn = reading().reader
  torn.write(Buffer.from(`${eventOf({ text: 'Half' })}data: {"finish":"ST`))
  assert.throws(() => torn.end(), fails('upstream_broken', /malformed JSON/))
  const none = reading().reader
  none.write(Buffer.from(': nothing\n\n'))
  assert.throws(() => none.end(), fails('upstream_unavailable', /empty stream/))
  const without = reading().reader
  without.write(Buffer.from(eventOf({ usage: { in: 1, out: 1 } })))
  assert.throws(() => without.end(), fails('upstream_unavailable', /ended its stream early/))
})

test('[TRN-17] what is no event of this wire is the provider’s fault, and a break once something was passed on', () => {
  const malformed = reading().reader
  assert.throws(
    () => malformed.write(Buffer.from(eventOf('{"text":'))),
    fails('upstream_unavailable', /malformed/),
  )
  const strange = reading().reader
  assert.throws(
    () => strange.write(Buffer.from(eventOf('null'))),
    fails('upstream_unavailable', /cannot be read/),
  )
  const tells = (after: number) => {
    let seen = 0
    return reading(() => {
      if (seen++ === after) throw new GatewayError('resource_exhausted', 'Slow down.')
    }).reader
  }
  const two = Buffer.from(eventOf({ text: 'a' }) + eventOf({ text: 'b' }))
  assert.throws(() => tells(0).write(two), fails('resource_exhausted', /Slow down/))
  assert.throws(() => tells(1).write(two), fails('upstream_broken', /Slow down/))
})

test('[TRN-17] an event without an end does not fill the memory', () => {
  const { reader } = reading()
  const piece = Buffer.alloc(8 * 1024 * 1024, 'a')
  reader.write(Buffer.from('data: "'))
  assert.throws(
    () => {
      for (let written = 0; written < 6; written++) reader.write(piece)
    },
    fails('upstream_unavailable', /too long an event/),
  )
})

test('[TRN-17] a whole answer is JSON that can be read, or none', () => {
  const read = (text: string, convert: (document: unknown) => GenerateContentResponse) => {
    const reader = new WholeReader({ name: 'far', read: convert, reading: () => ({}) as never })
    const bytes = Buffer.from(text)
    for (const byte of bytes) reader.write(Buffer.of(byte))
    return reader.end().response
  }
  const same = (document: unknown) => document as GenerateContentResponse
  assert.deepEqual(read('{"a":"ü"}', same), { a: 'ü' })
  assert.throws(() => read('', same), fails('upstream_unavailable', /empty answer/))
  assert.throws(() => read('{"a":', same), fails('upstream_unavailable', /malformed JSON/))
  const stumbles = (document: unknown) => (document as { b: { c: never } }).b.c
  assert.throws(() => read('{}', stumbles), fails('upstream_unavailable', /cannot be read/))
})
