import { invalidField } from '../../errors.ts'
import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { hourOf, timestamp } from '../instants.ts'

export const PruneLedgerBody = Type.Object(
  {
    before: Type.String({ description: 'A date or an RFC 3339 time, at a whole hour of UTC, not to come.' }),
  },
  { additionalProperties: false },
)

export const PruneLedgerAnswer = Type.Object({ before: Type.String(), removed: Type.Integer() })

/** Removes requests that were admitted before then for good. Every sum stays. */
export const pruneLedger = endpoint({
  method: 'POST',
  path: '/admin/v1/ledger:prune',
  body: PruneLedgerBody,
  isLong: true,
  handle: async ({ body }, { ledger }) => {
    const before = hourOf(body.before, 'before')
    if (before > Date.now()) throw invalidField('before', '"before" must not be in the future.')
    return { status: 200, body: { before: timestamp(before), removed: await ledger.prune(before) } }
  },
})
