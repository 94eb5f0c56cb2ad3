/**
 * Run by the tests of this folder: serves requests under a budget in the folder of its argument, and prints each id
 * once it is settled. When something is refused it prints the failure's code instead and ends.
 */
import { randomUUID } from 'node:crypto'
import { admit, budgetOf, reservationOf, rowOf } from '../../../test/contracts/ledger/subject.ts'
import { GatewayError } from '../../errors.ts'
import { openSqliteStore } from './store.ts'

const REQUESTS_AT_ONCE = 8
/** More than any test waits for, so that a test that fails to stop us cannot fill the disk. */
const REQUESTS_EACH_MAX = 10_000

const store = await openSqliteStore(process.argv[2]!)

/** A pipe is written at once on POSIX systems: a line in a buffer would die with the process and prove nothing. */
function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function serveMany(): Promise<void> {
  for (let count = 0; count < REQUESTS_EACH_MAX; count++) {
    const reservation = reservationOf(randomUUID(), { projectId: undefined })
    const row = rowOf(reservation, await admit(store.ledger, reservation), 5)
    await store.ledger.settle(row)
    print(row.requestId)
  }
}

try {
  await store.ledger.recover()
  if ((await store.directory.getBudget('b')) === undefined)
    await store.directory.createBudget(budgetOf('b', { period: 'day', limitNanoUsd: 1_000_000_000 }))
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, serveMany))
} catch (error) {
  print(GatewayError.from(error).code)
  await store.close()
}
