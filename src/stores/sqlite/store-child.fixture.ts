/**
 * Run by store.test.ts: appends rows to the folder of its argument and prints each id once it is durable.
 * When a row is refused it prints the failure's code instead and ends.
 */
import { randomUUID } from 'node:crypto'
import { usageRow } from '../../../test/contracts/store.ts'
import { GatewayError } from '../../errors.ts'
import { openSqliteStore } from './store.ts'

const ROWS_AT_ONCE = 8
/** More than any test waits for, so that a test that fails to stop us cannot fill the disk. */
const ROWS_EACH_MAX = 10_000

const store = await openSqliteStore(process.argv[2]!)

/** A pipe is written at once on POSIX systems: a line in a buffer would die with the process and prove nothing. */
function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function appendMany(): Promise<void> {
  for (let count = 0; count < ROWS_EACH_MAX; count++) {
    const id = randomUUID()
    await store.ledger.append(usageRow(id))
    print(id)
  }
}

try {
  await Promise.all(Array.from({ length: ROWS_AT_ONCE }, appendMany))
} catch (error) {
  print(GatewayError.from(error).code)
  await store.close()
}
