/** Fresh stores on the shared server, for the tests of this folder. */
import { after } from 'node:test'
import { Client } from 'pg'
import type { LedgerSubject, TestClock } from '../../../test/contracts/ledger.ts'
import type { TestDatabase } from '../../../test/servers/postgres-server.ts'
import { services } from '../../../test/servers/services.ts'
import { openPostgresStore, type PostgresOptions, type PostgresStore } from './store.ts'

/** Runs statements as the server's owner, who may do everything. */
export async function execute<Row>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text, values)).rows as Row[]
  } finally {
    await client.end()
  }
}

// ---------------------------------------------------------------------------------------------
// Databases: made once, and emptied between tests, because making one takes the disk a second.

const free: TestDatabase[] = []
const made: TestDatabase[] = []

after(() => Promise.all(made.map((database) => database.drop())))

const TEST_CLOCK = `
  CREATE TABLE wasat.test_clock (at BIGINT NOT NULL);
  CREATE OR REPLACE FUNCTION wasat.now_ms() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$
    SELECT coalesce((SELECT at FROM wasat.test_clock), floor(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT)
  $$`

const EMPTY = `
  DO $$
  DECLARE
    name TEXT;
    guarded TEXT[] := ARRAY['reservations', 'requests', 'other_attempts', 'adjustments', 'budget_history', 'prices'];
  BEGIN
    FOREACH name IN ARRAY guarded LOOP
      EXECUTE format('ALTER TABLE wasat.%I DISABLE TRIGGER USER', name);
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'wasat'
      AND tablename NOT IN ('migrations', 'ledger_state', 'keys', 'projects') LOOP
      EXECUTE format('DELETE FROM wasat.%I', name);
    END LOOP;
    DELETE FROM wasat.keys;
    DELETE FROM wasat.projects;
    UPDATE wasat.ledger_state SET pruned_before = 0;
    FOREACH name IN ARRAY guarded LOOP
      EXECUTE format('ALTER TABLE wasat.%I ENABLE ALWAYS TRIGGER no_change', name);
    END LOOP;
    FOREACH name IN ARRAY guarded[1:4] LOOP
      EXECUTE format('ALTER TABLE wasat.%I ENABLE ALWAYS TRIGGER no_delete', name);
    END LOOP;
  END $$`

/** An empty database with our schema, whose clock a test may set. */
export async function takeDatabase(): Promise<{ readonly url: string; giveBack(): Promise<void> }> {
  const database = free.pop() ?? (await makeDatabase())
  return {
    url: database.url,
    giveBack: async () => {
      await execute(database.url, EMPTY)
      free.push(database)
    },
  }
}

async function makeDatabase(): Promise<TestDatabase> {
  const database = await services().postgres.newDatabase()
  made.push(database)
  const store = await openPostgresStore(database.url)
  await store.close()
  await execute(database.url, TEST_CLOCK)
  return database
}

// ---------------------------------------------------------------------------------------------

/** Small pools: two test files run at a time, and some of them play several replicas. */
const OPTIONS: PostgresOptions = { connectionsMax: 4 }

export interface PostgresSubject extends LedgerSubject {
  readonly url: string
  readonly clock: TestClock
  /** Another process that shares the books; closed with the subject. */
  replica(): Promise<PostgresStore>
}

/** A store on an empty database. The process that reopens it has the name of the one before, which is then over. */
export async function openSubject(): Promise<PostgresSubject> {
  const database = await takeDatabase()
  const stores: PostgresStore[] = []
  const clock = createClock(database.url)
  const open = async (options: PostgresOptions): Promise<PostgresStore> => {
    const store = await openPostgresStore(database.url, { ...OPTIONS, ...options })
    stores.push(store)
    return withClock(store, clock.isSet)
  }
  const { directory, ledger } = await open({ name: 'one' })
  return {
    url: database.url,
    directory,
    ledger,
    clock,
    reopen: () => open({ name: 'one' }),
    replica: () => open({}),
    dispose: async () => {
      await Promise.all([...stores.map((store) => store.close()), clock.close()])
      await database.giveBack()
    },
  }
}

/** The clock of the database: it goes by itself until it is set, and then it stands still. */
function createClock(url: string) {
  let now: number | undefined
  let client: Promise<Client> | undefined
  let setting: Promise<unknown> = Promise.resolve()
  const connect = async (): Promise<Client> => {
    const made = new Client({ connectionString: url })
    made.on('error', () => undefined)
    await made.connect()
    return made
  }
  return {
    now: () => now ?? Date.now(),
    set: (at: number): void => {
      now = at
      client ??= connect()
      const sql = `DELETE FROM wasat.test_clock; INSERT INTO wasat.test_clock VALUES (${at})`
      setting = Promise.all([setting, client.then((one) => one.query(sql))])
    },
    isSet: () => setting,
    close: async () => {
      await setting
      await (await client)?.end()
    },
  }
}

/** `clock.set` returns before the database knows: whatever is asked next waits for that. */
function withClock(store: PostgresStore, isSet: () => Promise<unknown>): PostgresStore {
  const patient = <Part extends object>(part: Part): Part => {
    const entries = Object.entries(part).map(([name, method]) => {
      if (['replicas', 'trouble', 'rows'].includes(name)) return [name, method]
      const later = async (...words: unknown[]) => {
        await isSet()
        return (method as (...words: unknown[]) => unknown)(...words)
      }
      return [name, later]
    })
    return Object.fromEntries(entries) as Part
  }
  return { directory: patient(store.directory), ledger: patient(store.ledger), close: store.close }
}
