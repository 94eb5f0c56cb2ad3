/** Rows of the catalogue that are about many requests: idle sockets, a limit for all, an outage, one that comes and goes. */
import assert from 'node:assert/strict'
import { cellOf, good, JSON_TYPE, message } from '../../src/cli/faults/bytes.ts'
import type { Line, Play } from '../../src/cli/faults/upstream.ts'
import { FAULT_WIRES, type FaultWire } from '../../src/cli/faults/wires.ts'
import type { Gateway, Received } from '../gateway/rig.ts'
import type { Rig, RigOptions } from './rig.ts'

export interface LoadScene {
  /** With the catalogue's id. */
  readonly name: string
  /** The upstream's; its model is `<lane>.all`. */
  readonly lane: string
  readonly wire: FaultWire
  readonly hasSecond?: boolean
  readonly play: Play
  readonly run: (seen: Seen) => Promise<void>
}

export interface Seen {
  ask(): Promise<Received>
  /** Requests that reached the upstream. */
  requests(): number
}

const REUSES = 8
const IDLE_CLOSES = 40
const CROWD = 100
const OUTAGE_REQUESTS = 40
/** The breaker's own five, and what was on its way or retried when it opened. */
const OUTAGE_REACHED_MAX = 12
const FAST_MS = 50
const FLAP_MS = 300
const FLAPPING_MS = 1_800
const FLAP_PAUSE_MS = 15

const goodOf = (wire: FaultWire) => good(cellOf(wire, 'unary'))
const refusing = (status: number) => {
  const { words } = cellOf('gemini', 'unary')
  return message(status, words.error(status, 'no'), [JSON_TYPE])
}

/** An answer for the first request of each connection only. */
const closesReused = (wire: FaultWire) => (line: Line) =>
  line.requestsOnSocket === 1 ? line.write(goodOf(wire)) : line.fin()

const closesIdle = (wire: FaultWire) => async (line: Line) => {
  await line.write(goodOf(wire))
  await line.wait(line.attempt % 4)
  line.fin()
}

async function allServed({ ask }: Seen, times: number): Promise<void> {
  for (let asked = 1; asked <= times; asked++) {
    const { status, text } = await ask()
    assert.equal(status, 200, `request ${asked}: ${text}`)
  }
}

const sockets = FAULT_WIRES.flatMap((wire): LoadScene[] => [
  {
    name: `U07 ${wire}: a kept-alive socket that closes on its second request costs nobody an error`,
    lane: `${wire}-reused`,
    wire,
    play: closesReused(wire),
    run: (seen) => allServed(seen, REUSES),
  },
  {
    name: `U44 ${wire}: an upstream that closes idle sockets at once costs nobody an error`,
    lane: `${wire}-idle`,
    wire,
    play: closesIdle(wire),
    run: (seen) => allServed(seen, IDLE_CLOSES),
  },
])

export const SCENES: readonly LoadScene[] = [
  ...sockets,
  {
    name: 'U22 a limit without a hint is not multiplied by a crowd',
    lane: 'gemini-unhinted',
    wire: 'gemini',
    play: (line) => line.write(refusing(429)),
    run: async ({ ask, requests }) => {
      const answers = await Promise.all(Array.from({ length: CROWD }, ask))
      for (const { status } of answers) assert.equal(status, 429)
      assert.ok(requests() <= CROWD * 1.2, `${requests()} requests for ${CROWD}`)
    },
  },
  {
    name: 'U23 an outage opens the breaker, and then it is told at once and when to come back',
    lane: 'gemini-outage',
    wire: 'gemini',
    play: (line) => line.write(refusing(503)),
    run: async ({ ask, requests }) => {
      let fastestMs = Number.POSITIVE_INFINITY
      let fastest: Received | undefined
      for (let asked = 0; asked < OUTAGE_REQUESTS; asked++) {
        const sentAtMs = performance.now()
        const told = await ask()
        assert.equal(told.status, 503)
        const tookMs = performance.now() - sentAtMs
        // Once a second somebody is let through to look.
        if (tookMs < fastestMs) [fastestMs, fastest] = [tookMs, told]
      }
      assert.ok(requests() <= OUTAGE_REACHED_MAX, `${requests()} requests reached it`)
      assert.match(String(fastest?.headers['retry-after']), /^[1-9]\d*$/)
      assert.ok(fastestMs < FAST_MS, `${fastestMs.toFixed(0)} ms`)
    },
  },
  {
    name: 'U24 one that comes and goes is covered by the second',
    lane: 'gemini-flapping',
    wire: 'gemini',
    hasSecond: true,
    play: (line) => {
      const isGood = Math.floor(performance.now() / FLAP_MS) % 2 === 0
      return line.write(isGood ? goodOf('gemini') : refusing(503))
    },
    run: async ({ ask }) => {
      const endsAtMs = performance.now() + FLAPPING_MS
      while (performance.now() < endsAtMs) {
        const { status, text } = await ask()
        assert.equal(status, 200, text)
        await new Promise((resolve) => setTimeout(resolve, FLAP_PAUSE_MS))
      }
    },
  },
]

const modelOf = ({ lane }: LoadScene) => `${lane}.all`

/** What the rig has to know of them. */
export const SCENE_OPTIONS: Pick<RigOptions, 'plays' | 'lanes'> = {
  plays: new Map(SCENES.map((scene) => [modelOf(scene), scene.play])),
  lanes: SCENES.map(({ lane, wire, hasSecond = false }) => ({ name: lane, wire, hasSecond })),
}

/** All beside each other; what went wrong, by scene. */
export async function playScenes({ gateway, upstreams }: Rig): Promise<ReadonlyMap<LoadScene, unknown>> {
  const failures = new Map<LoadScene, unknown>()
  const play = async (scene: LoadScene) => {
    try {
      await scene.run(seenIn(scene, gateway, () => upstreams[scene.wire].count(modelOf(scene))))
    } catch (error) {
      failures.set(scene, error)
    }
  }
  await Promise.all(SCENES.map(play))
  return failures
}

function seenIn(scene: LoadScene, gateway: Gateway, requests: () => number): Seen {
  return { ask: () => gateway.ask(`/v1beta/models/${modelOf(scene)}:generateContent`), requests }
}
