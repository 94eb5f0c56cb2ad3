import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { callOf } from '../../nouns.fixture.ts'
import { openPool } from '../http/pool.ts'
import { drain, eventOf, translator } from './answering.fixture.ts'
import { createComposer } from './composer.ts'
import { type Line, launch, outgoingOf } from './outgoing.ts'
import { translatedProtocol } from './protocol.ts'
import { EventReader } from './readers.ts'

const asked: string[] = []
let play: (response: ServerResponse) => void = () => {}
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  request.resume().on('end', () => play(response))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const pools: { destroy(): Promise<void> }[] = []
after(async () => {
  for (const pool of pools) await pool.destroy()
  server.close()
})

const FIRST_BYTE_MS = 150

function lineOf(connections: number): Line {
  const times = {
    connect: 1_000,
    firstByte: 2_000,
    streamFirstByte: FIRST_BYTE_MS,
    streamIdle: 500,
    streamTotal: 5_000,
  }
  const { port } = server.address() as AddressInfo
  const pool = openPool(`http://127.0.0.1:${port}`, { timeouts: times, connectionsMax: connections })
  pools.push(pool)
  return { name: 'far', pool, basePath: '', headersFor: () => ({}), key: '', timeouts: times }
}

const call = callOf({ verb: 'streamGenerateContent', delivery: 'sse' })

function ask(line: Line, path: string) {
  const protocol = translatedProtocol({
    name: 'far',
    delivery: 'sse',
    readRefusal: translator.readRefusal,
    translation: { losses: () => [] },
    reader: (pass) =>
      new EventReader({
        name: 'far',
        pass,
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
          return { composer, events: translator.readEvents(composer, undefined as never, undefined as never) }
        },
      }),
  })
  return launch(line, outgoingOf({ path, body: {} }), { protocol, isStream: true, call })
}

test('[TMN-01] what is given up while it waits for a socket is never sent', async () => {
  const line = lineOf(1)
  let answer: (() => void) | undefined
  const begun = new Promise<void>((resolve) => {
    play = (response) => {
      response.write(eventOf({ text: 'a' }))
      answer = () => response.end(eventOf({ finish: 'STOP' }))
      resolve()
    }
  })
  const first = ask(line, '/first')
  await begun
  ask(line, '/given-up').cancel()
  const third = ask(line, '/third')
  play = (response) => response.end(eventOf({ text: 'b' }) + eventOf({ finish: 'STOP' }))
  answer?.()
  assert.equal((await drain(await first.answer)).error, undefined)
  await drain(await third.answer)
  assert.deepEqual(asked, ['/first', '/third'])
})

test('[TRN-08] a target that thinks unseen is alive: events count, before there is anything to show', async () => {
  play = (response) => {
    let left = 8
    const timer = setInterval(() => {
      response.write(eventOf({}))
      if (--left > 0) return
      clearInterval(timer)
      response.end(eventOf({ text: 'At last.' }) + eventOf({ finish: 'STOP' }))
    }, FIRST_BYTE_MS / 5)
  }
  const { responses, error } = await drain(await ask(lineOf(1), '/thinks').answer)
  assert.equal(error, undefined)
  assert.equal(responses[0]?.candidates?.[0]?.content?.parts?.[0]?.text, 'At last.')
})
