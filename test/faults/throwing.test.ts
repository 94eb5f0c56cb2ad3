/** P09: whatever part of the line throws, the client gets a 500 without a word of it, the permit is settled, nothing hangs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGeminiDialect } from '../../src/dialects/gemini/dialect.ts'
import { handle, type Parts } from '../../src/gateway.ts'
import { createDrains } from '../../src/metering/drain.ts'
import { createFlights } from '../../src/metering/flights.ts'
import { createHeld } from '../../src/nouns/held.ts'
import {
  answerOf,
  bodyOf,
  CALLER,
  HandSource,
  recordedResponse,
  requestOf,
  targetOf,
  upstreamOf,
} from '../../src/nouns.fixture.ts'
import type { Permit, Settlement } from '../../src/nouns.ts'
import { createRecall } from '../../src/repeats/recall.ts'
import { ASK, UNARY } from '../gateway/rig.ts'

const BOOM = 'a secret place in the code'
const LIMITS = { depth: 100, nodes: 1_000, keysPerObject: 100 }
const TARGET = targetOf(upstreamOf('up'))

const boom = (): never => {
  throw new Error(BOOM)
}
/** Deeper than the stack, with a promise in each frame: what P11 calls an asynchronous context. */
const tooDeep = async (depth = 0): Promise<never> => tooDeep(depth + 1).then(() => boom())

interface Rig {
  readonly parts: Parts
  readonly settled: Settlement[]
}

function rig(replaced: (parts: Parts) => Partial<Parts>): Rig {
  const settled: Settlement[] = []
  const permit: Permit = {
    headers: {},
    settle: (settlement) => {
      settled.push(settlement)
      return { billedNanoUsd: 0, recorded: Promise.resolve() }
    },
  } as Permit
  const source = new HandSource()
  const start = source.start.bind(source)
  source.start = (sink) => {
    start(sink)
    sink.end({ bytes: Buffer.from('{}') })
  }
  const parts = {
    dialects: [createGeminiDialect(LIMITS)],
    authenticate: () => CALLER,
    recall: createRecall(),
    route: () => [TARGET],
    admit: async () => permit,
    dispatch: async () => ({
      answer: answerOf(source, {}, { delivery: 'unary' }),
      target: TARGET,
      attempts: 1,
      failedAttempts: [],
    }),
    catalog: { list: async () => [] },
    resources: {
      place: (call: unknown, _: unknown, targets: unknown) => ({ call, targets }),
      isCapability: () => false,
      answer: async () => 200,
    },
    drains: createDrains(),
    flights: createFlights(),
    held: createHeld(),
    observe: () => undefined,
  } as unknown as Parts
  return { parts: { ...parts, ...replaced(parts) }, settled }
}

const gemini = (own: object) => (parts: Parts) =>
  ({ dialects: [{ ...parts.dialects[0], ...own }] }) as unknown as Partial<Parts>
const resources = (own: object) => (parts: Parts) => ({ resources: { ...parts.resources, ...own } })

/** Where it throws, what is asked, and how often the permit is settled. */
const POINTS: readonly (readonly [
  string,
  (parts: Parts) => Partial<Parts>,
  path: string,
  settled: number,
])[] = [
  ['open', gemini({ open: boom }), UNARY, 0],
  ['isCapability', resources({ isCapability: boom }), '/v1beta/files', 0],
  ['authenticate', () => ({ authenticate: boom }), UNARY, 0],
  ['authenticate, deeper than the stack', () => ({ authenticate: () => tooDeep() }), UNARY, 0],
  ['decode', gemini({ decode: boom }), UNARY, 0],
  ['route', () => ({ route: boom }), UNARY, 0],
  ['place', resources({ place: boom }), UNARY, 0],
  ['admit', () => ({ admit: boom }), UNARY, 0],
  ['dispatch, at once', () => ({ dispatch: boom }), UNARY, 1],
  ['dispatch, later', () => ({ dispatch: async () => boom() }), UNARY, 1],
  ['encode', gemini({ encode: boom }), UNARY, 1],
  ['catalog', () => ({ catalog: { list: boom } }), '/v1beta/models', 0],
  ['resources', resources({ answer: boom }), '/v1beta/files', 0],
]

for (const [point, replaced, path, count] of POINTS) {
  test(`[NEV-62] P09 ${point === 'authenticate, deeper than the stack' ? 'P11 ' : ''}a throw in ${point} is a 500 that says nothing, and nothing hangs`, async () => {
    const { parts, settled } = rig(replaced)
    const response = recordedResponse()
    const method = path === UNARY ? 'POST' : 'GET'
    await handle(requestOf(path, { method, ...bodyOf(ASK) }), response, parts)
    assert.equal(response.status, 500)
    assert.equal(JSON.parse(response.text).error.status, 'INTERNAL')
    assert.ok(!response.text.includes(BOOM) && !/\n +at /.test(response.text))
    assert.equal(settled.length, count)
    await parts.flights.landed()
    assert.equal(parts.flights.size, 0)
  })
}

test('[NEV-62] P09 a throw while the answer is begun settles the permit', async () => {
  const { parts, settled } = rig((own) => ({
    dispatch: async (...words) => {
      const dispatched = await own.dispatch(...words)
      return {
        ...dispatched,
        get target() {
          return boom()
        },
      } as never
    },
  }))
  const response = recordedResponse()
  await handle(requestOf(UNARY, bodyOf(ASK)), response, parts)
  assert.equal(response.status, 500)
  assert.deepEqual([settled.length, parts.flights.size], [1, 0])
})
