/** How a command ends: exit codes for scripts, one clear line and what to do next for people. */
import { CommanderError } from 'commander'
import { ConfigError } from '../config/problems.ts'
import { GatewayError } from '../errors.ts'

export const EXIT = Object.freeze({
  ok: 0,
  failure: 1,
  usage: 2,
  authentication: 3,
  notFound: 4,
  unreachable: 5,
})

export type ExitReason = keyof typeof EXIT

/** A failure that a command foresaw. */
export class CliError extends Error {
  readonly reason: ExitReason
  /** What to do next. */
  readonly next: string | undefined

  constructor(reason: ExitReason, message: string, next?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CliError'
    this.reason = reason
    this.next = next
  }
}

/** Any thrown thing, ready to print. */
export interface Failure {
  readonly exitCode: number
  readonly reason: ExitReason
  readonly message: string
  /** The message with everything that JSON has in `details`. */
  readonly text: string
  readonly next: string | undefined
  readonly details: Readonly<Record<string, unknown>>
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return failure(error.reason, error.message, error.next)
  if (error instanceof CommanderError) return usageFailure(error)
  if (error instanceof ConfigError) return configFailure(error)
  if (error instanceof GatewayError) return failure(reasonOf(error), error.message, error.hint)
  const { message, code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return failure('failure', message, 'choose another --port, or see: wasat doctor')
  if (code === 'EACCES') return failure('failure', message, 'check the owner and the mode')
  return failure('failure', error instanceof Error ? message : String(error), 'wasat doctor may tell more')
}

/** The text for standard error. */
export function renderFailure({ text, next }: Failure): string {
  return `wasat: ${text}\n${next ? `  next: ${next}\n` : ''}`
}

export function renderFailureJson({ reason, message, next, details }: Failure): string {
  return `${JSON.stringify({ error: { reason, message, ...(next && { next }), ...details } })}\n`
}

function failure(reason: ExitReason, message: string, next: string | undefined): Failure {
  return { exitCode: EXIT[reason], reason, message, text: message, next, details: {} }
}

function usageFailure(error: CommanderError): Failure {
  const [line = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const next = suggestion?.replace(/^\((.*)\)$/, '$1') || 'wasat --help lists the commands and options'
  return failure('usage', line, next)
}

function configFailure(error: ConfigError): Failure {
  const count = error.problems.length
  const head = count === 1 ? 'the configuration has a problem' : `the configuration has ${count} problems`
  const { file, problems } = error
  const text = `${head}\n${error.message}`
  return { ...failure('failure', head, undefined), text, details: { ...(file && { file }), problems } }
}

function reasonOf({ code }: GatewayError): ExitReason {
  if (code === 'not_found') return 'notFound'
  if (code === 'unauthenticated' || code === 'permission_denied' || code === 'api_key_invalid')
    return 'authentication'
  return code === 'invalid_argument' ? 'usage' : 'failure'
}
