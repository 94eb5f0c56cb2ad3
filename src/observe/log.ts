/** JSON logs on standard output, one line an event. No header value, no query and no body is ever written. */
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { Redact } from './redact.ts'

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'

/** Lines are gathered up to this many bytes or for `FLUSH_MS`: a write for each request costs more than the request. */
const BUFFER_BYTES = 8 * 1024
const FLUSH_MS = 250
/** When nobody reads the output, lines beyond this are dropped rather than held. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024
const TEXT_CHARACTERS_MAX = 1_000

export interface Log {
  /** One line for one request. Written apart from the rest: this is the line that there are thousands of a second. */
  request(fields: object, isFault: boolean): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** Text that a client chose, without what looks like a secret: people paste keys into the wrong place. */
  clean(text: string | undefined): string | undefined
  /** The parts of a thrown thing that may be shown to the operator. */
  describe(thrown: unknown): object
  close(): void
}

export function createLog(level: LogLevel, redact: Redact, stream?: DestinationStream): Log {
  const output =
    stream ?? destination({ fd: 1, sync: false, minLength: BUFFER_BYTES, maxLength: BACKLOG_BYTES_MAX })
  const logger: Logger = pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    output,
  )
  const flush = () => {
    if ('flushSync' in output) {
      try {
        ;(output as { flushSync(): void }).flushSync()
      } catch {
        // Nothing was opened yet, or the reader is gone: then there is nobody to tell.
      }
    }
  }
  let lines = ''
  const writeLines = () => {
    if (lines !== '') output.write(lines)
    lines = ''
  }
  const timer = setInterval(() => {
    writeLines()
    if ('flush' in output) (output as { flush(): void }).flush()
  }, FLUSH_MS)
  timer.unref()
  const { info: INFO = 30, error: ERROR = 50 } = pino.levels.values

  function request(fields: object, isFault: boolean): void {
    const severity = isFault ? ERROR : INFO
    if (severity < logger.levelVal) return
    const rest = JSON.stringify(fields).slice(1)
    lines += `{"level":${severity},"time":"${new Date().toISOString()}","msg":"request",${rest}\n`
    if (lines.length > BUFFER_BYTES) writeLines()
  }

  return {
    request,
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    clean: (text) => text && redact(text),
    describe: (thrown) => describe(thrown, redact),
    close: () => {
      clearInterval(timer)
      writeLines()
      flush()
    },
  }
}

function describe(thrown: unknown, redact: Redact): object {
  const text = (value: unknown) => redact(String(value)).slice(0, TEXT_CHARACTERS_MAX)
  if (!(thrown instanceof Error)) return { error: text(thrown) }
  const { code, hint, cause } = thrown as Error & { code?: string; hint?: string }
  return {
    error: text(thrown.message),
    ...(code !== undefined && { code }),
    ...(hint !== undefined && { hint: text(hint) }),
    ...(cause instanceof Error && { cause: text(cause.message) }),
    // Only what nobody foresaw needs its place in the code.
    ...(code === 'internal' || code === undefined
      ? { stack: text((cause as Error | undefined)?.stack ?? thrown.stack) }
      : {}),
  }
}
