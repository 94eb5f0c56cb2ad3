/** The contract, and the checker that stands at the end of each of its tests, on the simplest ledger that there is. */
import { ledgerContract } from '../ledger.ts'
import { createReferenceDirectory } from './directory.ts'
import { createReferenceLedger } from './ledger.ts'
import { createState } from './state.ts'

ledgerContract(
  'reference',
  async () => {
    let now = Date.now()
    const state = createState(() => now)
    const doors = { directory: createReferenceDirectory(state), ledger: createReferenceLedger(state) }
    return {
      ...doors,
      clock: {
        now: () => now,
        set: (at) => {
          now = at
        },
      },
      reopen: async () => {
        state.live.clear()
        return doors
      },
      dispose: async () => undefined,
    }
  },
  { hasClock: true },
)
