/** Starts the upstream with accounts in its own process, and asks it what it has. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
}

export interface AccountsServer {
  /** `http://127.0.0.1:<port>`, for a config's `baseUrl`. */
  readonly url: string
  /** Names of things by key. */
  state(): Promise<Readonly<Record<string, readonly string[]>>>
  log(): Promise<readonly LoggedRequest[]>
  /** The models of these keys are overloaded from now on. */
  fail(...keys: readonly string[]): Promise<void>
  /** The next upload is cut off after so many bytes. */
  dieAfter(bytes: number): Promise<void>
  /** As if the thing had expired. */
  forget(name: string): Promise<void>
  close(): Promise<void>
}

const SERVER = fileURLToPath(new URL('./gemini-resources.ts', import.meta.url))
const START_TIMEOUT_MS = 10_000

export async function startAccounts(...keys: readonly string[]): Promise<AccountsServer> {
  const child = spawn(process.execPath, [SERVER, '--keys', keys.join(',')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const failed = exited.then(() => Promise.reject(new Error('the upstream ended before it was ready')))
  failed.catch(() => undefined)
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  const lines = createInterface({ input: child.stdout })
  const [line] = (await Promise.race([once(lines, 'line', { signal }), failed])) as [string]
  const url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`
  const ask = async (path: string) => (await fetch(`${url}/_control/${path}`)).json()
  return {
    url,
    state: () => ask('state') as Promise<Record<string, string[]>>,
    log: () => ask('log') as Promise<LoggedRequest[]>,
    fail: async (...failing) => void (await ask(`fail?keys=${failing.join(',')}`)),
    dieAfter: async (bytes) => void (await ask(`die?after=${bytes}`)),
    forget: async (name) => void (await ask(`forget?name=${name}`)),
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
