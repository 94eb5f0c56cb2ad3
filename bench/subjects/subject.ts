/** What the benchmark measures: one proxy before the mock upstream, started fresh on a loopback port. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { hasEnded, stopProcess } from '../children.ts'
import { processTree } from '../proc.ts'
import type { Model } from '../wire.ts'

/** From spawn to the first answer; a gateway that needs longer is broken. */
export const START_TIMEOUT_MS = 20_000
const POLL_INTERVAL_MS = 2
const LAST_WORDS_CHARACTERS = 600

export interface Subject {
  readonly name: SubjectName
  /** What a reader must know to judge its figures. */
  readonly note: string
  /** How many times fewer requests it gets, because a fixed count would take too long. */
  readonly shareOfRequests: number
  /** Whether it passes the Gemini wire through; otherwise it translates, and its bytes are not compared. */
  readonly native: boolean
  /** Why it cannot run here. */
  missing(): string | undefined
  version(): string
  start(place: Place): Promise<Running>
}

export type SubjectName =
  | 'nginx'
  | 'wasat'
  | 'translated'
  | 'openai'
  | 'openai-to-gemini'
  | 'bare'
  | 'portkey'

export interface Place {
  readonly mockPort: number
  /** An empty folder of its own. */
  readonly folder: string
}

/** A started subject. */
export interface Running {
  readonly port: number
  /** From spawn to the first answer. */
  readonly readyMs: number
  /** The processes whose time and memory count. */
  pids(): readonly number[]
  request(model: Model): Buffer
  /** Ended for good when it takes longer than `patienceMs`. */
  stop(patienceMs?: number): Promise<void>
}

/** A free port; somebody else could take it in between, and then the start fails loudly. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port')
  return address.port
}

export interface Launch {
  readonly launch: () => ChildProcess
  readonly port: number
  /** Asked until it answers. */
  readonly readyPath: string
  /** A proxy of the mock answers anything once it listens; a gateway says 200 when it is ready. */
  readonly readyStatus: 'any' | 200
  /** Standard output and standard error. */
  readonly outputFile: string
  readonly request: (model: Model) => Buffer
  readonly pids?: (tree: readonly number[]) => readonly number[]
}

/** Spawns, waits until it answers, and gives the handle. */
export async function launchSubject(options: Launch): Promise<Running> {
  const { port, request } = options
  const startedAtMs = performance.now()
  const child = options.launch()
  await untilReady(child, options, startedAtMs)
  const readyMs = performance.now() - startedAtMs
  const root = child.pid ?? 0
  const choose = options.pids ?? ((tree: readonly number[]) => tree)
  const stop = (patienceMs?: number) => stopProcess(child, patienceMs)
  return { port, readyMs, pids: () => choose(processTree(root)), request, stop }
}

async function untilReady(child: ChildProcess, options: Launch, startedAtMs: number): Promise<void> {
  const url = `http://127.0.0.1:${options.port}${options.readyPath}`
  while (performance.now() - startedAtMs < START_TIMEOUT_MS) {
    if (hasEnded(child)) break
    const status = await probe(url)
    if (status === 200 || (status !== undefined && options.readyStatus === 'any')) return
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
  await stopProcess(child)
  throw new Error(`It did not become ready. It said: ${lastWords(options.outputFile)}`)
}

function lastWords(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  return text === '' ? 'nothing' : text.slice(-LAST_WORDS_CHARACTERS)
}

/** The status of one answer; undefined while nobody listens. */
function probe(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}
