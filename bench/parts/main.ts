/** Measures the parts of the money path, in a process that does nothing else. */
import { answerParent, tellParent } from '../ipc.ts'
import { measureArithmetic } from './arithmetic.ts'
import { measureLedger } from './ledger.ts'
import type { PartFigures, PartsQuestion } from './names.ts'

async function measure({ folder, repetitions }: PartsQuestion): Promise<PartFigures> {
  const arithmetic = measureArithmetic(repetitions)
  return { ...arithmetic, ...(await measureLedger(folder, repetitions)) }
}

answerParent(measure)
tellParent({})
