/** What every ledger and every directory promises, on a real PostgreSQL. */
import { test } from 'node:test'
import { ledgerContract } from '../../../test/contracts/ledger.ts'
import { type DurableStore, type StoreSubject, storeContract } from '../../../test/contracts/store.ts'
import { SERVICES_SKIP } from '../../../test/servers/services.ts'
import { openPostgresStore } from './store.ts'
import { openSubject, takeDatabase } from './subject.fixture.ts'

if (SERVICES_SKIP) {
  test('postgres: the contracts', { skip: SERVICES_SKIP }, () => undefined)
} else {
  ledgerContract('postgres', openSubject, { hasClock: true })
  storeContract('postgres', openStoreSubject)
}

async function openStoreSubject(): Promise<StoreSubject> {
  const database = await takeDatabase()
  // What clients stored lies elsewhere, and this contract does not ask for it.
  const open = async (): Promise<DurableStore> =>
    (await openPostgresStore(database.url, { connectionsMax: 4 })) as unknown as DurableStore
  let store = await open()
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await open()
      return store
    },
    dispose: async () => {
      await store.close()
      await database.giveBack()
    },
  }
}
