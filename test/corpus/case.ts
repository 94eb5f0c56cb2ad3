/** A case of the bad-input corpus as data: the bytes that go in, and everything that must come out. */
import { ADMIN_KEY, CLIENT_KEY } from '../servers/wasat-process.ts'

/** What only the running gateway knows. */
export interface Context {
  readonly port: number
  /** Another valid key beside `CLIENT_KEY`. */
  readonly secondKey: string
  /** A valid key that may use `gemini-3*` only. */
  readonly limitedKey: string
  /** Where nobody must ever connect to: it listens on the loopback addresses and counts. */
  readonly canaryPort: number
}

export type Bytes = Buffer | Iterable<Buffer>

export interface Expectation {
  /** One of these statuses, or `closed`: the connection ends without an answer. */
  readonly status: Status | readonly Status[]
  /** Over the error's message. */
  readonly message?: RegExp
  /** `reason` of an ErrorInfo among the details. */
  readonly reason?: string
  /** How many requests reach the upstream; `any` when both are right. Default 0. */
  readonly dispatched?: number | 'any'
  /** Exactly these body bytes reach the upstream. */
  readonly arrives?: Buffer
  /** Over the body that reaches the upstream; `not` must not match. */
  readonly arrivesBody?: { readonly is?: RegExp; readonly not?: RegExp }
  /** Over the request head that reaches the upstream (latin1); `not` must not match. */
  readonly arrivesHead?: { readonly is?: RegExp; readonly not?: RegExp }
  /** Whether the connection is closed after the answer. Default: as the answer's `connection` header says. */
  readonly close?: boolean
  /**
   * `google` (default) for errors: code, message and status; `google-list`: the same in a list; `openai`: message, type,
   * param and code; `problem`: RFC 9457; `any`: not looked at.
   */
  readonly errorBody?: ErrorBody
  /** `param` and `code` of an error in OpenAI's shape. */
  readonly param?: string | null
  readonly code?: string | null
  /** Header name to what its value must match, or `absent`. */
  readonly headers?: Readonly<Record<string, RegExp | 'absent'>>
  /** Over the whole body of the answer; `not` must not match. */
  readonly body?: { readonly is?: RegExp; readonly not?: RegExp }
  /** Longest time to the answer. */
  readonly withinMs?: number
}

export type Status = number | 'closed'
export type ErrorBody = 'google' | 'google-list' | 'openai' | 'problem' | 'any'

export interface Case {
  /** The row of the catalogue, such as `A13`. */
  readonly row: string
  readonly title: string
  readonly raw: Bytes | ((context: Context) => Bytes)
  /** Several expectations: one answer each, in this order, and not one more. */
  readonly expect: Expectation | readonly Expectation[]
  /** The method of the request, where that decides how the answer is read. */
  readonly method?: string
  /** We end our half of the connection after the bytes. */
  readonly fin?: true
  /** `tight`: the gateway with timeouts of one second and 40 MiB for bodies in flight. */
  readonly gateway?: 'main' | 'tight'
  /** The gateway's longest block while it handles this case is measured. */
  readonly measured?: true
}

// ---------------------------------------------------------------------------------------------
// Building requests, byte by byte.

export const BODY = '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'
export const GENERATE = '/v1beta/models/gemini-2.5-flash:generateContent'
/** The same verb, answered by the sandbox, which judges fields as Google does. */
export const SANDBOX = '/v1beta/models/box:generateContent'
/** The same verb, at a target that speaks another wire. */
export const TRANSLATED = '/v1beta/models/words:generateContent'
export const KEY_LINE = `X-Goog-Api-Key: ${CLIENT_KEY}`
export const ADMIN_LINE = `Authorization: Bearer ${ADMIN_KEY}`

/** Where the same bad bytes go in, and what would be good there. */
export interface Door {
  readonly target: string
  /** An object. */
  readonly body: string
  readonly errorBody: ErrorBody
}

export const GEMINI_DOOR: Door = { target: GENERATE, body: BODY, errorBody: 'google' }

/** In the words of this door: what goes in, what more stands at its front, and what comes of it. */
export const doorOf = ({ target, body, errorBody }: Door) => ({
  json: (bytes: string | Buffer) => request({ target, body: bytes }),
  withMember: (member: string) => `{${member},${body.slice(1)}`,
  told: (expect: Expectation): Expectation => ({ ...expect, errorBody }),
})

export interface Request {
  readonly method?: string
  readonly target?: string
  readonly version?: string
  /** Header lines after Host and the key; a string is written as latin1. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
  /** Leave out a line that is usually there. */
  readonly without?: readonly ('host' | 'key' | 'length' | 'type')[]
}

/** A request that is right in all that is not said otherwise. Header lines are latin1, so each byte can be written. */
export function request(parts: Request = {}): Buffer {
  const { method = 'POST', target = GENERATE, version = 'HTTP/1.1', headers = [], without = [] } = parts
  const body = Buffer.from(parts.body ?? (method === 'POST' ? BODY : ''))
  const lines = [`${method} ${target} ${version}`]
  if (!without.includes('host')) lines.push('Host: gateway.test')
  if (!without.includes('key')) lines.push(KEY_LINE)
  if (body.length > 0 && !without.includes('type')) lines.push('Content-Type: application/json')
  lines.push(...headers)
  if (body.length > 0 && !without.includes('length')) lines.push(`Content-Length: ${body.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** A chunked request; `wire` is everything after the head. */
export function chunkedRequest(
  wire: string | Buffer,
  coding = 'Transfer-Encoding: chunked',
  parts: Request = {},
): Buffer {
  const without = [...(parts.without ?? []), 'length'] as const
  const headers = [...(parts.headers ?? []), coding].filter(Boolean)
  return request({ ...parts, headers, without, body: Buffer.from(wire) })
}

/** `text` as one chunk and the end. */
export function oneChunk(text: string, size = Buffer.byteLength(text).toString(16)): string {
  return `${size}\r\n${text}\r\n0\r\n\r\n`
}

export const contentsOf = (text: string) => `{"contents":[{"role":"user","parts":[{"text":${text}}]}]}`

// ---------------------------------------------------------------------------------------------
// Expectations that many rows share.

export const REFUSED: Expectation = { status: 400 }
export const REFUSED_CLOSE: Expectation = { status: 400, close: true }
export const FORWARDED: Expectation = { status: 200, dispatched: 1 }
export const NOT_FOUND: Expectation = { status: 404 }
/** Google's answer for a model that is not there. */
export const MODEL_NOT_FOUND: Expectation = { ...NOT_FOUND, message: /is not found for API version v1/ }
export const NO_KEY: Expectation = { status: 403, message: /unregistered callers/ }
export const WRONG_KEY: Expectation = {
  status: 400,
  reason: 'API_KEY_INVALID',
  message: /^API key not valid/,
}

/** One case for each variant of a row. */
export function row(
  id: string,
  expect: Case['expect'],
  variants: Readonly<Record<string, Case['raw']>>,
  rest: Partial<Case> = {},
): Case[] {
  return Object.entries(variants).map(([title, raw]) => ({ row: id, title, raw, expect, ...rest }))
}
