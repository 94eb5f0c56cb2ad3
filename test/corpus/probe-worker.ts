/** Asks a gateway for /livez every few milliseconds, in a thread of its own, and remembers the longest wait. */
import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const INTERVAL_MS = 5
const QUESTION = 'GET /livez HTTP/1.1\r\nHost: gateway.test\r\n\r\n'

let askedAtMs = 0
let longestMs = 0
let stopped = false

const socket = connect({ port: workerData as number, host: '127.0.0.1', noDelay: true }, ask)
socket.on('error', () => undefined)
// The answer is one small segment, so its first bytes are the answer.
socket.on('data', () => {
  longestMs = Math.max(longestMs, performance.now() - askedAtMs)
  askedAtMs = 0
  if (!stopped) setTimeout(ask, INTERVAL_MS)
})

function ask(): void {
  askedAtMs = performance.now()
  socket.write(QUESTION)
}

parentPort!.on('message', (message: 'reset' | 'longest' | 'stop') => {
  if (message === 'stop') {
    stopped = true
    socket.destroy()
    parentPort!.close()
    return
  }
  const waiting = askedAtMs === 0 ? 0 : performance.now() - askedAtMs
  if (message === 'longest') parentPort!.postMessage(Math.max(longestMs, waiting))
  else longestMs = 0
})
