/** The mixed load of the kill harness: every form of request, clients that leave, upstreams that fail, budgets that end. */
import type { Split } from '../servers/billing-plan.ts'
import {
  type Ask,
  changeBudget,
  type Form,
  type MoneyGateway,
  makeBudget,
  makeKey,
  makeProject,
} from './rig.ts'

export interface Keys {
  /** With what is expected of them in `askOf`. */
  readonly secrets: readonly string[]
  /** Budgets that are soon used up. */
  readonly poorBudgets: readonly string[]
}

/** About a hundred answers of this load, and what four at a time reserve. */
const POOR_NANO_USD = 25_000_000
const RICH_NANO_USD = 9_000_000_000_000

export async function makeKeys(gateway: MoneyGateway): Promise<Keys> {
  const project = await makeProject(gateway, 'project')
  const free = await makeKey(gateway, 'free')
  const rich = await makeKey(gateway, 'rich')
  const poor = await makeKey(gateway, 'poor')
  const inProject = await makeKey(gateway, 'in a project', project)
  await makeBudget(gateway, { scope: 'key', scopeId: rich.id, limitNanoUsd: RICH_NANO_USD, period: 'day' })
  await makeBudget(gateway, {
    scope: 'gateway',
    limitNanoUsd: RICH_NANO_USD,
    hardStop: false,
    alertPercent: 1,
  })
  const poorBudgets = [
    await makeBudget(gateway, { scope: 'key', scopeId: poor.id, limitNanoUsd: POOR_NANO_USD }),
    await makeBudget(gateway, {
      scope: 'project',
      scopeId: project,
      limitNanoUsd: POOR_NANO_USD,
      period: 'month',
    }),
  ]
  return { secrets: [free.secret, rich.secret, rich.secret, poor.secret, inProject.secret], poorBudgets }
}

export async function raiseBudgets(gateway: MoneyGateway, keys: Keys, times: number): Promise<void> {
  for (const id of keys.poorBudgets) await changeBudget(gateway, id, POOR_NANO_USD * (times + 1))
}

const FORMS: readonly Form[] = [
  'unary',
  'unary',
  'unary',
  'sse',
  'sse',
  'sse',
  'sse',
  'array',
  'embed',
  'count',
]
const SPLITS: readonly Split[] = ['events', 'events', 'random', 'bytes', 'merged']
const MAX_OUTPUT_TOKENS = 200

export function askOf(id: string, draw: (below: number) => number, keys: Keys): Ask {
  const pick = <Item>(items: readonly Item[]): Item => items[draw(items.length)] as Item
  const form = pick(FORMS)
  const words = [`split=${pick(SPLITS)}`, `chunks=${1 + draw(6)}`, `delay=${draw(12)}`, `before=${draw(30)}`]
  const trouble = draw(60)
  if (trouble < 3) words.push(`fail=${pick(['503', 'reset', '500'])}`)
  else if (trouble < 6) words.push(`cut=${1 + draw(4)}`)
  else if (trouble < 8) words.push('usage=none')
  if (draw(8) === 0) words.push('image=12 audio=6')
  return {
    form,
    id,
    prompt: words.join(' '),
    key: pick(keys.secrets),
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    leaveEarly: form === 'sse' && draw(8) === 0,
  }
}
