/** Google's SDKs over a server that this project did not write: llama.cpp's own, by each of the three wires it speaks. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { GoogleGenAI, type Part } from 'genai-3'
import { runCommand } from '../../servers/child-command.ts'
import { LLAMA_SKIP, type Llama, startLlama } from '../../servers/llama-server.ts'
import { startWasat, type WasatProcess } from '../../servers/wasat-process.ts'
import { NEWEST_PYTHON_CLIENT } from '../python-clients.ts'

const MODELS = ['tiny-chat', 'tiny-responses', 'tiny-messages'] as const
const CASES = ['chat', 'streaming', 'tools_to_their_end', 'structured_output', 'counted_tokens', 'refusal']
const SCRIPT = fileURLToPath(new URL('llama.py', import.meta.url))

const configFor = (url: string) => `
upstreams:
  chat: { kind: openai, vendor: llamacpp, baseUrl: "${url}/v1" }
  responses: { kind: openai, vendor: llamacpp, baseUrl: "${url}/v1", flags: { api: responses } }
  messages: { kind: anthropic, baseUrl: "${url}", keys: [none] }
models:
  tiny-chat: { targets: [{ upstream: chat, model: tiny }] }
  tiny-responses: { targets: [{ upstream: responses, model: tiny }] }
  tiny-messages: { targets: [{ upstream: messages, model: tiny }] }
`

interface Line {
  readonly model: string
  readonly case: string
  readonly error: string | null
}

describe('llama.cpp', { skip: LLAMA_SKIP || NEWEST_PYTHON_CLIENT.skip }, () => {
  let llama: Llama
  let wasat: WasatProcess
  let lines: readonly Line[]

  before(async () => {
    llama = await startLlama()
    wasat = await startWasat({ config: configFor(llama.url) })
    const output = await runCommand(NEWEST_PYTHON_CLIENT.python, [SCRIPT, wasat.url, wasat.key, ...MODELS])
    lines = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  })

  after(async () => {
    await wasat?.stop()
    await llama?.close()
  })

  for (const model of MODELS) {
    for (const name of CASES) {
      // llama.cpp does not read `text.format` of its Responses API, and says nothing of it.
      if (model === 'tiny-responses' && name === 'structured_output') continue
      test(`[UPS-02] Python, ${model}: ${name.replaceAll('_', ' ')}`, () => {
        const line = lines.find((one) => one.model === model && one.case === name)
        assert.ok(line, 'the client did not run this case')
        assert.equal(line.error, null, line.error ?? '')
      })
    }

    test(`[UPS-02] JavaScript, ${model}: a call in a stream, and its result in the next turn`, async () => {
      const ai = new GoogleGenAI({ apiKey: wasat.key, httpOptions: { baseUrl: wasat.url } })
      const parameters = {
        type: 'object',
        properties: { city: { type: 'string', enum: ['Oslo', 'Rome'] } },
        required: ['city'],
        additionalProperties: false,
      }
      const tools = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: parameters }] }]
      const config = { tools, maxOutputTokens: 500, seed: 7, temperature: 0.2 }
      const contents = [{ role: 'user', parts: [{ text: 'What is the weather?' }] as Part[] }]
      const parts: Part[] = []
      for await (const chunk of await ai.models.generateContentStream({ model, contents, config }))
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
      assert.ok(calls.length > 0, JSON.stringify(parts))
      for (const { args } of calls) assert.match(String(args?.city), /^(?:Oslo|Rome)$/)
      contents.push({ role: 'model', parts })
      const results = calls.map(({ id, name }) => ({
        functionResponse: { ...(id && { id }), name: name ?? '', response: { sky: 'clear' } },
      }))
      contents.push({ role: 'user', parts: results })
      const answer = await ai.models.generateContent({ model, contents, config })
      assert.ok(answer.text, JSON.stringify(answer))
    })
  }
})
