import { randomBytes } from 'node:crypto'
import { badRequest, GatewayError } from '../errors.ts'
import type { Directory, IssuedKey, KeyChanges, KeyRecord, NewKey } from '../nouns/directory.ts'
import { shortId } from '../wire/short-id.ts'
import { checkAddresses } from './addresses.ts'
import { createHash, type Hash } from './hash.ts'
import { checkExpiry, checkId, checkLimits, checkModels, checkName, checkSecret } from './key-input.ts'
import { checkRoutes } from './route-input.ts'

/** Changes of keys that wait for each other; an operator never has more under way. */
const CHANGES_WAITING_MAX = 1_000
const SECRET_BYTES = 32

export interface KeyInput extends NewKey {
  /** A secret that the operator chose, 16 to 512 printable ASCII characters; it is the whole key. Needs `id`. */
  readonly secret?: string
  readonly id?: string
}

/** The client keys of an installation. An unknown id throws `not_found`, bad input `invalid_argument` with the field. */
export interface Keys {
  create(input: KeyInput): Promise<IssuedKey>
  list(): Promise<readonly KeyRecord[]>
  get(id: string): Promise<KeyRecord>
  update(id: string, changes: KeyChanges): Promise<KeyRecord>
  setDisabled(id: string, disabled: boolean): Promise<KeyRecord>
  /** A new secret under the same id; the old one stops at once. */
  rotate(id: string): Promise<IssuedKey>
  remove(id: string): Promise<void>
  /** What is kept of a key at rest. */
  digestOf(key: string): string
  /** Makes `plaintext` the key with this id; its models and whether it is disabled stay as they were. */
  ensureOperatorKey(id: string, name: string, plaintext: string): Promise<KeyRecord>
  /** Hears the id of each key that this instance changed or removed, after it is durable. Returns the way out. */
  onChange(listener: (id: string) => void): () => void
}

export async function createKeys(directory: Directory): Promise<Keys> {
  const digestOf = await createHash(directory)
  const listeners = new Set<(id: string) => void>()
  const inOrder = createQueue()

  async function get(id: string): Promise<KeyRecord> {
    const record = await directory.getKey(id)
    if (record === undefined) throw unknownKey(id)
    return record
  }

  /** Reads, changes and writes a record with nobody in between: a rotation must not undo a disabling. */
  function change(
    id: string,
    changes: () => Partial<KeyRecord> | Promise<Partial<KeyRecord>>,
  ): Promise<KeyRecord> {
    return inOrder(async () => {
      const before = await get(id)
      const record = Object.freeze({
        ...before,
        ...(await changes()),
        updatedAt: Math.max(Date.now(), before.createdAt),
      })
      if (!(await directory.updateKey(record))) throw unknownKey(id)
      announce(id)
      return record
    })
  }

  function announce(id: string): void {
    for (const listener of listeners) listener(id)
  }

  async function checkProject(projectId: string): Promise<string> {
    if ((await directory.getProject(projectId)) !== undefined) return projectId
    const message = `There is no project with the id ${JSON.stringify(projectId.slice(0, 64))}.`
    throw new GatewayError('failed_precondition', message, { details: [badRequest('projectId', message)] })
  }

  function update(id: string, changes: KeyChanges): Promise<KeyRecord> {
    const { name, models, routes, projectId, addresses, limits, expiresAt } = changes
    return change(id, async () => ({
      ...(name !== undefined && { name: checkName(name) }),
      ...(models !== undefined && { models: checkModels(models) }),
      ...(routes !== undefined && { routes: checkRoutes(routes) }),
      ...(projectId !== undefined && {
        projectId: projectId === null ? undefined : await checkProject(projectId),
      }),
      ...(addresses !== undefined && { addresses: checkAddresses(addresses) }),
      ...(limits !== undefined && { limits: checkLimits(limits) }),
      ...(expiresAt !== undefined && {
        expiresAt: expiresAt === null ? undefined : checkExpiry(expiresAt, Date.now()),
      }),
    }))
  }

  async function rotate(id: string): Promise<IssuedKey> {
    const key = newKey(id)
    const record = await change(id, () => ({ digest: digestOf(key) }))
    return { record, key }
  }

  function remove(id: string): Promise<void> {
    return inOrder(async () => {
      if (!(await directory.deleteKey(id))) throw unknownKey(id)
      announce(id)
    })
  }

  async function ensureOperatorKey(id: string, name: string, plaintext: string): Promise<KeyRecord> {
    const wanted = { id: checkId(id), name: checkName(name), digest: digestOf(checkSecret(plaintext)) }
    const before = await directory.getKey(id)
    if (before === undefined) {
      return (await create({ id, name, models: [], secret: plaintext })).record
    }
    if (before.digest === wanted.digest && before.name === wanted.name) return before
    return change(id, () => wanted)
  }

  async function create(input: KeyInput): Promise<IssuedKey> {
    const issued = issue(input, digestOf)
    if (input.projectId !== undefined) await checkProject(input.projectId)
    await directory.createKey(issued.record)
    return issued
  }

  function onChange(listener: (id: string) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return Object.freeze({
    create,
    list: () => directory.listKeys(),
    get,
    update,
    setDisabled: (id: string, disabled: boolean) => change(id, () => ({ disabled })),
    rotate,
    remove,
    digestOf,
    ensureOperatorKey,
    onChange,
  })
}

function issue(input: KeyInput, digestOf: Hash): IssuedKey {
  const id = input.id === undefined ? shortId() : checkId(input.id)
  const key = input.secret === undefined ? newKey(id) : checkSecret(input.secret)
  const now = Date.now()
  const record = Object.freeze({
    id,
    name: checkName(input.name),
    digest: digestOf(key),
    projectId: input.projectId,
    models: checkModels(input.models),
    routes: checkRoutes(input.routes === undefined ? {} : input.routes),
    addresses: checkAddresses(input.addresses === undefined ? [] : input.addresses),
    limits: checkLimits(input.limits === undefined ? {} : input.limits),
    expiresAt: input.expiresAt === undefined ? undefined : checkExpiry(input.expiresAt, now),
    disabled: false,
    createdAt: now,
    updatedAt: now,
  })
  return { record, key }
}

function newKey(id: string): string {
  return `wst_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`
}

function unknownKey(id: string): GatewayError {
  return new GatewayError('not_found', `There is no key with the id ${JSON.stringify(id.slice(0, 64))}.`)
}

/** Runs one piece of work after the other, in the order in which they came. */
function createQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return (work) => {
    if (waiting >= CHANGES_WAITING_MAX) {
      return Promise.reject(new GatewayError('overloaded', 'Too many changes of keys at once.'))
    }
    waiting++
    const done = last.then(work).finally(() => waiting--)
    last = done.catch(() => undefined)
    return done
  }
}
