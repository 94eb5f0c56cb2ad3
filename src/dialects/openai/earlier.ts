/** What a request names of earlier answers: the one that it goes on from, and single items. */
import type { KeptResponse, KeptResponses } from '../../nouns/kept-responses.ts'
import type { Loss } from '../../nouns/translation.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'
import { isObject, type Json, wrongType } from './values.ts'

export interface Earlier {
  /** `kept` is undefined when there is no answer of this id. */
  readonly previous: { readonly id: string; readonly kept: KeptResponse | undefined } | undefined
  /** By their ids. */
  readonly items: ReadonlyMap<string, Json>
}

export const NOTHING_EARLIER: Earlier = { previous: undefined, items: new Map() }

export interface Naming {
  readonly found: JsonFindings
  readonly body: Buffer
  readonly document: () => Json
  readonly keyId: string
}

/** All is looked for at once; that something is not there says only who needs it: an upstream may have it. */
export async function earlierOf(naming: Naming, responses: KeptResponses): Promise<Earlier> {
  const [previous, items] = await Promise.all([previousIn(naming, responses), itemsIn(naming, responses)])
  return { previous, items }
}

async function previousIn({ found, keyId }: Naming, responses: KeptResponses): Promise<Earlier['previous']> {
  const text = found.captured.get('previous_response_id')
  if (text === undefined || text === 'null') return undefined
  const id: unknown = JSON.parse(text)
  if (typeof id !== 'string') throw wrongType('previous_response_id', 'a string', id)
  return { id, kept: await responses.find(keyId, id) }
}

const REFERENCE = 'item_reference'
/** Answers that one request may name items of. */
const ANSWERS_MAX = 64
/** An item's id names the answer that it is of. */
const ITEM_ID = /^[a-z]+_([0-9a-f]{32})[ik]?\d+$/

async function itemsIn(
  { body, document, keyId }: Naming,
  responses: KeptResponses,
): Promise<Earlier['items']> {
  // Nearly no request has one, and none is read for it.
  if (!body.includes(REFERENCE)) return NOTHING_EARLIER.items
  const { input } = document()
  const answers = new Set(
    (Array.isArray(input) ? input : []).flatMap((item) => {
      const unique = isReference(item) ? ITEM_ID.exec(item.id)?.[1] : undefined
      return unique === undefined ? [] : `resp_${unique}`
    }),
  )
  const found = await Promise.all([...answers].slice(0, ANSWERS_MAX).map((id) => responses.find(keyId, id)))
  const items = found.flatMap((kept) => (kept === undefined ? [] : [...kept.input, ...kept.output]))
  return new Map(items.map((item) => [String(item.id), item]))
}

export function isReference(item: unknown): item is { readonly id: string } {
  return isObject(item) && item.type === REFERENCE && typeof item.id === 'string'
}

/** What every service of this wire reads; the others are its own, with ids that it knows. */
const PORTABLE: ReadonlySet<unknown> = new Set(['message', 'function_call', 'function_call_output'])

export interface InFull {
  readonly document: Json
  readonly losses: readonly Loss[]
}

/**
 * The request with all that it names of ours in its place, for an upstream that speaks this wire: our ids are nothing to
 * it. Undefined where nothing of ours is named; then the request goes as it came.
 */
export function inFull(document: () => Json, { previous, items }: Earlier): InFull | undefined {
  const kept = previous?.kept
  if (kept === undefined && items.size === 0) return undefined
  const { previous_response_id: id, input = [], ...others } = document()
  const own = typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
  if (!Array.isArray(own)) return undefined
  const named = own.map((item: unknown) => (isReference(item) ? items.get(item.id) : undefined))
  const before = kept === undefined ? [] : [...kept.input, ...kept.output]
  const ours = [...before, ...named.filter((item) => item !== undefined)]
  const said = own.flatMap((item: unknown, index): unknown[] => {
    const found = named[index]
    return found === undefined ? [item] : portable([found])
  })
  return {
    document: {
      ...others,
      ...(kept === undefined && id !== undefined && { previous_response_id: id }),
      input: [...portable(before), ...said],
    },
    losses: ours.some(({ type }) => !PORTABLE.has(type)) ? [LEFT_BEHIND] : [],
  }
}

const LEFT_BEHIND: Loss = Object.freeze({
  path: 'input',
  kind: 'dropped',
  reason: 'what another service thought, searched and made in earlier answers is not shown to this one',
})

function portable(items: readonly Json[]): Json[] {
  return items.filter(({ type }) => PORTABLE.has(type)).map(({ id: _, ...item }) => item)
}
