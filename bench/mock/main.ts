/**
 * The mock upstream: a raw socket server with finished answers, so that it costs less than what is measured.
 * A child process with an IPC channel: tells its port, takes the length of the dripping streams.
 */
import { createServer, type Socket } from 'node:net'
import { answerParent, tellParent } from '../ipc.ts'
import { type Drip, findAnswer, type MockAnswer } from './answers.ts'
import { frameRequest } from './framing.ts'

export type MockRequest = { readonly dripEvents: number }

/** Request targets of one run are a handful; a bound, because a loop over random ones must not grow it. */
const TARGETS_MAX = 1_000

const answers = new Map<string, MockAnswer>()
let dripEvents = 50

function answerFor(target: string): MockAnswer {
  const known = answers.get(target)
  if (known !== undefined) return known
  const found = findAnswer(target)
  if (answers.size < TARGETS_MAX) answers.set(target, found)
  return found
}

function drip(socket: Socket, answer: Drip): void {
  let sent = 1
  socket.write(answer.first)
  const timer = setInterval(() => {
    sent += 1
    if (sent < dripEvents || answer.endless) return void socket.write(answer.next)
    socket.write(answer.last)
    stop()
  }, answer.intervalMs)
  const stop = () => {
    clearInterval(timer)
    socket.off('close', stop)
  }
  socket.on('close', stop)
}

function serve(socket: Socket): void {
  let pending: Buffer | undefined
  socket.on('data', (bytes: Buffer) => {
    let buffer = pending === undefined ? bytes : Buffer.concat([pending, bytes])
    for (let request = frameRequest(buffer); request !== undefined; request = frameRequest(buffer)) {
      buffer = buffer.subarray(request.bytes)
      const answer = answerFor(request.target)
      if (answer.drip === undefined) socket.write(answer.whole)
      else drip(socket, answer.drip)
    }
    pending = buffer.length === 0 ? undefined : buffer
  })
  // A proxy that hangs up in the middle of an answer is the benchmark's daily bread.
  socket.on('error', () => socket.destroy())
}

const server = createServer({ noDelay: true }, serve)
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The mock upstream has no port')
  tellParent({ port: address.port })
})
answerParent(async (request: MockRequest) => {
  dripEvents = request.dripEvents
  return {}
})
