/** Plays what of the bad-input corpus can come in by the doors of the OpenAI API. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { request } from './case.ts'
import { spread } from './dynamic.ts'
import { damagedOf, seedOfRun } from './generate.ts'
import { type MeaningRig, startMeaning } from './meaning-rig.ts'
import { CHAT, GOOD_CHATS, GOOGLES_CHAT } from './openai-doors.ts'
import { admin } from './rigs.ts'
import { rowsOpenAi } from './rows-openai.ts'
import { describe, runCase } from './run.ts'

const SAMPLES = 300

interface Report {
  readonly usage: readonly { readonly requests: number; readonly failed: number }[]
}

let rig: MeaningRig
before(async () => {
  rig = await startMeaning()
})
after(() => rig?.stop())

for (const [index, one] of rowsOpenAi.entries()) {
  // Each on one kind of connection, and its neighbour on the other.
  test(`${one.row} ${one.title}`, () => runCase(rig, one, index % 2 === 0 ? 'fresh' : 'kept'))
}

test('[ODR-15] the ledger has nothing that was refused among what was answered, and nobody was called', async () => {
  const report = (await admin(rig.gateway, 'GET', '/usage?by=model')) as Report
  // What no target could be asked for stands there as failed, at no cost.
  const answered = report.usage.reduce((sum, { requests, failed }) => sum + requests - failed, 0)
  assert.equal(answered, await rig.receivedCount())
  assert.equal(rig.canary.connections(), 0)
  assert.equal(({} as { isAdmin?: true }).isAdmin, undefined)
  isSound()
})

test('[ODR-15] [NEV-52] generated input over sockets', async (context) => {
  const seed = seedOfRun()
  context.diagnostic(`seed ${seed}: WASAT_SEED=${seed} runs the same again`)
  await spread(SAMPLES, { port: rig.context.port }, async (number, exchange) => {
    const { target } = number % 2 === 0 ? CHAT : GOOGLES_CHAT
    const answer = await exchange(request({ target, body: damagedOf(GOOD_CHATS, seed, number) }))
    const allowed = [200, 400, 403, 404]
    assert.ok(allowed.includes(answer.status), `seed ${seed}, sample ${number}: ${describe(answer)}`)
  })
  isSound()
})

function isSound(): void {
  const lines = rig.gateway.output().split('\n')
  assert.deepEqual(
    lines.filter((line) => /unhandled|uncaught|"status":500|"code":"internal"/i.test(line)),
    [],
  )
  assert.ok(rig.gateway.alive())
}
