/** One gateway that OpenAI's clients ask, in front of a target of each kind. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMPILE_CACHE } from '../../gateway/rig.ts'
import { ANTHROPIC_KEY } from '../../servers/anthropic-server.ts'
import { OPENAI_KEY } from '../../servers/openai-server.ts'
import { type Provider, spawnProvider } from '../../servers/provider-server.ts'
import { CLIENT_KEY, startWasat, type WasatProcess } from '../../servers/wasat-process.ts'

export interface Target {
  readonly name: 'sandbox' | 'gemini' | 'anthropic' | 'openai'
  /** As the client asks for it. */
  readonly model: string
  /** The same, or another one of this kind that shows what it thinks. */
  readonly thinker: string
}

/** The Gemini upstream is a second gateway, whose sandbox plays Google. */
export const TARGETS: readonly Target[] = [
  { name: 'sandbox', model: 'in-sandbox', thinker: 'in-sandbox' },
  { name: 'gemini', model: 'by-gemini', thinker: 'by-gemini' },
  { name: 'anthropic', model: 'by-anthropic', thinker: 'by-anthropic' },
  { name: 'openai', model: 'by-chat', thinker: 'by-local' },
]

/** The sandbox has no bad days of its own; each client has its own ones, since they come once only. */
const FIXTURES = `fixtures:
  - match: { lastUserText: { contains: "fail:429" } }
    response: { error: { code: 429, retryDelay: 1s } }
  - match: { lastUserText: { contains: "fail:500" } }
    response: { error: { code: 500 } }
  - match: { lastUserText: { contains: "break:stream" } }
    response: { text: "This will never come to its end.", chunkTokens: 2, resetAtByte: 300 }
  # As the real program would, without the seconds that an interpreter takes to start.
  - match: { tool: codeExecution }
    response:
      parts:
        - { executableCode: { language: PYTHON, code: "print(sum(primes))" } }
        - { codeExecutionResult: { outcome: OUTCOME_OK, output: "5117\\n" } }
        - { text: "The sum is 5117." }
  - match: { lastUserText: { contains: "slowly" } }
    response: { text: "One two three four five six seven eight.", chunkTokens: 1, chunkDelayMs: 40 }
${['JavaScript', 'Python'].map(badDays).join('')}`

function badDays(client: string): string {
  return `
  - match: { lastUserText: "Limited once, says ${client}" }
    response: [{ error: { code: 429, retryDelay: 1s } }, { text: Here I am. }]
  - match: { lastUserText: "Overloaded once, says ${client}" }
    response: [{ error: { code: 503, retryDelay: 1s } }, { text: Here I am. }]
  - match: { lastUserText: "Broken once, says ${client}" }
    response: [{ error: { code: 503 } }, { text: Here I am. }]
`
}

const SETTLE_TIMEOUT_MS = 10_000
const POLL_MS = 20

export interface Targets {
  readonly wasat: WasatProcess
  /** The secret of a new key, such as `{ limits: { requestsPerMinute: 1 } }`. */
  createKey(settings: object): Promise<string>
  /** Resolves when no answer is under way. */
  settled(): Promise<void>
  /** The bodies that a provider refused without being told to. */
  refused(): Promise<readonly unknown[]>
  close(): Promise<void>
}

export async function startTargets(): Promise<Targets> {
  const folder = await mkdtemp(join(tmpdir(), 'wasat-openai-'))
  const fixtures = join(folder, 'failures.yaml')
  await writeFile(fixtures, FIXTURES)
  const sandbox = `{ kind: sandbox, billing: list, python: false, fixtures: [${JSON.stringify(fixtures)}] }`
  const started = [
    spawnProvider('openai'),
    spawnProvider('anthropic'),
    startWasat({ env: COMPILE_CACHE, config: `upstreams: { sandbox: ${sandbox} }\n` }),
  ] as const
  const [openai, anthropic, google] = await Promise.all(started)
  const closeServers = async () => {
    await Promise.all([openai.close(), anthropic.close(), google.stop('SIGINT')])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const config = configOf({ sandbox, openai, anthropic, google })
    return targetsOf(await startWasat({ config, env: COMPILE_CACHE }), [openai, anthropic], closeServers)
  } catch (error) {
    await closeServers()
    throw error
  }
}

function targetsOf(
  wasat: WasatProcess,
  providers: readonly Provider[],
  closeServers: () => Promise<void>,
): Targets {
  return {
    wasat,
    async createKey(settings) {
      const answer = await fetch(`${wasat.url}/admin/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${wasat.adminKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'test', ...settings }),
      })
      const text = await answer.text()
      assert.ok(answer.ok, text)
      return (JSON.parse(text) as { secret: string }).secret
    },
    async settled() {
      const deadline = performance.now() + SETTLE_TIMEOUT_MS
      while (await isBusy(wasat)) {
        assert.ok(performance.now() < deadline, 'the gateway still has answers under way')
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    async refused() {
      const received = (await Promise.all(providers.map((provider) => provider.received()))).flat()
      return received
        .filter(({ status }) => status >= 400)
        .map(({ path, body }) => [path, body])
        .filter((one) => !JSON.stringify(one).includes('fail:'))
    },
    async close() {
      await wasat.stop('SIGINT')
      await closeServers()
    },
  }
}

async function isBusy(wasat: WasatProcess): Promise<boolean> {
  const text = await (await fetch(`${wasat.url}/metrics`)).text()
  return /^wasat_(?:active_streams|drains)(?:\{.*\})? [1-9]/m.test(text)
}

interface Servers {
  readonly sandbox: string
  readonly openai: Provider
  readonly anthropic: Provider
  readonly google: WasatProcess
}

function configOf({ sandbox, openai, anthropic, google }: Servers): string {
  return `
# What is asked to fail fails each time; whoever asks for a second is told so at once.
retries: { backoffMin: 10ms, backoffMax: 20ms, retryAfterMax: 500ms }
upstreams:
  sandbox: ${sandbox}
  gemini: { kind: gemini, baseUrl: "${google.url}", keys: ["${CLIENT_KEY}"] }
  claude: { kind: anthropic, baseUrl: "${anthropic.url}", keys: ["${ANTHROPIC_KEY}"] }
  openai: { kind: openai, vendor: openai, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
  local: { kind: openai, vendor: vllm, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
models:
  in-sandbox: { targets: [{ upstream: sandbox, model: gemini-3.1-pro-preview }] }
  by-gemini: { targets: [{ upstream: gemini, model: gemini-3.1-pro-preview }] }
  by-anthropic: { targets: [{ upstream: claude, model: claude-sonnet-4-5 }] }
  by-chat: { targets: [{ upstream: openai, model: gpt-4.1 }] }
  by-local: { targets: [{ upstream: local, model: qwen3 }] }
  flash-in-sandbox: { targets: [{ upstream: sandbox, model: gemini-2.5-flash }] }
  flash-by-gemini: { targets: [{ upstream: gemini, model: gemini-2.5-flash }] }
  vectors-in-sandbox: { targets: [{ upstream: sandbox, model: gemini-embedding-001 }] }
  vectors-by-gemini: { targets: [{ upstream: gemini, model: gemini-embedding-001 }] }
  vectors-by-openai: { targets: [{ upstream: openai, model: text-embedding-3-small }] }
  pictures-in-sandbox: { targets: [{ upstream: sandbox, model: gemini-2.5-flash-image }] }
  pictures-by-gemini: { targets: [{ upstream: gemini, model: gemini-2.5-flash-image }] }
  speech-in-sandbox: { targets: [{ upstream: sandbox, model: gemini-2.5-flash-preview-tts }] }
  imagen-in-sandbox: { targets: [{ upstream: sandbox, model: imagen-4.0-generate-001 }] }
`
}
