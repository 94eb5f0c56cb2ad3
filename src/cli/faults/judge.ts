/** Whether a request that met a fault ended as it should. */
import type { Answer } from './ask.ts'
import type { Fault } from './faults.ts'
import type { Row } from './rows.ts'

/**
 * `served`: a whole answer. `told`: the error that the fault ends with when nobody else can answer. `broken`: the
 * answer had begun, and the client was told inside it. `wrong`: anything else.
 */
export type Outcome = 'served' | 'told' | 'broken' | 'wrong'

export interface Cell {
  readonly fault: string
  readonly outcome: Outcome
  /** 0: no answer. */
  readonly status: number
  /** Who answered, as `upstream/model`; null: nobody. */
  readonly upstream: string | null
  readonly attempts: number | null
  readonly tookMs: number
  /** Only with `wrong`. */
  readonly why?: string
}

export function judge(row: Row, fault: Fault, answer: Answer): Cell {
  const why = reasonAgainst(row, fault, answer)
  const { status, upstream, attempts, tookMs } = answer
  return {
    fault: fault.name,
    outcome: why === undefined ? outcomeOf(fault, answer) : 'wrong',
    status,
    upstream: status === 200 ? (upstream ?? null) : null,
    attempts: attempts ?? null,
    tookMs: Math.round(tookMs),
    ...(why !== undefined && { why }),
  }
}

function outcomeOf(fault: Fault, answer: Answer): Outcome {
  if (answer.status !== 200) return 'told'
  return fault.isBroken && !isWhole(answer) ? 'broken' : 'served'
}

const isWhole = ({ text }: Answer) => text.includes('"finishReason"') && !text.includes('"error"')

/** In plain words; undefined when it ended as it should. */
function reasonAgainst(row: Row, fault: Fault, answer: Answer): string | undefined {
  const { status, text, upstream = '' } = answer
  if (status === 0) return 'no answer came'
  if (fault.isOver) return backReason(row, answer)
  if (status === 200 && fault.isBroken && !isWhole(answer))
    return text.includes('"error"') ? undefined : 'the stream ended without a word of its being broken'
  if (status === 200) return isWhole(answer) ? undefined : `${upstream} was passed on with half of an answer`
  if (!fault.told.includes(status)) return `${status} is no answer to this fault`
  return isTold(text, status) ? undefined : 'the error is not worded as the Gemini API words errors'
}

function backReason({ faulty }: Row, { status, upstream = '' }: Answer): string | undefined {
  if (status !== 200) return `still ${status} after it was well again`
  return upstream.startsWith(`${faulty}/`) ? undefined : 'it was not asked again after it was well'
}

function isTold(text: string, status: number): boolean {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; status?: unknown } }
    return error?.code === status && typeof error.status === 'string'
  } catch {
    return false
  }
}
