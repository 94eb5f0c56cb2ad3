import type { IssuedKey } from '../../nouns/directory.ts'
import { Type } from '../../wire/type.ts'
import { BudgetTerms, budgetShape, termsOf } from '../budgets/budget-shape.ts'
import { endpoint } from '../endpoint.ts'
import { instantOf } from '../instants.ts'
import { LimitsShape } from '../limits-shape.ts'
import type { AdminParts } from '../parts.ts'
import { RoutesShape } from '../routes-shape.ts'
import { issuedKeyReply } from './key-shape.ts'

/** Lengths and characters are judged by the keys themselves, which every way to make a key goes through. */
export const CreateKeyBody = Type.Object(
  {
    name: Type.String({ description: '1 to 100 characters.' }),
    models: Type.Optional(Type.Array(Type.String(), { description: 'At most 100 globs over model names.' })),
    routes: Type.Optional(RoutesShape),
    projectId: Type.Optional(Type.String()),
    addresses: Type.Optional(
      Type.Array(Type.String(), { description: 'IP addresses and CIDR ranges that may use it.' }),
    ),
    limits: Type.Optional(LimitsShape),
    expiresAt: Type.Optional(Type.String({ description: 'A date or an RFC 3339 time to come.' })),
    budget: Type.Optional(BudgetTerms),
  },
  { additionalProperties: false },
)

/** With a `budget` both are made, or none. */
export const createKey = endpoint({
  method: 'POST',
  path: '/admin/v1/keys',
  body: CreateKeyBody,
  handle: async ({ body }, parts) => {
    const { budget, expiresAt, models = [], ...rest } = body
    // Read before anything is made.
    const terms = budget && termsOf(budget, 'budget.')
    const expiry = expiresAt === undefined ? undefined : instantOf(expiresAt, 'expiresAt')
    const issued = await parts.keys.create({ ...rest, models, expiresAt: expiry })
    const reply = issuedKeyReply(201, issued)
    const location = `/admin/v1/keys/${encodeURIComponent(issued.record.id)}`
    const headers = { ...reply.headers, location }
    if (terms === undefined) return { ...reply, headers }
    return { ...reply, headers, body: { ...reply.body, budget: await addBudget(issued, terms, parts) } }
  },
})

/** Nobody knows the secret of a key yet that has to go again, not even when its removal fails too. */
async function addBudget(
  { record }: IssuedKey,
  terms: ReturnType<typeof termsOf>,
  { keys, budgets }: AdminParts,
): Promise<ReturnType<typeof budgetShape>> {
  try {
    return budgetShape(await budgets.create({ scope: 'key', scopeId: record.id, ...terms }))
  } catch (error) {
    await keys.remove(record.id).catch(() => undefined)
    throw error
  }
}
