/** Client faults that an upstream feels: what the client does and sees, how often the upstream was asked, and what is booked. */
import assert from 'node:assert/strict'
import {
  begun,
  type Cell,
  chunk,
  good,
  LAST_CHUNK,
  type Mode,
  STREAM_HEAD,
} from '../../src/cli/faults/bytes.ts'
import type { Line, Play } from '../../src/cli/faults/upstream.ts'
import { header, type RawAnswer, type RawConnection } from '../corpus/socket.ts'
import { until } from '../gateway/rig.ts'
import { administer } from '../money/rig.ts'
import { answerOf, type ClientRig, requestOf, type Sent, SSE_VERB, sending } from './client-rig.ts'

/** Long enough for a gateway with a hundred others at hand to hear first of what the client did. */
const LATER_MS = 700
const EVENT_EVERY_MS = 40
const CLOSED_MS = 5_000
const STORM = 15
const STORM_AT_ONCE = 5
const DEADLINE_SLACK_MS = 3_000

export interface Stage {
  readonly rig: ClientRig
  readonly cell: Cell
  readonly model: string
  /** Sends the row's request, in the cell's delivery. */
  send(sent?: Sent): Promise<RawConnection>
  /** Requests that reached the upstream. */
  requests(): number
}

export interface Booked {
  readonly outcome: string
  /** Or one of several. */
  readonly usage: string
  readonly isBilled: boolean
}

export interface ClientRow {
  readonly name: string
  readonly modes?: readonly Mode[]
  readonly play: (cell: Cell) => Play
  /** Played when the others are over. */
  readonly isStorm?: true
  /** Throws what the client must not see. */
  readonly act: (stage: Stage) => Promise<void>
  /** That reach the upstream; undefined where only the books can tell. */
  readonly requests?: number
  /** One for each row. */
  readonly booked: (cell: Cell) => readonly Booked[] | Booked
}

const WHOLE: Booked = { outcome: 'complete', usage: 'final', isBilled: true }
const LEFT: Booked = { outcome: 'client_gone', usage: 'final', isBilled: true }

const late = (cell: Cell) => async (line: Line) => {
  await line.wait(LATER_MS)
  await line.write(good(cell))
}

/** One event after the other, slowly enough for a client to leave in between. */
const slowly = (cell: Cell) => async (line: Line) => {
  if (cell.mode === 'unary') return late(cell)(line)
  const { words } = cell
  await line.write(STREAM_HEAD)
  for (const frame of [...words.pieces(['one ', 'two ', 'three ']), words.ending({ input: 11, output: 7 })]) {
    await line.write(chunk(frame))
    await line.wait(EVENT_EVERY_MS)
  }
  await line.write(LAST_CHUNK)
}

const silent = () => () => undefined
const saysWhole = ({ body }: RawAnswer) => assert.match(body.toString(), /one [\s\S]*two [\s\S]*three /)

/** The upstream goes on when the client has left. */
function leavesAfter(count: number, ending: 'fin' | 'reset'): ClientRow {
  const gone = new Map<string, PromiseWithResolvers<void>>()
  const goneOf = (wire: string) => {
    const known = gone.get(wire) ?? Promise.withResolvers<void>()
    gone.set(wire, known)
    return known
  }
  return {
    name: `C03 leaves after ${count} chunks, ${ending}`,
    modes: ['stream'],
    play: (cell) => async (line) => {
      await line.write(begun(cell, count))
      await goneOf(cell.wire).promise
      await line.wait(LATER_MS)
      await line.write(chunk(cell.words.ending({ input: 11, output: 7 })))
      await line.write(LAST_CHUNK)
    },
    act: async ({ rig, cell, model }) => {
      const open = await rig.gateway.open(`/v1beta/models/${model}:${SSE_VERB}`)
      await open.seen((text) => text.includes(['one ', 'two ', 'three '][count - 1] as string))
      if (ending === 'fin') open.leave()
      else open.response.socket.resetAndDestroy()
      await open.over
      goneOf(cell.wire).resolve()
    },
    requests: 1,
    booked: () => LEFT,
  }
}

const leaving: readonly ClientRow[] = [
  {
    name: 'C02 leaves before the first byte',
    play: late,
    act: async ({ send, requests }) => {
      const connection = await send()
      await until('the upstream was asked', () => requests() === 1)
      connection.destroy()
    },
    requests: 1,
    booked: () => LEFT,
  },
  ...(['fin', 'reset'] as const).flatMap((ending) => [1, 2, 3].map((count) => leavesAfter(count, ending))),
  {
    name: 'C10 closes its half: a unary answer comes all the same, a stream is broken off',
    play: slowly,
    act: async ({ send, cell }) => {
      const connection = await send()
      connection.fin()
      if (cell.mode === 'unary') {
        const answer = await answerOf(connection)
        assert.equal(answer.status, 200)
        saysWhole(answer)
      }
      await connection.closed(CLOSED_MS)
    },
    requests: 1,
    booked: () => LEFT,
  },
]

const statusOf = async (connection: RawConnection) => (await answerOf(connection)).status
const keyed = (model: string) => ({ headers: `x-idempotency-key: ${model}\r\n` })

const repeating: readonly ClientRow[] = [
  {
    name: 'C11 sends it again: two requests, two bills',
    play: slowly,
    act: async ({ send }) => {
      for (const connection of [await send(), await send()]) {
        assert.equal(await statusOf(connection), 200)
        connection.destroy()
      }
    },
    requests: 2,
    booked: () => [WHOLE, WHOLE],
  },
  {
    name: 'C11 sends it again with a key: one request, one bill',
    play: slowly,
    act: async ({ send, requests, cell, model }) => {
      const again = keyed(model)
      const first = await send(again)
      await until('the upstream was asked', () => requests() === 1)
      const early = await answerOf(await send(again))
      assert.equal(early.status, 409)
      assert.match(early.body.toString(), /"ABORTED"/)
      const answer = await answerOf(first)
      assert.equal(answer.status, 200)
      saysWhole(answer)
      const other = await answerOf(await send({ ...again, body: '{"contents":[]}' }))
      assert.equal(other.status, 400)
      assert.match(other.body.toString(), /belongs to another request/)
      const repeat = await answerOf(await send(again))
      assert.equal(repeat.status, cell.mode === 'unary' ? 200 : 409)
      if (cell.mode === 'stream') return
      assert.ok(repeat.body.equals(answer.body))
      assert.equal(header(repeat, 'x-wasat-repeat-of'), header(answer, 'x-request-id'))
    },
    requests: 1,
    booked: () => WHOLE,
  },
  {
    name: 'C11 gives up, and comes back for its answer',
    modes: ['unary'],
    play: slowly,
    act: async ({ send, requests, model }) => {
      const again = keyed(model)
      const first = await send(again)
      await until('the upstream was asked', () => requests() === 1)
      first.destroy()
      let repeat = await answerOf(await send(again))
      await until('the answer is there', async () => {
        if (repeat.status === 409) repeat = await answerOf(await send(again))
        return repeat.status === 200
      })
      saysWhole(repeat)
    },
    requests: 1,
    booked: () => LEFT,
  },
]

const speaking: readonly ClientRow[] = [
  {
    name: 'C09 three in one write are answered in order',
    play: slowly,
    act: async ({ rig, cell, model }) => {
      const one = requestOf(model, rig.gateway.key, cell.mode === 'unary' ? {} : { verb: SSE_VERB })
      const connection = await sending(rig.gateway.port, one.repeat(3))
      for (let answered = 0; answered < 3; answered++) assert.equal(await statusOf(connection), 200)
      connection.destroy()
    },
    requests: 3,
    booked: () => [WHOLE, WHOLE, WHOLE],
  },
  {
    name: 'C14 speaks HTTP/1.0, and gets a whole answer',
    play: slowly,
    act: async ({ send }) => {
      const connection = await send({ version: '1.0' })
      saysWhole(await answerOf(connection))
      await connection.closed(CLOSED_MS)
    },
    requests: 1,
    booked: () => WHOLE,
  },
  {
    name: 'C14 speaks HTTP/1.0, and hears that its stream broke',
    modes: ['stream'],
    play: (cell) => async (line) => {
      await line.write(begun(cell))
      await line.wait(EVENT_EVERY_MS)
      line.reset()
    },
    act: async ({ send }) => {
      assert.match((await answerOf(await send({ version: '1.0' }))).body.toString(), /two [\s\S]*"error"/)
    },
    requests: 1,
    booked: () => ({ outcome: 'upstream_broken', usage: 'partial estimated', isBilled: true }),
  },
  ...['1', '-1'].map(
    (seconds): ClientRow => ({
      name: `C17 waits ${seconds} s`,
      play: (cell) => (cell.mode === 'unary' ? silent() : (line) => line.write(begun(cell))),
      act: async ({ send, cell }) => {
        const sentAtMs = performance.now()
        const connection = await send({ headers: `x-server-timeout: ${seconds}\r\nconnection: close\r\n` })
        const text = (await connection.closed(CLOSED_MS)).toString()
        const tookMs = performance.now() - sentAtMs
        assert.ok(tookMs > 950 && tookMs < 1_000 + DEADLINE_SLACK_MS, `${tookMs.toFixed(0)} ms`)
        assert.match(
          text,
          cell.mode === 'unary' ? /^HTTP\/1.1 504 [\s\S]*DEADLINE_EXCEEDED/ : /two [\s\S]*"error"/,
        )
      },
      requests: 1,
      booked: ({ mode }) =>
        mode === 'unary'
          ? { outcome: 'upstream_error', usage: 'none', isBilled: false }
          : { outcome: 'upstream_broken', usage: 'partial estimated', isBilled: true },
    }),
  ),
  {
    name: 'C17 waits 1e99 s',
    play: slowly,
    act: async ({ send }) => saysWhole(await answerOf(await send({ headers: 'x-server-timeout: 1e99\r\n' }))),
    requests: 1,
    booked: () => WHOLE,
  },
]

/** Requests of one model that its upstream has in hand, at most. */
const peaks = new Map<string, number>()

const storming: readonly ClientRow[] = [
  {
    name: 'C16 opens and leaves, again and again: no more at once than its key may have',
    isStorm: true,
    play: (cell) => {
      let open = 0
      return async (line) => {
        open++
        const place = `${cell.wire} ${cell.mode}`
        peaks.set(place, Math.max(open, peaks.get(place) ?? 0))
        await late(cell)(line)
        open--
      }
    },
    act: async ({ rig, cell, model, send, requests }) => {
      const limits = { concurrentRequests: STORM_AT_ONCE }
      const { secret: key } = await administer<{ secret: string }>(rig.gateway, 'POST', '/keys', {
        name: model,
        limits,
      })
      const first = await Promise.all(Array.from({ length: STORM_AT_ONCE }, () => send({ key })))
      await until('all that may be are under way', () => requests() === STORM_AT_ONCE)
      for (const connection of first) connection.destroy()
      assert.equal(await statusOf(await send({ key })), 429, 'what is read to its end counts')
      for (let sent = 0; sent < STORM; sent++) (await send({ key })).destroy()
      assert.ok((peaks.get(`${cell.wire} ${cell.mode}`) ?? 0) <= STORM_AT_ONCE)
    },
    booked: () => LEFT,
  },
]

export const CLIENT_ROWS: readonly ClientRow[] = [...leaving, ...repeating, ...speaking, ...storming]
