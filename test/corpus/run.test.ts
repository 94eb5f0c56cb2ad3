/** The runner itself: what it must let pass and, more to the point, what it must not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import type { ReceivedRequest } from '../servers/replay-script.ts'
import { type Case, FORWARDED, REFUSED, REFUSED_CLOSE, request } from './case.ts'
import { type Rig, runCase } from './run.ts'

/** What the stand-in answers to a bad request; good ones it always answers well. */
type Manner = (bad: Buffer) => { text: string; end?: boolean; dispatch?: boolean }

const ERROR = { code: 400, message: 'The request is not well-formed HTTP/1.1.', status: 'INVALID_ARGUMENT' }

function answer(status: number, document: object, headers: readonly string[] = []): string {
  const body = JSON.stringify(document)
  const lines = [`HTTP/1.1 ${status} X`, 'content-type: application/json; charset=UTF-8', ...headers]
  return [...lines, `content-length: ${body.length}`, '', body].join('\r\n')
}

const refusal = (...headers: string[]) => answer(400, { error: ERROR }, ['x-request-id: r1', ...headers])
const CLOSE = 'connection: close'
const BAD = request({ headers: ['X-Bad: 1'] })
const badCase: Case = { row: 'A00', title: 'bad', raw: BAD, expect: REFUSED_CLOSE }

/** A server that tells good requests from bad ones by a header, and plays the upstream too. */
async function withStandIn(manner: Manner, run: (rig: Rig) => Promise<void>): Promise<void> {
  const received: ReceivedRequest[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('X-Bad')) {
        const { text, end = false, dispatch = false } = manner(bytes)
        if (dispatch) received.push({ head: bytes, body: Buffer.alloc(0), complete: true })
        socket.write(text)
        if (end) socket.end()
      } else {
        const text = `replayed answer to ${bytes.toString().split('"parts"').length - 1} contents`
        socket.write(answer(200, { text }, ['x-request-id: r2']))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await run({
      context: { port, secondKey: '', limitedKey: '', canaryPort: 0 },
      received: async (since) => received.slice(since),
      receivedCount: async () => received.length,
    })
  } finally {
    server.close()
  }
}

async function passes(manner: Manner, expect: Case['expect']): Promise<void> {
  await withStandIn(manner, async (rig) => {
    await runCase(rig, { ...badCase, expect }, 'fresh')
    await runCase(rig, { ...badCase, expect }, 'kept')
  })
}

async function fails(manner: Manner, expect: Case['expect'], message: RegExp): Promise<void> {
  await withStandIn(manner, async (rig) => {
    await assert.rejects(runCase(rig, { ...badCase, expect }, 'kept'), message)
  })
}

test('the runner lets pass what is right', async () => {
  await passes(() => ({ text: refusal(CLOSE), end: true }), REFUSED_CLOSE)
  await passes(() => ({ text: refusal() }), REFUSED)
  await passes(() => ({ text: '', end: true }), { status: 'closed', close: true })
  await passes(() => ({ text: answer(200, {}, ['x-request-id: r1']), dispatch: true }), FORWARDED)
})

test('the runner sees a second answer', async () => {
  await fails(
    () => ({ text: refusal(CLOSE) + refusal(CLOSE), end: true }),
    REFUSED_CLOSE,
    /behind the last answer/,
  )
  await fails(() => ({ text: refusal() + refusal() }), REFUSED, /a good request got 400/)
})

test('the runner sees a connection that stays open or closes without a word', async () => {
  await fails(() => ({ text: refusal() }), REFUSED_CLOSE, /connection: close/)
  await fails(() => ({ text: refusal(), end: true }), REFUSED, /closed without an answer/)
})

test('the runner sees a wrong status, a missing id and a foreign shape', async () => {
  await fails(() => ({ text: answer(500, {}), end: true }), REFUSED, /got 500 .* expected 400/)
  await fails(() => ({ text: answer(400, { error: ERROR }) }), REFUSED, /x-request-id/)
  const naked = answer(400, { message: 'no' }, ['x-request-id: r1'])
  await fails(() => ({ text: naked }), REFUSED, /Expected values to be strictly deep-equal/)
  const mixed = answer(400, { error: { ...ERROR, status: 'NOT_FOUND' } }, ['x-request-id: r1'])
  await fails(() => ({ text: mixed }), REFUSED, /error\.status/)
})

test('the runner sees what reached the upstream and what came back', async () => {
  await fails(() => ({ text: refusal(), dispatch: true }), REFUSED, /reached the upstream/)
  await fails(() => ({ text: answer(200, {}, ['x-request-id: r1']) }), FORWARDED, /reached the upstream/)
  const echo = (bad: Buffer) => {
    const message = `bad: ${bad.subarray(0, 250).toString('latin1')}`
    return { text: answer(400, { error: { ...ERROR, message } }, ['x-request-id: r1']) }
  }
  await withStandIn(echo, async (rig) => {
    const raw = request({ headers: [`X-Bad: ${'y'.repeat(500)}`], target: `/${'z'.repeat(240)}` })
    await assert.rejects(runCase(rig, { ...badCase, raw, expect: REFUSED }, 'fresh'), /repeats the request/)
  })
})
