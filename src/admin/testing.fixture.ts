/** The admin API over whole books, for tests: asked without a network, and looked at from behind. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readBook } from '../../test/contracts/reference/book.ts'
import { createReferenceDirectory } from '../../test/contracts/reference/directory.ts'
import { createReferenceLedger } from '../../test/contracts/reference/ledger.ts'
import { createState } from '../../test/contracts/reference/state.ts'
import { createKeys } from '../auth/keys.ts'
import { GatewayError } from '../errors.ts'
import { adminPartsOf } from '../main/admin-parts.ts'
import type { Directory } from '../nouns/directory.ts'
import type { Ledger } from '../nouns/ledger.ts'
import type { HttpRequest, HttpResponse } from '../nouns.ts'
import { createPriceBook } from '../prices/book.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/store.ts'
import { parseExactJson } from '../wire/exact-json.ts'
import { type Admin, type AdminOptions, createAdmin } from './admin.ts'

export const ADMIN_KEY = 'wsa_the-admin-key-of-these-tests'

export interface TestBooks {
  readonly directory: Directory
  readonly ledger: Ledger
}

/** Books in memory, as simple as they can be. */
export function referenceBooks(now: () => number = Date.now): TestBooks {
  const state = createState(now)
  return { directory: createReferenceDirectory(state), ledger: createReferenceLedger(state) }
}

type OpenBooks = (now?: () => number) => Promise<TestBooks>

/** Every kind of books that the admin API is tried on. */
const KINDS = ['reference', 'SQLite'] as const
export type Kind = (typeof KINDS)[number]

interface Shelf {
  readonly open: OpenBooks
  readonly close: () => Promise<void>
}

/** Opens books of a kind, and closes all of them. */
function shelfOf(kind: Kind): Shelf {
  if (kind === 'reference') return { open: async (now) => referenceBooks(now), close: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'wasat-admin-'))
  const stores: SqliteStore[] = []
  return {
    open: async (now = Date.now) => {
      const store = await openSqliteStore(join(folder, String(stores.length)), { now })
      stores.push(store)
      return store
    },
    close: async () => {
      for (const store of stores) await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The same test on books of every kind. */
export function onBooks(
  title: string,
  body: (open: OpenBooks, t: TestContext, kind: Kind) => Promise<void>,
): void {
  for (const kind of KINDS) {
    test(`${title} (${kind})`, async (t) => {
      const shelf = shelfOf(kind)
      try {
        await body(shelf.open, t, kind)
      } finally {
        await shelf.close()
      }
    })
  }
}

export interface Office extends TestBooks {
  readonly admin: Admin
  readonly ask: (method: string, target: string, asked?: Asked) => Promise<Answered>
  /** A change that must work; resolves to the JSON of the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks for in a JSON answer is its own business
  readonly make: (method: string, target: string, body?: object) => Promise<any>
  /** Everything that there is, to be compared. */
  readonly snapshot: () => Promise<unknown>
}

export interface Asked {
  /** An object is sent as JSON; a text or bytes as they are, as JSON too. */
  readonly body?: object | string | Buffer
  readonly headers?: IncomingHttpHeaders
  /** Without the key of the operator, and without need of it. */
  readonly trusted?: boolean
}

export interface Answered {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks for in a JSON answer is its own business
  readonly json: any
}

export async function openOffice(
  books: TestBooks = referenceBooks(),
  changes: Partial<AdminOptions> = {},
): Promise<Office> {
  const { directory, ledger } = books
  const prices = createPriceBook({ overrides: {} })
  const admin = createAdmin({
    ...adminPartsOf({
      ...{ keys: await createKeys(directory), store: books, version: '1.2.3' },
      prices: () => prices,
    }),
    gate: { check: (credential) => credential === ADMIN_KEY },
    ...changes,
  })
  const ask: Office['ask'] = (method, target, asked = {}) => askAdmin(admin, method, target, asked)
  return {
    ...books,
    admin,
    ask,
    make: async (method, target, body) => {
      const { status, text, json } = await ask(method, target, body === undefined ? {} : { body })
      assert.ok(status < 300, `${method} ${target}: ${text}`)
      return json
    },
    snapshot: async () => {
      const book = await ledger.openBook()
      const { at: _, ...facts } = await readBook(book).finally(() => book.close())
      const people = [
        await directory.listKeys(),
        await directory.listProjects(),
        await directory.listBudgets(),
      ]
      return structuredClone({ facts, people })
    },
  }
}

async function askAdmin(admin: Admin, method: string, target: string, asked: Asked): Promise<Answered> {
  const { response, answered } = recordedResponse()
  await admin(requestOf(method, target, asked), response, asked.trusted ?? false)
  return answered()
}

export function requestOf(
  method: string,
  target: string,
  { body, headers, trusted }: Asked = {},
): HttpRequest {
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
  const bytes = Buffer.from(isRaw ? body : body === undefined ? '' : JSON.stringify(body))
  const own: IncomingHttpHeaders = {
    ...(trusted !== true && { authorization: `Bearer ${ADMIN_KEY}` }),
    ...(bytes.length > 0 && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
  }
  return {
    id: '0190-request',
    clientRequestId: undefined,
    method,
    path: path.split('/').slice(1).map(decodeURIComponent),
    query: new URLSearchParams(query),
    headers: { ...own, ...headers },
    remoteAddress: '203.0.113.7',
    receivedAtMs: 0,
    clientLeft: () => false,
    origin: () => 'http://gateway.test',
    consume: () => Promise.reject(new Error('nothing is uploaded here')),
    body: async (visit) => {
      try {
        for (let at = 0; at < bytes.length; at += 1_000) visit?.(bytes.subarray(at, at + 1_000))
      } catch (error) {
        // As the edge does it.
        throw GatewayError.from(error)
      }
      return bytes
    },
  }
}

export interface TestResponse {
  readonly response: HttpResponse
  readonly answered: () => Answered
  readonly pieces: string[]
  readonly isDestroyed: () => boolean
}

/** `write` says that there is room, unless `room` says otherwise. */
export function recordedResponse(room: () => boolean = () => true): TestResponse & Listeners {
  const heads: { status: number; headers: OutgoingHttpHeaders }[] = []
  const pieces: string[] = []
  const listeners = { drained: () => {}, left: () => {} }
  let isEnded = false
  let isDestroyed = false
  const response: HttpResponse = {
    get headSent() {
      return heads.length > 0
    },
    bodyBytes: 0,
    head: (status, headers) => heads.push({ status, headers }),
    write: (piece) => pieces.push(piece.toString()) > 0 && room(),
    end: (piece) => {
      assert.ok(!isEnded, 'ended once')
      isEnded = true
      if (piece !== undefined) pieces.push(piece.toString())
    },
    destroy: () => {
      isDestroyed = true
    },
    onDrain: (listener) => {
      listeners.drained = listener
    },
    onClientLeft: (listener) => {
      listeners.left = listener
    },
    onHalfClosed: () => undefined,
  }
  function answered(): Answered {
    assert.equal(heads.length, 1, 'one head')
    assert.ok(isEnded, 'an end')
    const { status, headers } = heads[0]!
    assert.equal(headers['cache-control'], 'no-store')
    const text = pieces.join('')
    return { status, headers, text, json: jsonOf(text) }
  }
  return {
    response,
    answered,
    pieces,
    isDestroyed: () => isDestroyed,
    drain: () => listeners.drained(),
    leave: () => listeners.left(),
  }
}

interface Listeners {
  readonly drain: () => void
  readonly leave: () => void
}

function jsonOf(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}

/** RFC 9457 with this status, about this field. */
export function assertProblem(answered: Answered, status: number, detail?: RegExp, field?: string): void {
  assert.equal(answered.status, status, answered.text)
  assert.equal(answered.headers['content-type'], 'application/problem+json')
  assert.equal(Number(answered.headers['content-length']), Buffer.byteLength(answered.text))
  const { type, title, instance, errors } = answered.json
  assert.deepEqual([type, answered.json.status, instance], ['about:blank', status, '0190-request'])
  assert.ok(title)
  if (detail !== undefined) assert.match(answered.json.detail, detail)
  if (field !== undefined) assert.equal(errors?.[0].field, field, answered.text)
}
