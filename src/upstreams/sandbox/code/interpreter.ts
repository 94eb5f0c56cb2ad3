/** One child with Python in it, for one program. */
import type { ChildProcess } from 'node:child_process'
import {
  FAILED_MARK,
  LENGTH_BYTES,
  OK_MARK,
  OUTPUT_BYTES_MAX,
  READY_MARK,
  RUN_MARK,
} from './child/agreement.ts'
import { launch } from './launch.ts'
import { residentBytes } from './memory.ts'
import { notAwaited } from './waiting.ts'

/** What Node and Pyodide hold before a program begins; the rest of the limit is the program's own heap. */
const GROUND_BYTES = 256 * 1_024 * 1_024
const HEAP_BYTES_MIN = 64 * 1_024 * 1_024
const MEMORY_CHECK_MS = 100
const COMPLAINT_BYTES_MAX = 2_000
/** Ready, and the outcome. */
const MARKS_MAX = 2
/** Beyond the wall clock, for starting and for what compiles beside the program. */
const PROCESSOR_SECONDS_SPARE = 60

export interface CodeResult {
  readonly outcome: 'OUTCOME_OK' | 'OUTCOME_FAILED' | 'OUTCOME_DEADLINE_EXCEEDED'
  /** What the program printed, to stdout and stderr, at most 64 KiB of it; after a failure it ends with the reason. */
  readonly output: string
}

export interface Limits {
  /** Wall clock of one program. */
  readonly timeoutMs: number
  /** Resident memory of the whole child. */
  readonly memoryBytesMax: number
}

export interface Interpreter {
  /** Rejects with what the child complained of when it ended before it was ready. */
  readonly ready: Promise<void>
  /** When the process is gone. Never rejects. */
  readonly gone: Promise<void>
  /** Once, after `ready`. Kills the child in the end. */
  run(code: string, signal: AbortSignal): Promise<CodeResult>
  kill(): void
  /** Kills it, and keeps the gateway alive until it is gone. */
  end(): Promise<void>
}

export function heapBytesOf({ memoryBytesMax }: Limits): number {
  return Math.max(HEAP_BYTES_MIN, memoryBytesMax - GROUND_BYTES)
}

export function processorSecondsOf({ timeoutMs }: Limits): number {
  return Math.ceil(timeoutMs / 1_000) + PROCESSOR_SECONDS_SPARE
}

/** `snapshot` is what the snapshot child wrote. */
export function startInterpreter(snapshot: Buffer, limits: Limits): Interpreter {
  const child = launch({
    child: 'run',
    values: [String(heapBytesOf(limits))],
    processorSecondsMax: processorSecondsOf(limits),
  })
  const kill = (): void => void child.kill('SIGKILL')
  const heard = listen(child)
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(snapshot.length)
  child.stdin?.write(length)
  child.stdin?.write(snapshot)
  return {
    ready: heard.ready,
    gone: heard.gone,
    kill,
    end() {
      child.ref()
      kill()
      return heard.gone
    },
    async run(code, signal) {
      child.stdin?.end(Buffer.concat([Buffer.of(RUN_MARK), Buffer.from(code)]))
      const stopped = await watch(child.pid, heard.hungUp, limits, signal)
      kill()
      if (stopped === 'aborted') throw notAwaited()
      return resultOf(heard.output(), stopped ?? heard.outcome(), limits)
    },
  }
}

interface Heard {
  readonly ready: Promise<void>
  readonly gone: Promise<void>
  /** When both of its pipes are closed, which is well before the process is gone. */
  readonly hungUp: Promise<void>
  output(): Buffer
  outcome(): 'ok' | 'failed' | 'crashed'
}

function listen(child: ChildProcess): Heard {
  const [, stdout, stderr, control] = child.stdio
  const ready = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const hungUp = Promise.withResolvers<void>()
  // It may end before anyone asks whether it is ready.
  ready.promise.catch(() => {})
  // It cuts its output by itself; one that does not is no longer ours.
  const output = keep(stdout, OUTPUT_BYTES_MAX, () => child.kill('SIGKILL'))
  const complaint = keep(stderr, COMPLAINT_BYTES_MAX)
  const marks = keep(control, MARKS_MAX)
  control?.once('data', (piece: Buffer) => {
    if (piece[0] === READY_MARK) ready.resolve()
  })
  void Promise.all([closeOf(stdout), closeOf(control)]).then(() => hungUp.resolve())
  const end = (how: string): void => {
    ready.reject(new Error(`${how}: ${complaint()}`))
    gone.resolve()
    hungUp.resolve()
  }
  child.once('error', (error) => end(error.message))
  child.once('close', (code, signal) => end(signal ?? `exit code ${code}`))
  const outcome = (): 'ok' | 'failed' | 'crashed' => {
    const [, mark] = marks()
    return mark === OK_MARK ? 'ok' : mark === FAILED_MARK ? 'failed' : 'crashed'
  }
  return { ready: ready.promise, gone: gone.promise, hungUp: hungUp.promise, output, outcome }
}

type Pipe = ChildProcess['stdio'][number]

/** The first `bytesMax` bytes of what a pipe brings; the rest is thrown away, after saying so. */
function keep(pipe: Pipe, bytesMax: number, overflow = (): unknown => undefined): () => Buffer {
  const pieces: Buffer[] = []
  let bytes = 0
  pipe?.on('data', (piece: Buffer) => {
    const kept = piece.subarray(0, bytesMax - bytes)
    bytes += kept.length
    if (kept.length > 0) pieces.push(kept)
    if (kept.length < piece.length) overflow()
  })
  return () => Buffer.concat(pieces)
}

function closeOf(pipe: Pipe): Promise<void> {
  return new Promise((resolve) => pipe?.once('close', resolve))
}

type Stop = 'deadline' | 'memory' | 'aborted'

/** Until the program ends by itself (undefined) or has to be stopped. */
async function watch(
  pid: number | undefined,
  hungUp: Promise<void>,
  { timeoutMs, memoryBytesMax }: Limits,
  signal: AbortSignal,
): Promise<Stop | undefined> {
  const stop = Promise.withResolvers<Stop>()
  const abort = (): void => stop.resolve('aborted')
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const deadline = setTimeout(() => stop.resolve('deadline'), timeoutMs)
  const memory = setInterval(async () => {
    const bytes = pid === undefined ? undefined : await residentBytes(pid)
    if (bytes !== undefined && bytes > memoryBytesMax) stop.resolve('memory')
  }, MEMORY_CHECK_MS)
  try {
    return await Promise.race([stop.promise, hungUp.then(() => undefined)])
  } finally {
    clearTimeout(deadline)
    clearInterval(memory)
    signal.removeEventListener('abort', abort)
  }
}

function resultOf(
  output: Buffer,
  how: 'ok' | 'failed' | 'crashed' | 'deadline' | 'memory',
  { timeoutMs, memoryBytesMax }: Limits,
): CodeResult {
  const text = textOf(output)
  const failure = (reason: string): string => (text === '' || text.endsWith('\n') ? '' : '\n') + reason
  switch (how) {
    case 'ok':
      return { outcome: 'OUTCOME_OK', output: text }
    case 'failed':
      return { outcome: 'OUTCOME_FAILED', output: text }
    case 'deadline': {
      const reason = failure(`The program was stopped after ${timeoutMs / 1_000} seconds.\n`)
      return { outcome: 'OUTCOME_DEADLINE_EXCEEDED', output: text + reason }
    }
    case 'memory': {
      const mebibytes = Math.floor(memoryBytesMax / (1_024 * 1_024))
      const reason = failure(`MemoryError: the program needed more than ${mebibytes} MiB.\n`)
      return { outcome: 'OUTCOME_FAILED', output: text + reason }
    }
    case 'crashed':
      return {
        outcome: 'OUTCOME_FAILED',
        output: text + failure('SystemError: the Python interpreter ended unexpectedly.\n'),
      }
  }
}

/** Without the part of a character that the limit may have left at the end. */
function textOf(output: Buffer): string {
  const cut = output.length === OUTPUT_BYTES_MAX
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(output, { stream: cut })
}
