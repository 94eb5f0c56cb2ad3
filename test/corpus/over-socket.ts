/** Generated input and the parsing corpus over real sockets: what the client gets, and how long others waited meanwhile. */
import assert from 'node:assert/strict'
import { GENERATE, request, SANDBOX } from './case.ts'
import { spread } from './dynamic.ts'
import { type Sample, sampleOf } from './generate.ts'
import { DECIDED, REFUSED_TEXTS, TAKEN } from './json-cases.ts'
import type { MeaningRig } from './meaning-rig.ts'
import { openingOf, read } from './reading.ts'
import { describe } from './run.ts'
import type { RawAnswer } from './socket.ts'

const SAMPLES = 500
/** What the catalogue allows, and what a busy two-core machine adds to it by taking the processor away. */
const LOOP_BLOCK_MAX_MS = 50
const SCHEDULING_SLACK_MS = 30
/** A neighbour that takes the processor away blocks once; what blocks by itself blocks each time. */
const TRIES = 3

/** Runs until the longest block of the gateway's event loop was short enough; fails when it never was. */
export async function unblocked(rig: MeaningRig, work: () => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    await longestBlockMs(rig)
    await work()
    const blockMs = await longestBlockMs(rig)
    if (blockMs <= LOOP_BLOCK_MAX_MS + SCHEDULING_SLACK_MS) return blockMs
    assert.ok(
      attempt < TRIES,
      `the event loop stood still for ${blockMs.toFixed(0)} ms, and each time before`,
    )
  }
}

/** Since it was last asked for. */
async function longestBlockMs({ gateway }: MeaningRig): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_max_seconds(?:\{.*\})? (\S+)$/m.exec(text)?.[1]) * 1_000
}

/** What is no JSON of ours goes to the native upstream, which must not hear of it; the rest to the sandbox. */
export async function sendGenerated(rig: MeaningRig, seed: number): Promise<void> {
  const since = await rig.receivedCount()
  await spread(SAMPLES, { port: rig.context.port }, async (number, exchange) => {
    const sample = sampleOf(seed, number)
    const isRefused = read(sample.body, openingOf(sample.verb)) !== undefined
    const answer = await exchange(request({ target: targetOf(sample, isRefused), body: sample.body }))
    const allowed = isRefused ? [400] : [200, 400, 403, 404]
    assert.ok(allowed.includes(answer.status), `seed ${seed}, sample ${number}: ${describe(answer)}`)
    if (answer.status !== 200) isGoogleError(answer)
  })
  assert.equal(await rig.receivedCount(), since, `seed ${seed}: something reached the upstream`)
}

function targetOf({ verb }: Sample, isRefused: boolean): string {
  if (isRefused) return GENERATE.replace('generateContent', verb)
  return verb.includes('mbed') ? `/v1beta/models/embedder:${verb}` : SANDBOX.replace('generateContent', verb)
}

function isGoogleError(answer: RawAnswer): void {
  const { error } = JSON.parse(answer.body.toString())
  assert.equal(error.code, answer.status)
  assert.equal(typeof error.message, 'string')
}

/** One of so many goes over a socket. */
const SAMPLED = 4

/** As a member of a request that is good without it. */
const within = (text: string) =>
  request({ body: Buffer.from(`{"x":${text},"contents":[{"parts":[{"text":"a"}]}]}`, 'latin1') })

export async function sendParsingCorpus(rig: MeaningRig): Promise<void> {
  const sampled = (texts: Readonly<Record<string, readonly string[]>>) =>
    Object.values(texts)
      .flat()
      .filter((_, index) => index % SAMPLED === 0)
  const wanted = [
    ...[TAKEN, DECIDED.taken].flatMap(sampled).map((text) => [text, 200] as const),
    ...[REFUSED_TEXTS, DECIDED.refused].flatMap(sampled).map((text) => [text, 400] as const),
  ].filter(([text]) => !text.startsWith('\xef\xbb\xbf'))
  const since = await rig.receivedCount()
  await spread(wanted.length, { port: rig.context.port }, async (number, exchange) => {
    const [text, status] = wanted[number]!
    const answer = await exchange(within(text))
    assert.equal(answer.status, status, `${JSON.stringify(text.slice(0, 80))}: ${describe(answer)}`)
    if (status === 400) assert.match(answer.body.toString(), /Invalid JSON payload received\./)
  })
  const taken = wanted.filter(([, status]) => status === 200).length
  assert.equal((await rig.receivedCount()) - since, taken)
}
