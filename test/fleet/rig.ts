/** A fleet with everything that it needs: an upstream that keeps its own bill, a ledger, a Redis, keys. */

import { until } from '../gateway/rig.ts'
import { openPlace, type Place } from '../money/books.ts'
import { ask, type ConfigOptions, type MoneyGateway, makeBudget, makeKey } from '../money/rig.ts'
import { type Billing, type BillingOptions, startBilling } from '../servers/billing-upstream.ts'
import { services } from '../servers/services.ts'
import type { Run } from './command.ts'
import { type Fleet, type FleetShape, startFleet } from './fleet.ts'

export interface Ground {
  readonly place: Place
  readonly billing: Billing
  readonly fleet: Fleet
}

export interface GroundOptions extends FleetShape, Pick<ConfigOptions, 'rest' | 'shutdown' | 'spareUrl'> {
  readonly failing?: BillingOptions['failing']
  readonly onMoment?: BillingOptions['onMoment']
  /** Instead of the shared ones. */
  readonly postgresUrl?: string
  readonly redisUrl?: string
  /** What stands before the upstream, when something does. */
  readonly upstreamUrl?: (billing: Billing) => Promise<string>
}

export async function openGround(run: Run, options: GroundOptions = {}): Promise<Ground> {
  const { failing, onMoment, postgresUrl, redisUrl = services().redis.url, upstreamUrl, ...shape } = options
  const place = await openPlace('postgres', postgresUrl)
  run.atEnd(() => place.remove())
  const billing = await startBilling({
    ...(failing !== undefined && { failing }),
    ...(onMoment !== undefined && { onMoment }),
  })
  run.atEnd(() => billing.close())
  const fleet = await startFleet({
    ...shape,
    upstreamUrl: (await upstreamUrl?.(billing)) ?? billing.url,
    ...{ ledger: place.ledger, counters: redisUrl, folder: place.folder },
  })
  run.atEnd(() => fleet.close())
  return { place, billing, fleet }
}

const BUDGET_NANO_USD = 9_000_000_000_000

/** One key under no budget and one under a budget that is never used up; every replica knows them. */
export async function makeRichKeys({ fleet }: Ground): Promise<readonly string[]> {
  const [first] = fleet.running() as [MoneyGateway]
  const free = await makeKey(first, 'free')
  const paid = await makeKey(first, 'paid')
  await makeBudget(first, { scope: 'key', scopeId: paid.id, limitNanoUsd: BUDGET_NANO_USD, period: 'day' })
  const secrets = [free.secret, paid.secret]
  await untilKnown(fleet, secrets)
  return secrets
}

/** A replica may not know for a second what another one has made. */
export async function untilKnown(fleet: Fleet, secrets: readonly string[]): Promise<void> {
  for (const replica of fleet.running()) {
    for (const key of secrets) {
      const knows = async () =>
        (await ask(replica, { form: 'count', id: 'known', prompt: '', key })).status === 200
      await until('the key is known', knows)
    }
  }
}
