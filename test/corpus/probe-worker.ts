/** Asks a gateway for /livez every few milliseconds, in a thread of its own, and remembers the longest wait. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const INTERVAL_MS = 10
const QUESTION = 'GET /livez HTTP/1.1\r\nHost: gateway.test\r\n\r\n'

const { port, pid } = workerData as { readonly port: number; readonly pid: number }
/** Of the two threads between which a question goes: that of the gateway, and this one. */
const THREADS = [`/proc/${pid}/task/${pid}/schedstat`, '/proc/thread-self/schedstat']

let askedAtMs = 0
let waitedAtMs = 0
let longestMs = 0
let stopped = false

const socket = connect({ port, host: '127.0.0.1', noDelay: true }, ask)
socket.on('error', () => undefined)
// The answer is one small segment, so its first bytes are the answer.
socket.on('data', () => {
  longestMs = Math.max(longestMs, tookMs())
  askedAtMs = 0
  if (!stopped) setTimeout(ask, INTERVAL_MS)
})

/** How long these threads were ready and had no core; the second number of the scheduler's three, in nanoseconds. */
function waitedMs(): number {
  if (process.platform !== 'linux') return 0
  const waits = THREADS.map((path) => Number(readFileSync(path, 'utf8').split(' ')[1]))
  return waits.reduce((sum, wait) => sum + wait, 0) / 1e6
}

function tookMs(): number {
  return performance.now() - askedAtMs - (waitedMs() - waitedAtMs)
}

function ask(): void {
  waitedAtMs = waitedMs()
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
  const waiting = askedAtMs === 0 ? 0 : tookMs()
  if (message === 'longest') parentPort!.postMessage(Math.max(longestMs, waiting))
  else longestMs = 0
})
