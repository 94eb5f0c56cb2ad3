/** Run by journal.test.ts: appends rows to the folder of its argument and prints each id once it is durable. */
import { openJournal } from './journal.ts'
import { rowOf } from './rows.fixture.ts'

const ROWS_EACH_MAX = 1_000
const journal = await openJournal(process.argv[2]!)

async function appendMany(lane: number): Promise<void> {
  for (let count = 0; count < ROWS_EACH_MAX; count++) {
    const id = `${lane}-${count}`
    await journal.append(rowOf(id))
    process.stdout.write(`${id}\n`)
  }
}

await Promise.all(Array.from({ length: 5 }, (_, lane) => appendMany(lane)))
