import { STATUS_CODES } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Reply } from './endpoint.ts'

/** What HTTP itself refuses; the table of failures, which speaks Google's language, has no row for it. */
export class Refusal extends Error {
  readonly http: 412 | 413 | 415 | 422

  constructor(http: 412 | 413 | 415 | 422, message: string) {
    super(message)
    this.name = 'Refusal'
    this.http = http
  }
}

interface FieldProblem {
  readonly field: string
  readonly detail: string
}

/** What went wrong, as RFC 9457 writes it. `instance` is the request's id. */
export function problemOf(error: unknown, instance: string): Reply {
  if (error instanceof Refusal) {
    const headers = error.http === 415 ? { accept: 'application/json' } : {}
    return problem(error.http, error.message, instance, headers)
  }
  const failure = GatewayError.from(error)
  return problem(failure.http, failure.message, instance, failure.headers, fieldsOf(failure))
}

export function problem(
  status: number,
  detail: string,
  instance: string,
  headers: Readonly<Record<string, string>> = {},
  errors: readonly FieldProblem[] = [],
): Reply {
  const title = STATUS_CODES[status] ?? 'Error'
  const body = { type: 'about:blank', title, status, detail, instance, ...(errors.length > 0 && { errors }) }
  return { status, body, headers: { ...headers, 'content-type': 'application/problem+json' } }
}

/** The fields that a `google.rpc.BadRequest` names. */
function fieldsOf(failure: GatewayError): readonly FieldProblem[] {
  const violations = failure.details.flatMap((detail) => {
    const { fieldViolations } = detail as { fieldViolations?: { field?: string; description: string }[] }
    return fieldViolations ?? []
  })
  return violations.map(({ field, description }) => ({ field: field ?? '', detail: description }))
}
