/** Before anything is measured: does the subject answer rightly at all? A proxy that loses bytes is fast for nothing. */
import { connect } from 'node:net'
import { ResponseReader } from '../load/response-reader.ts'
import { hasBudgets, hasLimits, type MoneySetting } from '../money.ts'
import { readBudgets } from '../subjects/money-on.ts'
import type { Running } from '../subjects/subject.ts'
import { BURST_EVENTS, sseBody, UNARY_ANSWER } from '../wire.ts'
import type { Bench, Started } from './bench.ts'

const DRIP_EVENTS = 4
const ANSWER_TIMEOUT_MS = 15_000

export async function verifySubject(bench: Bench, started: Started): Promise<void> {
  await bench.mock.ask({ dripEvents: DRIP_EVENTS })
  for (const [model, body, events] of [
    ['bench-unary', UNARY_ANSWER, 0],
    ['bench-burst', sseBody(BURST_EVENTS), BURST_EVENTS],
    ['bench-drip', sseBody(DRIP_EVENTS), DRIP_EVENTS],
  ] as const) {
    const { running } = started
    const exchange = await askOnce(running.port, running.request(model))
    const what = `${started.subject.name} on ${model}`
    if (exchange.status !== 200)
      throw new Error(`${what}: status ${exchange.status}\n${exchange.text.slice(0, 800)}`)
    if (exchange.events < events) throw new Error(`${what}: ${exchange.events} of ${events} events`)
    if (started.subject.native && exchange.body !== body) {
      throw new Error(`${what}: the answer differs from what the upstream sent`)
    }
  }
}

export interface Exchange {
  readonly status: number
  readonly events: number
  readonly text: string
  /** Without chunk framing. */
  readonly body: string
}

/** Whether this is on and nothing else: a price, limits, budgets. Otherwise their cost would be taken for nothing. */
export async function verifyMoney(running: Running, setting: MoneySetting): Promise<void> {
  const { port } = running
  const { text } = await askOnce(port, running.request('bench-unary'))
  const head = text.slice(0, text.indexOf('\r\n\r\n')).toLowerCase()
  const spent = (await readBudgets(port)).filter(({ spentNanoUsd }) => spentNanoUsd > 0).length
  const isRight =
    /\r\nx-wasat-cost-usd: 0\.0*[1-9]/.test(head) &&
    head.includes('\r\nx-ratelimit-limit-tokens:') === hasLimits(setting) &&
    spent === (hasBudgets(setting) ? 2 : 0)
  if (!isRight) throw new Error(`Wasat does not have the money of "${setting}" on: ${spent} budgets\n${head}`)
}

/** One request on a connection of its own. Rejects when no whole answer comes. */
export function askOnce(port: number, request: Buffer): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', timeout: ANSWER_TIMEOUT_MS })
    const onEnd = (status: number) => {
      socket.destroy()
      resolve({ status, events: reader.events, text, body: bodyOf(text) })
    }
    const reader = new ResponseReader({ onEnd }, true)
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      reader.feed(bytes)
    })
    socket.on('timeout', () => socket.destroy(new Error(`No whole answer; it has come so far:\n${text}`)))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`The connection closed within the answer:\n${text}`)))
    socket.write(request)
  })
}

function bodyOf(text: string): string {
  const headEnd = text.indexOf('\r\n\r\n')
  const body = text.slice(headEnd + 4)
  if (!/\r\ntransfer-encoding: *chunked/i.test(text.slice(0, headEnd))) return body
  let whole = ''
  for (let position = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', position)
    const size = Number.parseInt(body.slice(position, lineEnd), 16)
    if (lineEnd < 0 || !(size > 0)) return whole
    whole += body.slice(lineEnd + 2, lineEnd + 2 + size)
    position = lineEnd + 2 + size + 2
  }
}
