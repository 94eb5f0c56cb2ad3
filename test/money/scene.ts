/** One gateway with two keys, one of them under a hard budget, and everything that is needed to judge it afterwards. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { until } from '../gateway/rig.ts'
import { type Billing, type BillingOptions, startBilling } from '../servers/billing-upstream.ts'
import type { WasatOptions } from '../servers/wasat-process.ts'
import { assertSound, type Books, openPlace, type Place, readBooks } from './books.ts'
import { type Comparison, compareBooks } from './kill-books.ts'
import {
  type Ask,
  ask,
  type ConfigOptions,
  type MadeKey,
  type MoneyGateway,
  makeBudget,
  makeKey,
  moneyConfig,
  startMoneyGateway,
  statusOf,
  type Told,
} from './rig.ts'

export interface SceneOptions extends Pick<ConfigOptions, 'counters' | 'rest'>, Pick<WasatOptions, 'env'> {
  readonly place: Place
  /** Instead of the place's own, such as a proxy before it. */
  readonly ledger?: string
  readonly onMoment?: BillingOptions['onMoment']
}

export interface Scene {
  readonly place: Place
  readonly billing: Billing
  readonly gateway: MoneyGateway
  /** Under no budget. */
  readonly free: MadeKey
  /** Under a hard budget that is never used up. */
  readonly paid: MadeKey
  readonly budgetId: string
  readonly told: Told[]
  ask(asking: Asking): Promise<Told>
  /** Another gateway on the same data, after this one has ended. */
  restart(): Promise<MoneyGateway>
  /** Ends the gateway, and compares what clients were told, what the upstream charged and what is on the ledger. */
  judge(): Promise<Judgement>
  close(): Promise<void>
}

export interface Asking extends Partial<Omit<Ask, 'id' | 'key'>> {
  readonly key: MadeKey
  readonly id?: string
}

export interface Judgement {
  readonly books: Books
  readonly comparison: Comparison
}

const BUDGET_NANO_USD = 1_000_000_000_000
const MAX_OUTPUT_TOKENS = 200

export async function openScene(options: SceneOptions): Promise<Scene> {
  const { place, env = {}, counters = 'memory', rest = '', onMoment } = options
  const billing = await startBilling(onMoment === undefined ? {} : { onMoment })
  const config = moneyConfig({
    upstreamUrl: billing.url,
    ledger: options.ledger ?? place.ledger,
    counters,
    rest,
  })
  const start = () => startMoneyGateway({ config, env, dataFolder: place.folder() })
  const told: Told[] = []
  let gateway = await start()
  const free = await makeKey(gateway, 'free')
  const paid = await makeKey(gateway, 'paid')
  const budgetId = await makeBudget(gateway, {
    scope: 'key',
    scopeId: paid.id,
    limitNanoUsd: BUDGET_NANO_USD,
  })

  return {
    place,
    billing,
    get gateway() {
      return gateway
    },
    free,
    paid,
    budgetId,
    told,
    ask: async ({ key, form = 'unary', prompt = '', id = randomUUID(), ...more }) => {
      const one = { form, prompt, id, key: key.secret, maxOutputTokens: MAX_OUTPUT_TOKENS, ...more }
      const answer = await ask(gateway, one)
      told.push(answer)
      return answer
    },
    restart: async () => {
      if (gateway.alive()) await gateway.stop()
      gateway = await start()
      return gateway
    },
    judge: async () => {
      if (gateway.alive()) await gateway.stop()
      const books = await readBooks(place)
      return { books, comparison: compareBooks(books, told, billing.bill()) }
    },
    close: async () => {
      if (gateway.alive()) await gateway.kill()
      await billing.close()
    },
  }
}

/** On a PostgreSQL of this address; `ledger` is what the gateway is told instead. Closed with the test. */
export async function openPostgresScene(context: TestContext, url: string, ledger = url): Promise<Scene> {
  const place = await openPlace('postgres', url)
  const scene = await openScene({ place, ledger })
  context.after(async () => {
    await scene.close()
    await place.remove()
  })
  return scene
}

/** Nothing is lost, nothing is there twice, nothing is open, and every invariant holds. */
export async function assertExact(scene: Scene): Promise<Judgement> {
  const judgement = await scene.judge()
  assert.deepEqual(judgement.comparison.faults, [])
  assertSound(judgement.books)
  return judgement
}

export function assertRefused(answer: Told, status: number, name: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.match(answer.text, new RegExp(`"status": ?"${name}"`))
}

export const untilReadiness = (scene: Scene, status: 200 | 503, withinMs?: number): Promise<void> =>
  until(`/readyz is ${status}`, async () => (await statusOf(scene.gateway, '/readyz')) === status, withinMs)

/** Keeps asking on so many lanes until `stop` is called, which resolves when every lane has its last answer. */
export function keepAsking(scene: Scene, lanes: number, next: () => Asking): { stop(): Promise<void> } {
  let isOver = false
  const lane = async () => {
    while (!isOver) await scene.ask({ agent: scene.gateway.agent, ...next() })
  }
  const running = Promise.all(Array.from({ length: lanes }, lane))
  return {
    stop: async () => {
      isOver = true
      await running
    },
  }
}
