/** A child that runs to its end by itself, and what it wrote. */
import { type Launch, launch } from './launch.ts'

/** Of stderr; enough to see what went wrong. */
const COMPLAINT_CHARS_MAX = 2_000

export interface Ended {
  readonly output: Buffer
  /** True when it ended by itself and said that all went well. */
  readonly succeeded: boolean
  /** For the operator: how it ended, and the first of what it wrote to stderr. */
  readonly complaint: string
}

export interface CollectLimits {
  readonly timeoutMs: number
  readonly bytesMax: number
}

/** Never rejects. Kills what takes longer or writes more. */
export function collect(options: Launch, { timeoutMs, bytesMax }: CollectLimits): Promise<Ended> {
  const child = launch(options)
  const kill = (): void => void child.kill('SIGKILL')
  const pieces: Buffer[] = []
  let bytes = 0
  let complaint = ''
  child.stdout?.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes <= bytesMax) pieces.push(piece)
    else kill()
  })
  child.stderr?.on('data', (piece: Buffer) => {
    complaint = (complaint + piece.toString()).slice(0, COMPLAINT_CHARS_MAX)
  })
  const timer = setTimeout(kill, timeoutMs)
  return new Promise((resolve) => {
    const end = (how: string, succeeded: boolean): void => {
      clearTimeout(timer)
      resolve({ output: Buffer.concat(pieces), succeeded, complaint: `${how}: ${complaint}` })
    }
    child.once('error', (error) => end(error.message, false))
    child.once('close', (code, by) => end(by ?? `exit code ${code}`, code === 0))
  })
}
