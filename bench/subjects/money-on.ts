/** Puts limits and budgets over the client key of a running Wasat, as an operator does: through the admin API. */
import { request } from 'node:http'
import {
  ALERT_PERCENT,
  BUDGET_PERIOD,
  BUDGET_USD,
  hasBudgets,
  hasLimits,
  LIMITS,
  type MoneySetting,
} from '../money.ts'
import { ADMIN_KEY } from '../wire.ts'

/** The id of the key that `WASAT_KEY` makes. */
const KEY_ID = 'env'
const ANSWER_TIMEOUT_MS = 5_000
/** Everything else that a key can be held to, beside its limits. */
const EXPIRES_AT = '2999-01-01T00:00:00Z'
const ADDRESSES = ['127.0.0.0/8']
const MODELS = ['bench-*']

export async function putMoneyOn(port: number, setting: MoneySetting): Promise<void> {
  if (hasLimits(setting)) {
    const body = { limits: LIMITS, models: MODELS, addresses: ADDRESSES, expiresAt: EXPIRES_AT }
    await askAdmin(port, 'PATCH', `/admin/v1/keys/${KEY_ID}`, body)
  }
  if (!hasBudgets(setting)) return
  const terms = {
    period: BUDGET_PERIOD,
    limitUsd: String(BUDGET_USD),
    hardStop: true,
    alertPercent: ALERT_PERCENT,
  }
  await askAdmin(port, 'POST', '/admin/v1/budgets', { scope: 'key', scopeId: KEY_ID, ...terms })
  await askAdmin(port, 'POST', '/admin/v1/budgets', { scope: 'gateway', ...terms })
}

/** The budgets in force, with what was spent of each. */
export async function readBudgets(port: number): Promise<readonly { readonly spentNanoUsd: number }[]> {
  const text = await askAdmin(port, 'GET', '/admin/v1/budgets')
  return (JSON.parse(text) as { budgets: { spentNanoUsd: number }[] }).budgets
}

/** Rejects with what the answer says unless it is a success. */
function askAdmin(
  port: number,
  method: 'GET' | 'PATCH' | 'POST',
  path: string,
  body?: object,
): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      agent: false,
      timeout: ANSWER_TIMEOUT_MS,
    }
    const asked = request(options, (response) => {
      const { statusCode = 0 } = response
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => {
        if (statusCode >= 200 && statusCode < 300) resolve(text)
        else reject(new Error(`${method} ${path} was answered with ${statusCode}: ${text}`))
      })
      response.on('error', reject)
    })
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path} was not answered`)))
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
