/** Keys, projects, budgets and settings: asked in the database each time, so that all replicas see a change at once. */
import { GatewayError } from '../../errors.ts'
import type { BudgetRecord, Directory, KeyGrant } from '../../nouns/directory.ts'
import { type BudgetStateColumns, budgetCells, toBudgetState } from './budget-rows.ts'
import type { Database } from './database.ts'
import { CallFailure, storeUnavailable } from './failures.ts'
import {
  type KeyColumns,
  keyCells,
  type ProjectColumns,
  projectCells,
  toKey,
  toProject,
} from './people-rows.ts'
import { fromOptionalText, toText } from './text.ts'

interface GrantColumns extends KeyColumns {
  readonly project: ProjectColumns | null
  readonly is_budgeted: boolean
}

const FIND_GRANT = `
  SELECT k.*, to_json(p) AS project, EXISTS (
      SELECT 1 FROM wasat.budgets b WHERE b.hard_stop AND (b.scope = 'gateway'
        OR (b.scope = 'key' AND b.scope_id = k.id) OR (b.scope = 'project' AND b.scope_id = k.project_id))
    ) AS is_budgeted
  FROM wasat.keys k LEFT JOIN wasat.projects p ON p.id = k.project_id WHERE k.digest = $1`

const BUDGET_STATES = `
  SELECT b.*, s.start AS window_start, s.spent, s.reserved
  FROM wasat.budgets b CROSS JOIN LATERAL wasat.window_state(b, wasat.now_ms()) s`

const INSERT_KEY = 'INSERT INTO wasat.keys SELECT * FROM json_populate_record(NULL::wasat.keys, $1)'
const UPDATE_KEY = `
  UPDATE wasat.keys k SET name = n.name, digest = n.digest, project_id = n.project_id, models = n.models,
    routes = n.routes,
    addresses = n.addresses, limits = n.limits, expires_at = n.expires_at, disabled = n.disabled,
    updated_at = n.updated_at
  FROM json_populate_record(NULL::wasat.keys, $1) n WHERE k.id = n.id RETURNING 1`

const INSERT_PROJECT =
  'INSERT INTO wasat.projects SELECT * FROM json_populate_record(NULL::wasat.projects, $1)'
const UPDATE_PROJECT = `
  UPDATE wasat.projects p SET name = n.name, limits = n.limits, routes = n.routes, disabled = n.disabled,
    updated_at = n.updated_at
  FROM json_populate_record(NULL::wasat.projects, $1) n WHERE p.id = n.id RETURNING 1`

export function createDirectory(database: Database): Directory {
  return Object.freeze({
    ...keysOf(database),
    ...projectsOf(database),
    ...budgetsOf(database),
    ...settingsOf(database),
  } satisfies Directory)
}

type Part<Name extends keyof Directory> = Pick<Directory, Name>

function keysOf(
  database: Database,
): Part<'findKeyByDigest' | 'getKey' | 'listKeys' | 'createKey' | 'updateKey' | 'deleteKey'> {
  return {
    findKeyByDigest: async (digest) => {
      const [row] = await database.read<GrantColumns>(FIND_GRANT, [toText(digest)])
      return row && toGrant(row)
    },
    getKey: async (id) => {
      const [row] = await database.read<KeyColumns>('SELECT * FROM wasat.keys WHERE id = $1', [toText(id)])
      return row && toKey(row)
    },
    listKeys: async () => {
      const rows = await database.read<KeyColumns>('SELECT * FROM wasat.keys ORDER BY created_at, id')
      return rows.map(toKey)
    },
    createKey: (key) =>
      explained('A key with this id or secret exists already.', async () => {
        await database.write(INSERT_KEY, [JSON.stringify(keyCells(key))])
      }),
    updateKey: (key) =>
      explained('A key with this id or secret exists already.', async () => {
        const rows = await database.write(UPDATE_KEY, [JSON.stringify(keyCells(key))])
        return rows.length === 1
      }),
    deleteKey: (id) => isDone(database, 'SELECT wasat.delete_key($1) AS done', toText(id)),
  }
}

function projectsOf(
  database: Database,
): Part<'getProject' | 'listProjects' | 'createProject' | 'updateProject' | 'deleteProject'> {
  return {
    getProject: async (id) => {
      const [row] = await database.read<ProjectColumns>('SELECT * FROM wasat.projects WHERE id = $1', [
        toText(id),
      ])
      return row && toProject(row)
    },
    listProjects: async () => {
      const rows = await database.read<ProjectColumns>('SELECT * FROM wasat.projects ORDER BY created_at, id')
      return rows.map(toProject)
    },
    createProject: (project) =>
      explained('A project with this id exists already.', async () => {
        await database.write(INSERT_PROJECT, [JSON.stringify(projectCells(project))])
      }),
    updateProject: async (project) => {
      const rows = await database.write(UPDATE_PROJECT, [JSON.stringify(projectCells(project))])
      return rows.length === 1
    },
    deleteProject: (id) =>
      explained('', () => isDone(database, 'SELECT wasat.delete_project($1) AS done', toText(id))),
  }
}

function budgetsOf(
  database: Database,
): Part<'getBudget' | 'listBudgets' | 'createBudget' | 'updateBudget' | 'deleteBudget'> {
  return {
    getBudget: async (id) => {
      const [row] = await database.read<BudgetStateColumns>(`${BUDGET_STATES} WHERE b.id = $1`, [toText(id)])
      return row && toBudgetState(row)
    },
    listBudgets: async () => {
      const rows = await database.read<BudgetStateColumns>(`${BUDGET_STATES} ORDER BY b.created_at, b.id`)
      return rows.map(toBudgetState)
    },
    createBudget: (budget) =>
      explained('There is a budget with this id, or of this period, already.', async () => {
        checkBudget(budget)
        await database.write('SELECT wasat.create_budget($1)', [JSON.stringify(budgetCells(budget))])
      }),
    updateBudget: async (budget) => {
      checkBudget(budget)
      return isDone(database, 'SELECT wasat.update_budget($1) AS done', JSON.stringify(budgetCells(budget)))
    },
    deleteBudget: (id) =>
      isDone(database, 'SELECT wasat.delete_budgets(ARRAY[$1::TEXT]) = 1 AS done', toText(id)),
  }
}

function settingsOf(database: Database): Part<'getSetting' | 'initSetting'> {
  const getSetting = async (name: string): Promise<string | undefined> => {
    const rows = await database.read<{ value: string }>('SELECT value FROM wasat.settings WHERE name = $1', [
      toText(name),
    ])
    return fromOptionalText(rows[0]?.value ?? null)
  }
  return {
    getSetting,
    initSetting: async (name, value) => {
      const insert = 'INSERT INTO wasat.settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING'
      await database.write(insert, [toText(name), toText(value)])
      return (await getSetting(name)) as string
    },
  }
}

async function isDone(database: Database, text: string, value: string): Promise<boolean> {
  const [row] = await database.write<{ done: boolean }>(text, [value])
  return row?.done === true
}

const KEYS_OF_PROJECT = 'keys_project_id_fkey'

/** What a constraint refused, in words. */
async function explained<Result>(taken: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof CallFailure)) throw cause
    if (cause.kind === 'taken') throw new GatewayError('already_exists', taken, { cause })
    if (cause.constraint === KEYS_OF_PROJECT) {
      const isProject = taken === ''
      const text = isProject ? 'Keys belong to this project.' : 'There is no such project.'
      const hint = isProject ? 'Delete its keys, or move them to another project, first.' : 'Create it first.'
      throw new GatewayError('failed_precondition', text, { hint, cause })
    }
    if (cause.kind !== 'row') throw storeUnavailable(cause)
    throw new GatewayError('internal', 'Internal error encountered.', { hint: cause.message, cause })
  }
}

function checkBudget({ id, limitNanoUsd }: BudgetRecord): void {
  if (Number.isSafeInteger(limitNanoUsd) && limitNanoUsd >= 0) return
  const hint = `The limit of budget ${id} is no amount of nano-USD.`
  throw new GatewayError('internal', 'Internal error encountered.', { hint })
}

function toGrant({ project, is_budgeted: isBudgeted, ...key }: GrantColumns): KeyGrant {
  return Object.freeze({
    key: toKey(key),
    project: project === null ? undefined : toProject(project),
    isBudgeted,
  })
}
