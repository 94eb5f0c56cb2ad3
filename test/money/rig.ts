/** What the tests of money share: gateways over one ledger, and clients that remember what they were told. */
import assert from 'node:assert/strict'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import type { BudgetState } from '../../src/nouns/directory.ts'
import { COMPILE_CACHE, until } from '../gateway/rig.ts'
import { TARIFF, type Tariff, tariffAsConfig } from '../servers/billing-plan.ts'
import { startWasat, type WasatOptions, type WasatProcess } from '../servers/wasat-process.ts'

export const MODEL = 'billed-model'

export interface ConfigOptions {
  readonly upstreamUrl: string
  readonly ledger: string
  readonly counters?: string
  readonly tariff?: Partial<Tariff>
  /** Where the second name leads, when not to the same upstream. */
  readonly spareUrl?: string
  /** The words of `server.shutdown`. */
  readonly shutdown?: string
  /** Lines of YAML at the top level. */
  readonly rest?: string
}

/** Two names for one upstream, so that a failed first attempt has somewhere to go. */
export function moneyConfig(options: ConfigOptions): string {
  const { upstreamUrl, ledger, counters = 'memory', tariff = TARIFF, rest = '' } = options
  const { spareUrl = upstreamUrl, shutdown = 'delay: 0s' } = options
  return `
upstreams:
  mock: { kind: gemini, baseUrl: "${upstreamUrl}", keys: [upstream-key] }
  spare: { kind: gemini, baseUrl: "${spareUrl}", keys: [upstream-key] }
models:
  "billed-*": { targets: [mock, spare] }
prices:
  ${MODEL}: ${tariffAsConfig(tariff)}
stores: { ledger: "${ledger}", counters: "${counters}" }
server: { shutdown: { ${shutdown} } }
log: { level: warn }
${rest}`
}

export interface MoneyGateway extends WasatProcess {
  readonly agent: Agent
  /** Milliseconds from the start of the process to its first 200 on `/readyz`. */
  readonly readyMs: number
}

export async function startMoneyGateway(options: WasatOptions): Promise<MoneyGateway> {
  const startedAtMs = performance.now()
  const wasat = await startWasat({ ...options, env: { ...COMPILE_CACHE, ...options.env } })
  const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })
  await untilReady(wasat)
  return {
    ...wasat,
    agent,
    readyMs: performance.now() - startedAtMs,
    stop: (signal) => {
      agent.destroy()
      return wasat.stop(signal)
    },
    kill: () => {
      agent.destroy()
      return wasat.kill()
    },
  }
}

export async function untilReady(wasat: WasatProcess, withinMs = 20_000): Promise<void> {
  await until('the gateway is ready', async () => (await statusOf(wasat, '/readyz')) === 200, withinMs)
}

/** 0 when nobody answers. */
export async function statusOf(wasat: Pick<WasatProcess, 'url'>, path: string): Promise<number> {
  try {
    const response = await fetch(`${wasat.url}${path}`, { signal: AbortSignal.timeout(2_000) })
    await response.text()
    return response.status
  } catch {
    return 0
  }
}

// ---------------------------------------------------------------------------------------------
// The operator.

export async function administer<Answer>(
  wasat: WasatProcess,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(`${wasat.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${wasat.adminKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as Answer
}

export interface MadeKey {
  readonly id: string
  readonly secret: string
}

export async function makeKey(wasat: WasatProcess, name: string, projectId?: string): Promise<MadeKey> {
  const made = await administer<{ key: { id: string }; secret: string }>(wasat, 'POST', '/keys', {
    name,
    ...(projectId !== undefined && { projectId }),
  })
  return { id: made.key.id, secret: made.secret }
}

export async function makeProject(wasat: WasatProcess, name: string): Promise<string> {
  const made = await administer<{ project: { id: string } }>(wasat, 'POST', '/projects', { name })
  return made.project.id
}

export interface BudgetWish {
  readonly scope: 'key' | 'project' | 'gateway'
  readonly scopeId?: string
  readonly limitNanoUsd: number
  readonly period?: 'day' | 'week' | 'month' | 'ever'
  readonly hardStop?: boolean
  readonly alertPercent?: number
}

export async function makeBudget(wasat: WasatProcess, wish: BudgetWish): Promise<string> {
  const { limitNanoUsd, ...rest } = { period: 'ever' as const, ...wish }
  const made = await administer<{ budget: { id: string } }>(wasat, 'POST', '/budgets', {
    ...rest,
    limitUsd: usdText(limitNanoUsd),
  })
  return made.budget.id
}

export async function budgetState(wasat: WasatProcess, id: string): Promise<BudgetState> {
  const { budget } = await administer<{ budget: BudgetState }>(wasat, 'GET', `/budgets/${id}`)
  return budget
}

export async function changeBudget(wasat: WasatProcess, id: string, limitNanoUsd: number): Promise<void> {
  await administer(wasat, 'PATCH', `/budgets/${id}`, { limitUsd: usdText(limitNanoUsd) })
}

export const usdText = (nanoUsd: number): string =>
  `${Math.floor(nanoUsd / 1e9)}.${String(nanoUsd % 1e9).padStart(9, '0')}`

// ---------------------------------------------------------------------------------------------
// Clients.

export type Form = 'unary' | 'sse' | 'array' | 'embed' | 'count'

export interface Ask {
  readonly form: Form
  /** Words for the upstream; `id=` is added. */
  readonly prompt: string
  readonly id: string
  readonly key: string
  readonly maxOutputTokens?: number
  /** Hangs up once the first bytes of the answer are there. */
  readonly leaveEarly?: boolean
  /** Sends its id along, so that its row is found even when no answer is known of it. */
  readonly isTagged?: boolean
  readonly agent?: Agent
}

/** What a client was told. */
export interface Told {
  readonly id: string
  readonly form: Form
  /** 0: no head of an answer came. */
  readonly status: number
  readonly requestId: string | undefined
  /** A 200 that was received to its protocol's own end. */
  readonly isWhole: boolean
  readonly text: string
}

const PATHS: Readonly<Record<Form, string>> = {
  unary: 'generateContent',
  sse: 'streamGenerateContent?alt=sse',
  array: 'streamGenerateContent',
  embed: 'embedContent',
  count: 'countTokens',
}

/** More bytes than the prompt has tokens, as with a real tokenizer: then the reservation is a bound. */
const PADDING = 'so many words '.repeat(24)

function bodyOf({ form, id, prompt, maxOutputTokens }: Ask): string {
  const parts = [{ text: `id=${id} ${prompt} ${PADDING}` }]
  if (form === 'embed') return JSON.stringify({ content: { parts } })
  const limit = form !== 'count' && maxOutputTokens !== undefined
  return JSON.stringify({ contents: [{ parts }], ...(limit && { generationConfig: { maxOutputTokens } }) })
}

/** Never rejects: what breaks is an answer that is not whole. */
export function ask(wasat: Pick<WasatProcess, 'port'>, asked: Ask): Promise<Told> {
  const body = bodyOf(asked)
  const request = httpRequest({
    host: '127.0.0.1',
    port: wasat.port,
    method: 'POST',
    path: `/v1beta/models/${MODEL}:${PATHS[asked.form]}`,
    ...(asked.agent !== undefined && { agent: asked.agent }),
    headers: {
      'x-goog-api-key': asked.key,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      // An embedding says nothing of its model, by which its row could be found.
      ...((asked.isTagged || asked.form === 'embed') && { 'x-wasat-tags': `id=${asked.id}` }),
    },
  })
  const told = follow(request, asked)
  request.end(body)
  return told
}

function follow(request: ClientRequest, asked: Ask): Promise<Told> {
  const { id, form } = asked
  return new Promise((resolve) => {
    let text = ''
    let response: IncomingMessage | undefined
    const tell = () => {
      const status = response?.statusCode ?? 0
      const requestId = response?.headers['x-request-id'] as string | undefined
      resolve({ id, form, status, requestId, isWhole: isWhole(form, status, response?.complete, text), text })
    }
    request.on('error', tell)
    request.on('close', tell)
    request.on('response', (arrived) => {
      response = arrived
      arrived.setEncoding('utf8')
      arrived.on('error', () => undefined)
      arrived.on('data', (piece: string) => {
        text += piece
        if (asked.leaveEarly) request.destroy()
      })
    })
  })
}

/** As a client judges it: the framing ended, and so did Gemini's answer. */
function isWhole(form: Form, status: number, isComplete: boolean | undefined, text: string): boolean {
  if (status !== 200 || isComplete !== true) return false
  if (form === 'embed' || form === 'count') return true
  return text.includes('"finishReason"') && !text.includes('"error"')
}
