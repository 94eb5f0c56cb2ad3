/** Makes films one after the other, also those that the process before this one was asked for. */

import type { Directory } from '../../nouns/directory.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Change } from '../changes.ts'
import { createGeneratedFile } from '../files/generated.ts'
import { forget, type ResourceParts } from '../parts.ts'
import { type RpcStatus, rpcStatusOf } from './operation.ts'

/** Of films that are not made yet: what a start looks for. */
export const FILM_INPUTS = 'filmInputs'
export const filmInputOf = (operation: string): string => `${operation}/input`

/** Reads the body of `:predictLongRunning`; throws `invalid_argument` when it is not good. */
export type PlanFilm = (model: string, body: Record<string, unknown>) => Promise<FilmPlan>

export interface FilmPlan {
  readonly sampleCount: number
  make(sample: number): Promise<{ readonly bytes: Buffer; readonly mimeType: string }>
}

/** The document of an operation's row. */
export interface FilmDocument {
  /** Without `models/`. */
  readonly model: string
  /** Once it is done. */
  readonly files?: readonly string[]
  readonly error?: RpcStatus
}

export interface FilmWork {
  add(row: ResourceRow): void
  resume(): Promise<void>
  /** Resolves when nothing is being made any more; what is left goes on at the next start. */
  close(): Promise<void>
}

export interface FilmWorkOptions {
  readonly parts: ResourceParts
  readonly change: Change
  readonly directory: Pick<Directory, 'listKeys'>
  readonly planFilm: PlanFilm
  onFailure(error: unknown): void
}

/** Operations of one key that a start takes up; more are never accepted. */
export const UNFINISHED_FILMS_MAX = 20

export function createFilmWork(options: FilmWorkOptions): FilmWork {
  const { parts, directory, onFailure } = options
  let last: Promise<void> = Promise.resolve()
  let isClosed = false

  function add(row: ResourceRow): void {
    last = last.then(() => run(row)).catch((error) => void (isClosed || onFailure(error)))
  }

  async function run(row: ResourceRow): Promise<void> {
    if (!isClosed) await finish(options, row, () => isClosed)
  }

  return {
    add,
    resume: async () => {
      for (const { id: keyId } of await directory.listKeys()) {
        const left = await parts.table.list({
          keyId,
          collection: FILM_INPUTS,
          limit: UNFINISHED_FILMS_MAX,
        })
        for (const { parent } of left.toReversed()) {
          const row = parent === undefined ? undefined : await parts.table.get(keyId, parent)
          if (row !== undefined) add(row)
        }
      }
    },
    close: () => {
      isClosed = true
      return last
    },
  }
}

async function finish(
  { parts, change, planFilm }: FilmWorkOptions,
  { keyId, name }: ResourceRow,
  isClosed: () => boolean,
): Promise<void> {
  const input = await parts.table.get(keyId, filmInputOf(name))
  const row = await parts.table.get(keyId, name)
  if (input === undefined) return
  if (row === undefined || isDone(filmDocumentOf(row))) return void (await forget(parts, input))
  const { model } = filmDocumentOf(row)
  let outcome: Pick<FilmDocument, 'files' | 'error'>
  try {
    const bytes = await parts.blobs.read(input.blob as string, 0, input.sizeBytes)
    const plan = await planFilm(model, parts.parseJson(bytes))
    const files: string[] = []
    for (let sample = 0; sample < plan.sampleCount; sample++) {
      if (isClosed()) return
      files.push(await store(parts, row, plan, sample))
    }
    outcome = { files }
  } catch (error) {
    if (isClosed()) return
    outcome = { error: rpcStatusOf(error) }
  }
  await change(keyId, name, (current) => ({
    ...current,
    updatedAt: parts.now(),
    document: JSON.stringify({ model, ...outcome } satisfies FilmDocument),
  }))
  await forget(parts, input)
}

/** One that is there was made by a process that died before it could say so. */
async function store(
  parts: ResourceParts,
  row: ResourceRow,
  plan: FilmPlan,
  sample: number,
): Promise<string> {
  // Clients cut the id out of the address, and take letters and digits alone.
  const name = `files/${row.name.slice(row.name.lastIndexOf('/') + 1)}${sample}` as const
  if ((await parts.table.get(row.keyId, name)) !== undefined) return name
  const { bytes, mimeType } = await plan.make(sample)
  await createGeneratedFile(parts, row, { name, mimeType, write: (append) => append(bytes) })
  return name
}

export function filmDocumentOf(row: ResourceRow): FilmDocument {
  return JSON.parse(row.document) as FilmDocument
}

export function isDone({ files, error }: FilmDocument): boolean {
  return files !== undefined || error !== undefined
}
