/** One gateway in front of servers of every wire, each in a process of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMPILE_CACHE } from '../../gateway/rig.ts'
import { ANTHROPIC_KEY } from '../../servers/anthropic-server.ts'
import { OPENAI_KEY } from '../../servers/openai-server.ts'
import {
  type Provider,
  type ProviderName,
  type ReceivedRequest,
  spawnProvider,
} from '../../servers/provider-server.ts'
import { EXPRESS_KEY } from '../../servers/vertex-server.ts'
import { CLIENT_KEY, startWasat, type WasatProcess } from '../../servers/wasat-process.ts'

export interface Kind {
  readonly name: string
  /** As the client asks for it. */
  readonly model: string
  /** The same, or another one of this kind that shows what it thinks. */
  readonly thinker: string
}

/** Gemini itself is there to show that the script is right: it is the sandbox, behind a Gemini upstream. */
export const KINDS: readonly Kind[] = [
  { name: 'gemini', model: 'by-gemini', thinker: 'by-gemini' },
  { name: 'vertex', model: 'by-vertex', thinker: 'by-vertex' },
  { name: 'anthropic', model: 'by-anthropic', thinker: 'by-anthropic' },
  { name: 'openai chat', model: 'by-chat', thinker: 'by-local' },
  { name: 'openai responses', model: 'by-responses', thinker: 'by-responses' },
]

/** The same kinds once more, by models and vendors that take other things. */
export const VARIANTS: readonly Kind[] = [
  { name: 'vertex with an express key', model: 'by-express', thinker: 'by-express' },
  { name: 'anthropic without formats', model: 'by-older', thinker: 'by-older' },
  { name: 'anthropic that thinks as it likes', model: 'by-adaptive', thinker: 'by-adaptive' },
  { name: 'openai chat with reasoning', model: 'by-reasoner', thinker: 'by-local' },
  { name: 'openai chat of a local model', model: 'by-local', thinker: 'by-local' },
]

export interface Kinds {
  readonly wasat: WasatProcess
  /** What reached a server since the last reset. */
  received(name: ProviderName): Promise<readonly ReceivedRequest[]>
  reset(): Promise<void>
  close(): Promise<void>
}

/** The sandbox has no bad days of its own. */
const FIXTURES = `fixtures:
  - match: { lastUserText: { contains: "fail:429" } }
    response: { error: { code: 429, retryDelay: 1s } }
  - match: { lastUserText: { contains: "fail:500" } }
    response: { error: { code: 500 } }
  - match: { lastUserText: { contains: "break:stream" } }
    response: { text: "This will never come to its end.", chunkTokens: 2, resetAtByte: 300 }
`

export async function startKinds(): Promise<Kinds> {
  const folder = await mkdtemp(join(tmpdir(), 'wasat-kinds-'))
  const fixtures = join(folder, 'failures.yaml')
  await writeFile(fixtures, FIXTURES)
  const [openai, anthropic, vertex, sandbox] = await Promise.all([
    spawnProvider('openai'),
    spawnProvider('anthropic'),
    spawnProvider('vertex'),
    startWasat({
      env: COMPILE_CACHE,
      config: `upstreams: { sandbox: { kind: sandbox, fixtures: [${JSON.stringify(fixtures)}] } }\n`,
    }),
  ])
  const providers: Record<ProviderName, Provider> = { openai, anthropic, vertex }
  const closeServers = async () => {
    await Promise.all([
      ...Object.values(providers).map((provider) => provider.close()),
      sandbox.stop('SIGINT'),
    ])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const credentials = join(folder, 'credentials.json')
    await writeFile(credentials, await (await fetch(`${vertex.url}/credentials`)).text())
    const wasat = await startWasat({
      config: configOf(providers, sandbox.url, credentials),
      env: COMPILE_CACHE,
    })
    return {
      wasat,
      received: (name) => providers[name].received(),
      reset: async () =>
        void (await Promise.all(Object.values(providers).map((provider) => provider.reset()))),
      close: async () => {
        await wasat.stop('SIGINT')
        await closeServers()
      },
    }
  } catch (error) {
    await closeServers()
    throw error
  }
}

function configOf(
  { openai, anthropic, vertex }: Record<ProviderName, Provider>,
  sandboxUrl: string,
  credentials: string,
): string {
  return `
# What is asked to fail fails each time; nobody needs to wait for that.
retries: { backoffMin: 10ms, backoffMax: 20ms, retryAfterMax: 500ms }
upstreams:
  gemini: { kind: gemini, baseUrl: "${sandboxUrl}", keys: ["${CLIENT_KEY}"] }
  vertex: { kind: vertex, project: my-project, location: europe-west4, baseUrl: "${vertex.url}", credentialsFile: ${JSON.stringify(credentials)} }
  claude: { kind: anthropic, baseUrl: "${anthropic.url}", keys: ["${ANTHROPIC_KEY}"] }
  openai: { kind: openai, vendor: openai, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
  reasoner: { kind: openai, vendor: openai, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"], flags: { api: chat } }
  express: { kind: vertex, baseUrl: "${vertex.url}", keys: ["${EXPRESS_KEY}"] }
  local: { kind: openai, vendor: vllm, baseUrl: "${openai.url}/v1", keys: ["${OPENAI_KEY}"] }
models:
  by-gemini: { targets: [{ upstream: gemini, model: gemini-3.1-pro-preview }] }
  by-vertex: { targets: [{ upstream: vertex, model: gemini-3-flash-preview }] }
  by-anthropic: { targets: [{ upstream: claude, model: claude-sonnet-4-5 }] }
  by-express: { targets: [{ upstream: express, model: gemini-3-flash-preview }] }
  by-older: { targets: [{ upstream: claude, model: claude-sonnet-4-0 }] }
  by-reasoner: { targets: [{ upstream: reasoner, model: gpt-5-mini }] }
  by-adaptive: { targets: [{ upstream: claude, model: claude-opus-4-7 }] }
  by-chat: { targets: [{ upstream: openai, model: gpt-4.1 }] }
  by-local: { targets: [{ upstream: local, model: qwen3 }] }
  by-responses: { targets: [{ upstream: openai, model: gpt-5.5 }] }
`
}
