/**
 * Very many requests released at once against a budget that covers few of them, on one gateway over SQLite or on three
 * replicas over PostgreSQL.
 *
 *   node test/money/race.ts --store sqlite|postgres --requests 1000
 */
import assert from 'node:assert/strict'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { TARIFF } from '../servers/billing-plan.ts'
import { startBilling } from '../servers/billing-upstream.ts'
import { assertSound, type Books, openPlace, readBooks, type StoreKind } from './books.ts'
import {
  ask,
  type MoneyGateway,
  makeBudget,
  makeKey,
  moneyConfig,
  startMoneyGateway,
  type Told,
} from './rig.ts'

export interface RaceOptions {
  readonly store: StoreKind
  readonly requests: number
  /** How many of them the budget covers. */
  readonly covered: number
}

export interface RaceReport {
  readonly statuses: Readonly<Record<number, number>>
  readonly limitNanoUsd: number
  readonly spentNanoUsd: number
  readonly reservedNanoUsd: number
  readonly durationMs: number
}

const REPLICAS = 3
const OUTPUT_TOKENS = 20_000
/** Nearly all of the cost is output that was asked for to the token: what is reserved is then hardly more. */
const PROMPT = `prompt=100 cached=0 tool=0 thoughts=0 output=${OUTPUT_TOKENS} chunks=1 before=20`

export async function runRace({ store, requests, covered }: RaceOptions): Promise<RaceReport> {
  const place = await openPlace(store)
  const billing = await startBilling()
  // Of text alone: a rate of pictures would be reserved for every token, because any of them might be one.
  const tariff = { input: TARIFF.input, output: TARIFF.output }
  const config = moneyConfig({ upstreamUrl: billing.url, ledger: place.ledger, tariff })
  const count = store === 'sqlite' ? 1 : REPLICAS
  const gateways: MoneyGateway[] = []
  try {
    for (let number = 0; number < count; number++) {
      gateways.push(await startMoneyGateway({ config, dataFolder: place.folder(number) }))
    }
    const first = gateways[0] as MoneyGateway
    const key = await makeKey(first, 'racer')
    // What one costs is the upstream's to say, before there is a budget.
    await ask(first, {
      form: 'unary',
      id: 'first',
      key: key.secret,
      prompt: PROMPT,
      maxOutputTokens: OUTPUT_TOKENS,
    })
    const cost = billing.bill()[0]!.nanoUsd
    const limitNanoUsd = cost * (covered + 1)
    const budgetId = await makeBudget(first, { scope: 'key', scopeId: key.id, limitNanoUsd })
    const startedAtMs = performance.now()
    const told = await release(gateways, key.secret, requests)
    const durationMs = performance.now() - startedAtMs
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    const books = await readBooks(place)
    const window = books.windows.find((one) => one.budgetId === budgetId)
    check(books, told, billing.bill().length)
    return {
      statuses: countBy(told.map(({ status }) => status)),
      limitNanoUsd,
      spentNanoUsd: window?.spentNanoUsd ?? 0,
      reservedNanoUsd: window?.reservedNanoUsd ?? 0,
      durationMs,
    }
  } finally {
    await Promise.all(gateways.filter((gateway) => gateway.alive()).map((gateway) => gateway.kill()))
    await billing.close()
    await place.remove()
  }
}

/** Every request is on its own connection and is sent in the same turn of the event loop. */
function release(gateways: readonly MoneyGateway[], key: string, requests: number): Promise<Told[]> {
  return Promise.all(
    Array.from({ length: requests }, (_, index) => {
      const gateway = gateways[index % gateways.length] as MoneyGateway
      const { agent } = gateway
      return ask(gateway, {
        form: index % 2 === 0 ? 'unary' : 'sse',
        id: `race-${index}`,
        prompt: PROMPT,
        key,
        maxOutputTokens: OUTPUT_TOKENS,
        agent,
      })
    }),
  )
}

function check(books: Books, told: readonly Told[], asked: number): void {
  assertSound(books)
  assert.deepEqual(books.open, [])
  const granted = told.filter(({ status }) => status === 200)
  assert.ok(granted.every(({ isWhole }) => isWhole))
  // The first request of all, which told what one costs, is on the books and on the bill as well.
  assert.equal(books.rows.size, granted.length + 1)
  assert.equal(asked, granted.length + 1)
  for (const { status, text } of told) {
    if (status === 200) continue
    assert.equal(status, 429, text)
    assert.match(text, /RESOURCE_EXHAUSTED/)
  }
}

function countBy(values: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'sqlite' },
      requests: { type: 'string', default: '1000' },
      covered: { type: 'string', default: '100' },
    },
  })
  const report = await runRace({
    store: values.store as StoreKind,
    requests: Number(values.requests),
    covered: Number(values.covered),
  })
  console.log(JSON.stringify(report, null, 2))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
