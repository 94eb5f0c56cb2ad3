/** A data folder as the release before money left it: migrations 1 and 2, and rows without a reservation or a price. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readMigrations } from '../migration-files.ts'
import { applyMigrations, MIGRATIONS } from './migrations.ts'

export const OLD_MIGRATIONS = readMigrations(MIGRATIONS).slice(0, 2)
export const OLD_ADMITTED_AT = Date.UTC(2026, 3, 30, 22, 30)

const INSERT_KEY = `
  INSERT INTO keys (id, name, digest, models, disabled, created_at, updated_at)
  VALUES ('k1', 'first', 'digest-1', '["gemini-*"]', 0, 5, 6)`
const INSERT_ROW = `
  INSERT INTO requests (
    request_id, key_id, admitted_at, settled_at, verb, model, outcome, status, upstream, upstream_model,
    model_version, attempts, usage_source, prompt_tokens, cached_tokens, candidates_tokens, thoughts_tokens,
    tool_use_prompt_tokens, total_tokens, finish_reason, delivered_bytes, first_byte_ms, duration_ms
  ) VALUES (?, 'k1', ?, ?, 'generateContent', 'm1', ?, ?, ?, ?, NULL, 1, ?, ?, 4, 20, 5, 1, 36, 'STOP', 812, 12.25, 500.5)`

/** One row every half hour: a complete one, one that failed, one that was estimated, and again. */
export function makeOldStore(folder: string, rows: number): void {
  const database = new DatabaseSync(join(folder, 'wasat.db'))
  database.exec('PRAGMA journal_mode = WAL')
  applyMigrations(database, OLD_MIGRATIONS)
  database.exec(INSERT_KEY)
  const insert = database.prepare(INSERT_ROW)
  for (let index = 0; index < rows; index++) {
    const at = OLD_ADMITTED_AT + index * 1_800_000
    const kinds = [
      ['complete', 200, 'sandbox', 'm1', 'final', 10],
      ['upstream_error', 503, null, null, 'none', 10],
      ['client_gone', 200, 'sandbox', 'm1', 'estimated', 10],
    ] as const
    const [outcome, status, upstream, model, source, prompt] = kinds[index % 3]!
    insert.run(
      `old ${String(index).padStart(4, '0')}`,
      at,
      at + 500,
      outcome,
      status,
      upstream,
      model,
      source,
      prompt,
    )
  }
  database.close()
}
