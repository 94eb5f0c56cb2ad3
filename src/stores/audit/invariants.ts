/** The invariants of the books, as the fault catalogue numbers them, and what a check of them found. */

export type InvariantState = 'ok' | 'fail' | 'skipped'

export interface Invariant {
  /** `L1` to `L32` */
  readonly id: InvariantId
  readonly title: string
  readonly state: InvariantState
  /** Facts that were compared: rows, windows, hours or events. */
  readonly checked: number
  /** What is wrong, or where it is proved instead; empty when there is nothing to say. */
  readonly detail: string
  /** At most 5 request ids, or a budget and the start of its window. */
  readonly examples: readonly string[]
}

export interface AuditReport {
  /** Whether nothing failed. */
  readonly ok: boolean
  readonly invariants: readonly Invariant[]
}

const EXAMPLES_MAX = 5
/** Different faults of one invariant that are told. */
const PROBLEMS_MAX = 3

const CHECKED = {
  L1: 'what a request reserved is what it gave back, and its adjustments add up',
  L2: 'what a window holds is what was taken less what was given back',
  L3: 'budgets are what their requests say',
  L4: 'no hard budget was exceeded by any reservation, at any moment',
  L5: 'a budget beyond its limit is explained to the nano',
  L6: 'no amount and no count is negative, broken or unsafe',
  L7: 'each request is reserved once and settled once',
  L8: 'no reservation is open after its lease',
  L9: 'nothing is on the books twice',
  L13: 'what used nothing is billed nothing',
  L14: 'what was delivered is billed',
  L15: 'what failed is billed nothing',
  L16: 'at most one attempt of a request delivered, and every other one has its row',
  L17: 'each amount is what its tokens cost at the price that was pinned',
  L18: 'key, project and gateway count the same requests',
  L19: 'each request counts in the windows of its admission',
  L20: 'the sums by hour are the sums of the rows',
  L21: 'a part is never more than its whole',
  L27: 'rows are never changed: the chain verifies',
  L32: 'what was not granted touches no money',
} as const

/** What rows alone cannot know, and the tests that do. */
const ELSEWHERE = {
  L10: ['every answer that a client got is on the ledger', 'proved by test/money/kill.test.ts, KIL-01'],
  L11: ['every settled request was seen by the upstream', 'proved by test/money/kill.test.ts, KIL-03'],
  L12: ["the upstream's own bill is ours", 'proved by test/money/kill.test.ts, KIL-03'],
  L22: ['streamed or not, the bill is the same', 'proved by test/money/same-bill.test.ts, BIL-01'],
  L23: ['split or merged, the bill is the same', 'proved by test/money/same-bill.test.ts, BIL-01'],
  L24: ['alone or among others, the bill is the same', 'proved by test/money/same-bill.test.ts, BIL-01'],
  L25: [
    'with or without a failed attempt, the bill is the same',
    'proved by test/money/same-bill.test.ts, BIL-01',
  ],
  L26: ['prices times k are bills times k', 'proved by src/prices/cost.test.ts, PRC-02'],
  L28: ['no window grants more than its rate limit', 'proved by test/contracts/counters.ts, LIM-01'],
  L29: ['requests under way return to 0', 'proved by test/contracts/counters.ts, LIM-04'],
  L30: ['a restored backup keeps all of this', 'proved by test/money/sqlite-data.test.ts, STO-12'],
  L31: ['estimates are near the truth', 'a measure of quality that gates nothing'],
} as const

export type CheckedId = keyof typeof CHECKED
export type InvariantId = CheckedId | keyof typeof ELSEWHERE

/** Collects what the checks find, and makes the report of it. */
export interface Findings {
  /** One fact was compared. `problem` is a whole clause; `example` says where. */
  check(id: CheckedId, isRight: boolean, example: string, problem: string): void
  /** Something that is right and worth a word. */
  note(id: CheckedId, text: string): void
  /** It cannot be told here, and why. What failed before stays failed. */
  skip(id: CheckedId, why: string): void
  report(): AuditReport
}

interface Finding {
  checked: number
  failed: number
  skipped: string | undefined
  readonly problems: string[]
  readonly notes: string[]
  readonly examples: string[]
}

export function createFindings(): Findings {
  const ids = Object.keys(CHECKED) as CheckedId[]
  const found = Object.fromEntries(ids.map((id) => [id, emptyFinding()])) as Record<CheckedId, Finding>
  return {
    check: (id, isRight, example, problem) => {
      const finding = found[id]
      finding.checked++
      if (!isRight) fail(finding, example, problem)
    },
    note: (id, text) => {
      found[id].notes.push(text)
    },
    skip: (id, why) => {
      found[id].skipped ??= why
    },
    report: () => {
      const checked = ids.map((id) => resultOf(id, found[id]))
      const elsewhere = Object.entries(ELSEWHERE).map(([id, [title, place]]) =>
        provedElsewhere(id, title, place),
      )
      const invariants = [...checked, ...elsewhere].sort((a, b) => numberOf(a) - numberOf(b))
      return { ok: invariants.every(({ state }) => state !== 'fail'), invariants }
    },
  }
}

function emptyFinding(): Finding {
  return { checked: 0, failed: 0, skipped: undefined, problems: [], notes: [], examples: [] }
}

function fail(finding: Finding, example: string, problem: string): void {
  finding.failed++
  if (finding.examples.length < EXAMPLES_MAX && !finding.examples.includes(example))
    finding.examples.push(example)
  if (finding.problems.length < PROBLEMS_MAX && !finding.problems.includes(problem))
    finding.problems.push(problem)
}

function resultOf(id: CheckedId, finding: Finding): Invariant {
  const { checked, failed, skipped, problems, notes, examples } = finding
  const common = { id, title: CHECKED[id], checked, examples }
  if (failed > 0)
    return {
      ...common,
      state: 'fail',
      detail: `${failed} of ${checked}: ${[...problems, ...notes].join('; ')}`,
    }
  if (skipped !== undefined) return { ...common, state: 'skipped', detail: skipped }
  return { ...common, state: 'ok', detail: notes.join('; ') }
}

function provedElsewhere(id: string, title: string, place: string): Invariant {
  const detail = `not to be seen in the store: ${place}`
  return { id: id as InvariantId, title, state: 'skipped', checked: 0, detail, examples: [] }
}

const numberOf = ({ id }: Invariant): number => Number(id.slice(1))
