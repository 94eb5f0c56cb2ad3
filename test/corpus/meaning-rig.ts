/** The gateway that tables G to K are played against: native, the sandbox, and a target of another wire. */
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { startWasat } from '../servers/wasat-process.ts'
import { type Canary, openCanary } from './canary.ts'
import { createKey, type GatewayRig } from './rigs.ts'

export interface MeaningRig extends GatewayRig {
  readonly replay: Replay
  readonly canary: Canary
  stop(): Promise<void>
}

/** What the target of another wire always says. */
const COMPLETION = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4.1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

const configFor = (url: string) => `
server:
  shutdown: { delay: 0s, grace: 1s, streamGrace: 1s }
# What is tried again is tried again at once: nobody here learns from waiting.
retries: { backoffMin: 1ms, backoffMax: 5ms }
upstreams:
  replay: { kind: gemini, baseUrl: "${url}", keys: ["upstream-key"] }
  sandbox: { kind: sandbox }
  words: { kind: openai, vendor: openai, baseUrl: "${url}/v1", keys: ["upstream-key"], flags: { api: chat } }
models:
  "gemini-*": { targets: [replay] }
  unheard-of: { targets: [replay] }
  box: { targets: [{ upstream: sandbox, model: gemini-2.5-flash }] }
  embedder: { targets: [{ upstream: sandbox, model: gemini-embedding-001 }] }
  words: { targets: [{ upstream: words, model: gpt-4.1 }] }
`

export async function startMeaning(): Promise<MeaningRig> {
  const [replay, canary] = await Promise.all([startReplay(), openCanary()])
  // A path that names no model of Gemini's is the other wire's.
  await replay.script('', { body: Buffer.from(JSON.stringify(COMPLETION)), framing: 'content-length' })
  const gateway = await startWasat({ config: configFor(replay.url) })
  const { secret: secondKey } = await createKey(gateway, { name: '=cmd()', models: ['*'] })
  const { secret: limitedKey } = await createKey(gateway, { name: 'limited', models: ['gemini-3*'] })
  return {
    gateway,
    replay,
    canary,
    context: { port: gateway.port, secondKey, limitedKey, canaryPort: canary.port },
    received: (since) => replay.received(since),
    receivedCount: () => replay.receivedCount(),
    async stop() {
      await gateway.stop()
      await Promise.all([replay.close(), canary.close()])
    },
  }
}
