import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { countTokens } from '../../tokenizer.ts'
import { createRandom } from '../digest.ts'
import { SANDBOX_MODELS } from '../models.ts'
import type { Play, Scene } from '../play.ts'
import { totalOf } from '../usage.ts'
import type { CodeResult } from './interpreter.ts'
import { createCodePlayer } from './play.ts'
import { createPython, type Python } from './pool.ts'
import { NEVER } from './testing.fixture.ts'

const PRIMES = 'What is the sum of the first 50 prime numbers?'

function scene(
  prompt: string,
  { model = 'gemini-2.5-flash', tools = [{ codeExecution: {} }] as object[] } = {},
): Scene {
  const generation = { model: SANDBOX_MODELS.get(model), request: { tools } }
  const conversation = { modelId: model, prompt, earlier: [], systemText: '', media: [], readings: [] }
  const made = { generation, conversation, index: 0, random: createRandom(7), seed: 7, signal: NEVER }
  return made as unknown as Scene
}

/** Python that has one answer for everything, and remembers what it was given. */
function answering(result: CodeResult): Python & { readonly codes: string[] } {
  const codes: string[] = []
  return {
    codes,
    async run(code) {
      codes.push(code)
      return result
    },
    async close() {},
  }
}

const OK: CodeResult = { outcome: 'OUTCOME_OK', output: '5117\n' }

async function playOf(python: Python, made: Scene): Promise<Play> {
  const play = await createCodePlayer(python)(made)
  assert.ok(play)
  return play
}

test('[PYTHON-07] the program, its result and what it means come as parts, in this order', async () => {
  const python = answering(OK)
  const { parts, toolUsePrompt, finishReason } = await playOf(python, scene(PRIMES))
  const [introduction, code, result, text] = parts
  assert.equal(parts.length, 4)
  assert.match(String(introduction?.text), /\S\n\n$/)
  assert.deepEqual(code, { executableCode: { language: 'PYTHON', code: python.codes[0] } })
  assert.deepEqual(result, { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '5117\n' } })
  assert.deepEqual(text, { text: 'The sum of the first 50 prime numbers is 5117.' })
  assert.equal(finishReason ?? 'STOP', 'STOP')
  const tokens = countTokens(JSON.stringify(result))
  assert.ok(toolUsePrompt)
  assert.equal(totalOf(toolUsePrompt), tokens)
  assert.deepEqual([...toolUsePrompt.keys()], ['TEXT'])
})

test('from the 3 family on, program and result carry one id', async () => {
  const { parts } = await playOf(answering(OK), scene(PRIMES, { model: 'gemini-3-flash-preview' }))
  const { executableCode, codeExecutionResult } = Object.assign({}, ...parts)
  assert.match(executableCode.id, /^[a-z0-9]{8}$/)
  assert.equal(codeExecutionResult.id, executableCode.id)
  const again = await playOf(answering(OK), scene(PRIMES, { model: 'gemini-3-flash-preview' }))
  assert.deepEqual(again.parts, parts)
})

test('a program that fails or takes too long is told as what it is', async () => {
  const failed: CodeResult = { outcome: 'OUTCOME_FAILED', output: 'Traceback …\nValueError: no\n' }
  const { parts } = await playOf(answering(failed), scene(PRIMES))
  assert.equal(parts.at(-1)?.text, 'The code failed: ValueError: no')
  const late: CodeResult = { outcome: 'OUTCOME_DEADLINE_EXCEEDED', output: '' }
  const play = await playOf(answering(late), scene(PRIMES))
  assert.deepEqual(play.parts[2], { codeExecutionResult: late })
  assert.match(String(play.parts.at(-1)?.text), /ran for too long/)
})

test('nothing is played, and nothing started, without the tool or for a prompt of words', async () => {
  const python = answering(OK)
  const player = createCodePlayer(python)
  assert.equal(await player(scene(PRIMES, { tools: [] })), undefined)
  assert.equal(await player(scene(PRIMES, { tools: [{ googleSearch: {} }] })), undefined)
  assert.equal(await player(scene('Tell me about dragons')), undefined)
  assert.deepEqual(python.codes, [])
})

test('what Python refuses is refused to the caller', async () => {
  const python = createPython({ lockdown: async () => ({ ok: false, reason: 'thin walls' }) })
  await assert.rejects(
    async () => createCodePlayer(python)(scene(PRIMES)),
    (error) => error instanceof GatewayError && error.code === 'unimplemented',
  )
})

test('with Python behind it, the answer is the true one', async () => {
  const python = createPython({ poolSize: 1 })
  try {
    const { parts } = await playOf(python, scene(PRIMES))
    assert.deepEqual(parts[2], { codeExecutionResult: OK })
  } finally {
    await python.close()
  }
})
