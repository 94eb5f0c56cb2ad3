/** What every Directory and Ledger promises, whatever holds them. Run over each implementation, on the real thing. */
import { registerBudgets } from './ledger/budgets.ts'
import { registerChanges } from './ledger/changes.ts'
import { registerDirectory } from './ledger/directory.ts'
import { registerModel } from './ledger/model.ts'
import { registerRecover } from './ledger/recover.ts'
import { registerReports } from './ledger/reports.ts'
import { registerReserve } from './ledger/reserve.ts'
import { registerSettle } from './ledger/settle.ts'
import { type OpenLedgerSubject, registerOn } from './ledger/subject.ts'
import { registerWindows } from './ledger/windows.ts'

export type { LedgerDoors, LedgerSubject, OpenLedgerSubject, TestClock } from './ledger/subject.ts'

export interface LedgerContractOptions {
  /** Whether the subject has a `clock`: then the borders of windows are tried too. */
  readonly hasClock?: boolean
}

/** After every test the checker runs over the books, and has to find them right. */
export function ledgerContract(
  name: string,
  open: OpenLedgerSubject,
  { hasClock = false }: LedgerContractOptions = {},
): void {
  const register = registerOn(name, open)
  registerReserve(register)
  registerSettle(register)
  registerRecover(register)
  registerBudgets(register)
  registerReports(register)
  registerChanges(register)
  registerDirectory(register)
  if (hasClock) registerWindows(register)
  registerModel(name, open, hasClock)
}
