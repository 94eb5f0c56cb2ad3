/** The sandbox's guide: each of its requests run as printed, its tables compared with the code. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { BLOCK_REASONS, FINISH_REASONS } from '../../src/upstreams/sandbox/safety/guard.ts'
import { VOCABULARY } from '../../src/upstreams/sandbox/safety/vocabulary.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'

const GUIDE = new URL('../../docs/guides/sandbox.md', import.meta.url)
const PRINTED_HOST = 'http://127.0.0.1:4080'
/** The first program in Python takes seconds. */
const RUN_TIMEOUT_MS = 60_000
const run = promisify(execFile)

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any

const guide = await readFile(GUIDE, 'utf8')
const blocks = new Map(
  [...guide.matchAll(/^```sh title=([\w-]+)\n(.*?)^```$/gms)].map(([, name = '', script = '']) => [
    name,
    script,
  ]),
)

let wasat: WasatProcess
before(async () => {
  wasat = await startWasat()
})
after(() => wasat.stop())

async function curl(name: string): Promise<string> {
  const script = blocks.get(name) ?? ''
  assert.ok(script.includes(PRINTED_HOST), `the guide has no request ${name}`)
  const here = script.replace(PRINTED_HOST, wasat.url).replace('curl ', 'curl -sS --fail-with-body ')
  const env = { PATH: process.env.PATH ?? '', WASAT_KEY: wasat.key, NO_PROXY: '*' }
  const options = { env, timeout: RUN_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
  return (await run('sh', ['-c', here], options)).stdout
}

const partsOf = (answer: Json): Json[] => answer.candidates[0].content.parts
const said = (answer: Json): string =>
  partsOf(answer)
    .filter(({ thought }: Json) => !thought)
    .map(({ text }: Json) => text ?? '')
    .join('')

/** What each request of the guide must give. */
const EXPECTED: Readonly<Record<string, (answer: Json) => void>> = {
  hello: (answer) => assert.match(said(answer), /Paris/),
  models: ({ models }) => {
    const names: string[] = models.map(({ name }: Json) => name)
    for (const name of ['gemini-2.0-flash', 'gemini-4-argon', 'gemma-4-31b-it', 'veo-3.0-generate-001']) {
      assert.ok(names.includes(`models/${name}`), name)
    }
  },
  thinking: (answer) => {
    assert.match(said(answer), /391/)
    assert.equal(partsOf(answer)[0].thought, true)
    assert.ok(answer.usageMetadata.thoughtsTokenCount > 0)
  },
  functions: (answer) => {
    const cities = partsOf(answer).map(({ functionCall }) => functionCall.args.city)
    assert.deepEqual(cities, ['Oslo', 'Rome'])
  },
  'function-results': (answer) => assert.match(said(answer), /3/),
  structured: (answer) => assert.deepEqual(JSON.parse(said(answer)), { name: 'Jane Doe', age: 34 }),
  search: (answer) => {
    assert.match(said(answer), /Spain/)
    assert.ok(answer.candidates[0].groundingMetadata.groundingChunks.length > 0)
  },
  code: (answer) => {
    const result = partsOf(answer).find(({ codeExecutionResult }) => codeExecutionResult)
    assert.equal(result.codeExecutionResult.outcome, 'OUTCOME_OK')
    assert.match(result.codeExecutionResult.output, /5117/)
  },
  media: (answer) => assert.match(said(answer), /CSV|table|rows?/i),
  image: (answer) => {
    const { inlineData } = partsOf(answer).find((part) => part.inlineData)
    assert.equal(Buffer.from(inlineData.data, 'base64').toString('latin1', 1, 4), 'PNG')
  },
  speech: (answer) => assert.match(partsOf(answer)[0].inlineData.mimeType, /^audio\/L16/i),
  safety: (answer) => {
    assert.equal(answer.promptFeedback.blockReason, 'SAFETY')
    assert.equal(answer.candidates, undefined)
  },
  finish: (answer) => assert.equal(answer.candidates[0].finishReason, 'RECITATION'),
  count: ({ totalTokens }) => assert.ok(totalTokens > 5 && totalTokens < 20),
  embedding: ({ embedding }) => {
    const length = Math.hypot(...embedding.values)
    assert.ok(Math.abs(length - 1) < 1e-4, String(length))
  },
  file: ({ file }) => assert.match(file.name, /^files\//),
}

describe('[GUIDE-SANDBOX-01] every request of the guide runs and gives what the guide says', () => {
  for (const [name, check] of Object.entries(EXPECTED)) {
    test(name, async () => check(JSON.parse(await curl(name))))
  }

  test('stream', async () => {
    const events = (await curl('stream')).split('\r\n\r\n').filter((event) => event !== '')
    assert.ok(events.length > 2)
    const last = JSON.parse(events.at(-1)!.replace(/^data: /, ''))
    assert.equal(last.candidates[0].finishReason, 'STOP')
  })

  test('there are no others', () => {
    assert.deepEqual([...blocks.keys()].sort(), [...Object.keys(EXPECTED), 'stream'].sort())
    assert.equal(guide.match(/^curl /gm)?.length, blocks.size)
  })
})

const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ')

describe('[GUIDE-SANDBOX-02] the guide prints the very words that the sandbox knows', () => {
  for (const [category, { LOW, MEDIUM, HIGH }] of Object.entries(VOCABULARY)) {
    test(category, () => {
      const row = `| \`${category}\` | ${[LOW, MEDIUM, HIGH].map((words) => words.join(', ')).join(' | ')} |`
      assert.ok(guide.includes(`\n${row}\n`), `the guide needs the row\n${row}`)
    })
  }
  test('no other category', () => {
    assert.equal(guide.match(/^\| `HARM_CATEGORY_/gm)?.length, Object.keys(VOCABULARY).length)
  })
  test('test phrases', () => {
    for (const reasons of [BLOCK_REASONS, Object.keys(FINISH_REASONS)]) {
      assert.ok(guide.includes(`REASON is one of ${code(reasons)} |`), `the guide needs\n${code(reasons)}`)
    }
  })
})
