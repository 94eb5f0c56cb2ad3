/** A fixed rate: the next request goes out when it is due, whether the last one was answered or not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../statistics.ts'
import { Connection } from './connection.ts'
import type { OpenLoop, Target } from './tasks.ts'

/** At a modest rate a handful is enough; more open only when answers are late. */
const CONNECTIONS_FIRST = 8
const CONNECTIONS_MAX = 512
/** The first answers open connections and are left out. */
const WARM_UP_SHARE = 0.1
const LAST_ANSWER_WAIT_MS = 5_000

export async function runOpenLoop(target: Target, perSecond: number, seconds: number): Promise<OpenLoop> {
  const latenciesMs: number[] = []
  const idle: Connection[] = []
  let opened = 0
  let failures = 0
  let underWay = 0
  const events = {
    onAnswer(connection: Connection, status: number) {
      underWay -= 1
      latenciesMs.push(performance.now() - connection.sentAtMs)
      if (status !== 200) failures += 1
      idle.push(connection)
    },
    onBroken() {
      underWay -= 1
      failures += 1
    },
  }
  const options = { port: target.port, request: Buffer.from(target.request), countsEvents: false, events }
  const all: Connection[] = []
  const openConnection = () => {
    opened += 1
    const connection = new Connection(options)
    all.push(connection)
    return connection
  }
  const takeConnection = () => {
    let connection = idle.shift()
    while (connection?.closed) connection = idle.shift()
    return connection ?? (opened < CONNECTIONS_MAX ? openConnection() : undefined)
  }
  const sendOne = () => {
    const connection = takeConnection()
    if (connection === undefined) {
      failures += 1
      return
    }
    underWay += 1
    connection.send()
  }
  for (let index = 0; index < CONNECTIONS_FIRST; index += 1) idle.push(openConnection())
  await keepRate(perSecond, seconds, sendOne)
  const limitMs = performance.now() + LAST_ANSWER_WAIT_MS
  while (underWay > 0 && performance.now() < limitMs) await sleep(5)
  failures += underWay
  for (const connection of all) connection.destroy()
  const counted = latenciesMs.slice(Math.floor(latenciesMs.length * WARM_UP_SHARE))
  return {
    answers: latenciesMs.length,
    failures,
    p50Ms: quantile(counted, 0.5),
    p99Ms: quantile(counted, 0.99),
  }
}

async function keepRate(perSecond: number, seconds: number, sendOne: () => void): Promise<void> {
  const startedAtMs = performance.now()
  const total = Math.round(perSecond * seconds)
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAtMs) * perSecond) / 1000) + 1)
    for (; sent < due; sent += 1) sendOne()
    await sleep(1)
  }
}
