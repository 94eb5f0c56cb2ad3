/** What the database says of itself: the schema is ours, and whatever keeps the books append-only is in place. */
import type { Soundness } from '../../nouns/ledger.ts'
import { type AppliedMigration, type Migration, pendingMigrations } from '../migration-files.ts'
import type { Session } from './database.ts'

/** Triggers by table; each fires whatever the session says of itself. */
const TRIGGERS = [
  'adjustments.no_change',
  'adjustments.no_delete',
  'budget_history.no_change',
  'other_attempts.no_change',
  'other_attempts.no_delete',
  'prices.no_change',
  'requests.no_change',
  'requests.no_delete',
  'reservations.no_change',
  'reservations.no_delete',
]

export async function checkSoundness(
  session: Session,
  migrations: readonly Migration[],
): Promise<readonly Soundness[]> {
  return [
    await checkMigrations(session, migrations),
    await checkTriggers(session),
    await checkOpen(session),
    await checkIndexes(session),
    await checkDurability(session),
  ]
}

async function checkMigrations(session: Session, migrations: readonly Migration[]): Promise<Soundness> {
  const name = 'migrations'
  const rows = await session.query<AppliedMigration>(
    'SELECT number, name, checksum FROM wasat.migrations ORDER BY number',
  )
  try {
    const pending = pendingMigrations(rows, migrations)
    const detail = pending.length === 0 ? `${rows.length} applied` : `${pending.length} are missing`
    return { name, ok: pending.length === 0, detail }
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message }
  }
}

async function checkTriggers(session: Session): Promise<Soundness> {
  const rows = await session.query<{ name: string }>(`
    SELECT c.relname || '.' || t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'wasat'::regnamespace AND t.tgenabled = 'A'`)
  const found = new Set(rows.map(({ name }) => name))
  const missing = TRIGGERS.filter((name) => !found.has(name))
  const detail = missing.length === 0 ? 'all in place' : `missing or off: ${missing.join(', ')}`
  return { name: 'append-only triggers', ok: missing.length === 0, detail }
}

/** The table of open reservations is a cache: it must be what the books say. */
async function checkOpen(session: Session): Promise<Soundness> {
  const [row] = await session.query<{ wrong: number }>(`
    SELECT count(*)::INTEGER AS wrong FROM wasat.open_reservations o
      FULL JOIN (
        SELECT r.* FROM wasat.reservations r
        WHERE NOT EXISTS (SELECT 1 FROM wasat.requests q WHERE q.request_id = r.request_id)
      ) r ON r.request_id = o.request_id
    WHERE (o.key_id, o.project_id, o.admitted_at, o.reserved_nano_usd)
      IS DISTINCT FROM (r.key_id, r.project_id, r.admitted_at, r.reserved_nano_usd)`)
  const wrong = row?.wrong ?? 0
  const detail = wrong === 0 ? 'as the books say' : `${wrong} are not as the books say`
  return { name: 'open reservations', ok: wrong === 0, detail }
}

async function checkIndexes(session: Session): Promise<Soundness> {
  const rows = await session.query<{ name: string }>(`
    SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'wasat'::regnamespace AND NOT (i.indisvalid AND i.indisready)`)
  const names = rows.map(({ name }) => name).join(', ')
  return {
    name: 'indexes',
    ok: rows.length === 0,
    detail: names === '' ? 'all valid' : `not valid: ${names}`,
  }
}

/** Without these a commit that we were told of may be gone after a power failure. */
async function checkDurability(session: Session): Promise<Soundness> {
  const [row] = await session.query<{ fsync: string; commit: string; pages: string }>(`
    SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('full_page_writes') AS pages`)
  const { fsync, commit, pages } = row ?? { fsync: '?', commit: '?', pages: '?' }
  const detail = `fsync ${fsync}, synchronous_commit ${commit}, full_page_writes ${pages}`
  return { name: 'durability', ok: fsync === 'on' && commit !== 'off' && pages === 'on', detail }
}
