import { createBudget } from './budgets/create-budget.ts'
import { deleteBudget } from './budgets/delete-budget.ts'
import { getBudget } from './budgets/get-budget.ts'
import { listBudgets } from './budgets/list-budgets.ts'
import { updateBudget } from './budgets/update-budget.ts'
import type { Endpoint } from './endpoint.ts'
import { getVersion } from './get-version.ts'
import { createKey } from './keys/create-key.ts'
import { deleteKey } from './keys/delete-key.ts'
import { disableKey } from './keys/disable-key.ts'
import { enableKey } from './keys/enable-key.ts'
import { getKey } from './keys/get-key.ts'
import { listKeys } from './keys/list-keys.ts'
import { rotateKey } from './keys/rotate-key.ts'
import { updateKey } from './keys/update-key.ts'
import { explainModel } from './models/explain-model.ts'
import { listModels } from './models/list-models.ts'
import { listPrices } from './prices/list-prices.ts'
import { reprice } from './prices/reprice.ts'
import { createProject } from './projects/create-project.ts'
import { deleteProject } from './projects/delete-project.ts'
import { disableProject } from './projects/disable-project.ts'
import { enableProject } from './projects/enable-project.ts'
import { getProject } from './projects/get-project.ts'
import { listProjects } from './projects/list-projects.ts'
import { updateProject } from './projects/update-project.ts'
import { listUpstreams } from './upstreams/list-upstreams.ts'
import { testUpstream } from './upstreams/test-upstream.ts'
import { getUsage } from './usage/get-usage.ts'
import { getUsageRows } from './usage/get-usage-rows.ts'
import { pruneLedger } from './usage/prune-ledger.ts'

/** Everything that can be asked of the admin API. */
export const ENDPOINTS: readonly Endpoint[] = [
  listKeys,
  createKey,
  getKey,
  updateKey,
  deleteKey,
  disableKey,
  enableKey,
  rotateKey,
  listProjects,
  createProject,
  getProject,
  updateProject,
  deleteProject,
  disableProject,
  enableProject,
  listBudgets,
  createBudget,
  getBudget,
  updateBudget,
  deleteBudget,
  getUsage,
  getUsageRows,
  pruneLedger,
  listPrices,
  reprice,
  listModels,
  explainModel,
  listUpstreams,
  testUpstream,
  getVersion,
]
