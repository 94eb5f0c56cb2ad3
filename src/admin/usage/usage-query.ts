/** What is asked of the ledger, from the parameters of a query. Everything here throws `invalid_argument`. */
import { invalidField } from '../../errors.ts'
import type { UsageDimension, UsageFilter } from '../../nouns/ledger.ts'
import { Type } from '../../wire/type.ts'
import { hourAfter } from '../instants.ts'

const DIMENSIONS: readonly UsageDimension[] = [
  ...(['key', 'project', 'model', 'upstream', 'tag'] as const),
  ...(['hour', 'day', 'month'] as const),
]
const DIMENSIONS_MAX = 4
const GROUPS_DEFAULT = 1_000
const GROUPS_MAX = 10_000
/** Three years: a report over more would take longer than an operator waits. */
const RANGE_DAYS_MAX = 1_100
const DAY_MS = 86_400_000
/** The ledger's own names are shorter than this. */
const FILTER_LENGTH_MAX = 256

const text = (description: string) => Type.Optional(Type.String({ description }))

export const FILTERS = {
  from: text('The first moment: a date or an RFC 3339 time; without it, the first of this month in UTC.'),
  to: text('The moment before which it ends; without it, now.'),
  key: text('Only this key, by its id.'),
  project: text('Only this project, by its id.'),
  model: text('Only this model, as clients named it.'),
  upstream: text('Only this upstream.'),
  tag: text('Only this tag, as name=value.'),
}

interface Filters {
  readonly key?: string
  readonly project?: string
  readonly model?: string
  readonly upstream?: string
  readonly tag?: string
}

export function filterOf({ key, project, model, upstream, tag }: Filters): UsageFilter {
  for (const [name, value] of Object.entries({ key, project, model, upstream, tag })) {
    if (value === undefined || (value !== '' && value.length <= FILTER_LENGTH_MAX)) continue
    throw invalidField(name, `${JSON.stringify(name)} must have 1 to ${FILTER_LENGTH_MAX} characters.`)
  }
  if (tag !== undefined && !tag.includes('=')) throw invalidField('tag', '"tag" must be name=value.')
  return {
    ...(key !== undefined && { keyId: key }),
    ...(project !== undefined && { projectId: project }),
    ...(model !== undefined && { model }),
    ...(upstream !== undefined && { upstream }),
    ...(tag !== undefined && { tag }),
  }
}

type Read = (text: string, field: string) => number

export interface Range {
  readonly from: number
  readonly to: number
}

/** Without parameters: from the first of this month until now, the hour of now included. */
export function rangeOf(
  query: { readonly from?: string; readonly to?: string },
  read: Read,
  now: number,
): Range {
  const to = query.to === undefined ? hourAfter(now + 1) : read(query.to, 'to')
  const from = query.from === undefined ? monthOf(Math.min(now, to - 1)) : read(query.from, 'from')
  if (from >= to) throw invalidField('from', '"from" must be before "to".')
  if (to - from > RANGE_DAYS_MAX * DAY_MS) {
    throw invalidField('from', `"from" and "to" must be at most ${RANGE_DAYS_MAX} days apart.`)
  }
  return { from, to }
}

function monthOf(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

/** `key,model`; without it, by key. */
export function dimensionsOf(by: string | undefined): readonly UsageDimension[] {
  const names = (by ?? 'key').split(',') as UsageDimension[]
  const rule = `"by" must be up to ${DIMENSIONS_MAX} of ${DIMENSIONS.join(', ')}, each once, with commas between.`
  if (names.length > DIMENSIONS_MAX || new Set(names).size < names.length) throw invalidField('by', rule)
  if (!names.every((name) => DIMENSIONS.includes(name))) throw invalidField('by', rule)
  return names
}

export function groupsMaxOf(limit: string | undefined): number {
  if (limit === undefined) return GROUPS_DEFAULT
  const count = /^\d{1,6}$/.test(limit) ? Number(limit) : 0
  if (count >= 1 && count <= GROUPS_MAX) return count
  throw invalidField('limit', `"limit" must be an integer from 1 to ${GROUPS_MAX}.`)
}
