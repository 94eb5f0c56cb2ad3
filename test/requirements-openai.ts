/** What is promised to clients that speak OpenAI's API. */
import { promises, type Requirement } from './promises.ts'

export const OPENAI_REQUIREMENTS: readonly Requirement[] = [
  ...promises('design §1, §4: one key through both doors', {
    'DOOR-01': 'what a key spends through both doors is one sum in its budget, the report and the ledger',
    'DOOR-02': 'a budget that was spent at one door is spent at the other, and no client tries it again',
    'DOOR-03': 'GET /v1/models answers each client in the shape of the API that it speaks',
  }),
]
