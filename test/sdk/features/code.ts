/** Programs that the model writes and the sandbox runs. */
import assert from 'node:assert/strict'
import {
  checkStream,
  checkUsage,
  collect,
  type FeatureCase,
  type FeatureRig,
  FLASH,
  joined,
  partsOf,
} from './rig.ts'

export const CODE: readonly FeatureCase[] = [
  { name: '[SDKF-CODE-01] a program and what it printed', run: code },
  { name: '[SDKF-CODE-01] [SDKF-STREAM-01] a program, streamed', run: codeStream },
  { name: '[SDKF-CODE-01] a chat goes on from what was computed', run: codeChat },
]

const PRIMES = 'What is the sum of the first 50 prime numbers? Generate and run code for the calculation.'
const SUM = '5117'
const config = { tools: [{ codeExecution: {} }] }

async function code({ ai, sdk }: FeatureRig): Promise<void> {
  const answer = await ai.models.generateContent({ model: FLASH, contents: PRIMES, config })
  assert.match(answer.executableCode ?? '', /prime/)
  assert.equal(answer.codeExecutionResult?.trim(), SUM)
  assert.match(answer.text ?? '', new RegExp(SUM))
  const parts = partsOf(answer)
  const program = parts.find(({ executableCode }) => executableCode)?.executableCode
  const result = parts.find(({ codeExecutionResult }) => codeExecutionResult)?.codeExecutionResult
  assert.equal(program?.language, sdk.Language.PYTHON)
  assert.equal(result?.outcome, sdk.Outcome.OUTCOME_OK)
  checkUsage(answer)
}

async function codeStream({ ai }: FeatureRig): Promise<void> {
  const chunks = await collect(
    await ai.models.generateContentStream({ model: FLASH, contents: PRIMES, config }),
  )
  checkStream(chunks)
  const order = chunks
    .flatMap(partsOf)
    .flatMap((part) => Object.keys(part).filter((key) => /code/i.test(key)))
  assert.deepEqual(order, ['executableCode', 'codeExecutionResult'], 'each is whole, and in this order')
  assert.match(joined(chunks), new RegExp(SUM))
}

async function codeChat({ ai }: FeatureRig): Promise<void> {
  const chat = ai.chats.create({ model: FLASH, config })
  await chat.sendMessage({ message: PRIMES })
  const next = await chat.sendMessage({ message: 'Use code to compute 2 to the power of 100.' })
  assert.match(next.codeExecutionResult ?? '', /1267650600228229401496703205376/)
  assert.match(next.text ?? '', /1267650600228229401496703205376/)
}
