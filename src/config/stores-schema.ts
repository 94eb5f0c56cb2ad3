/** Where the books and the counters are kept. */
import { Type } from '../wire/type.ts'
import { count, duration, section } from './fields.ts'

/** Keeping single rows for longer than a hundred years is keeping them. */
const KEEP_DAYS_MAX = 36_500

const StoreTimeoutsSchema = section('How long one operation on a store may take.', {
  sqlite: duration(
    '5s',
    'Waiting for another program that holds the database, such as a backup. Then requests get 503.',
  ),
  postgres: duration(
    '2s',
    'Waiting for a connection to PostgreSQL, and for a statement. Then it is tried again while the request may wait, else it gets 503.',
  ),
  redis: duration(
    '100ms',
    'Silence of Valkey or Redis. Then this process counts its own share until it answers again.',
  ),
})

export const StoresSchema = section(
  'Where the books and the counters are kept. The defaults are right for one process.',
  {
    ledger: Type.String({
      default: 'sqlite',
      maxLength: 4096,
      pattern: '^(sqlite|postgres(ql)?://[^\\s]+)$',
      writeOnly: true,
      'x-shape': 'sqlite, or an address such as postgres://user@host/database',
      description:
        'Keys, budgets and usage. `sqlite` is a file in the data folder, for one process. Several replicas share one PostgreSQL; `wasat db copy --to postgres://…` takes the books there.',
    }),
    ledgerConnectionsMax: count(
      10,
      2,
      500,
      'Connections of this process to PostgreSQL. All replicas together must stay below its `max_connections`.',
    ),
    counters: Type.String({
      default: 'memory',
      maxLength: 4096,
      pattern: '^(memory|(redis|rediss|valkey|valkeys)://[^\\s]+)$',
      writeOnly: true,
      'x-shape': 'memory, or an address such as redis://host:6379',
      description:
        'Rate limits and requests under way. `memory` is right for one process. Several replicas share one Valkey or Redis; while it is away each one counts its own share.',
    }),
    timeouts: StoreTimeoutsSchema,
    leaseSlack: duration(
      '10m',
      'How much longer than a request can last its reservation stays when the process that made it is never heard of again. Below a minute, clocks that disagree could end one too early.',
      '1m',
    ),
    keepRowsDays: count(
      0,
      0,
      KEEP_DAYS_MAX,
      'How long single rows of the usage are kept; their sums by hour stay for ever. 0: rows stay too.',
    ),
  },
)
