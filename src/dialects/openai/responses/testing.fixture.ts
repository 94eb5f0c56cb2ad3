/** Requests and answers of the responses endpoint as its tests need them. */
import type { KeptResponse } from '../../../nouns/kept-responses.ts'
import { Report } from '../../../nouns/report.ts'
import { CALLER } from '../../../nouns.fixture.ts'
import type { Asked } from '../asked.ts'
import { NOTHING_EARLIER } from '../earlier.ts'
import type { Json } from '../values.ts'
import { responses } from './endpoint.ts'

export const MODEL = 'gemini-2.5-flash'
export const SIGNING_MODEL = 'gemini-3-pro-preview'
export const UNIQUE = '01900000000070008000000000000000'

export interface AskedOf extends Asked {
  /** What was handed in to be kept. */
  readonly kept: KeptResponse[]
}

export function askedOf(document: Json, rest: Partial<Asked> = {}): AskedOf {
  const kept: KeptResponse[] = []
  return {
    id: '01900000-0000-7000-8000-000000000000',
    caller: CALLER,
    model: MODEL,
    document: () => document,
    isStream: document.stream === true,
    includesUsage: false,
    isGoogles: false,
    createdAt: 1_700_000_000,
    earlier: NOTHING_EARLIER,
    keep: async (answer) => {
      kept.push(answer)
      return true
    },
    kept,
    ...rest,
  }
}

export interface Translated {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any
  readonly losses: readonly string[]
}

/** The request in Gemini's words, and the paths of what it lost. */
export function translated(document: Json, model = MODEL, rest: Partial<Asked> = {}): Translated {
  const report = new Report(model, 'model')
  const { body } = responses.toGemini(askedOf({ model, ...document }, rest), model, report)
  return { body, losses: report.losses().map(({ path }) => path) }
}
