/** Questions and answers between the benchmark and its own child processes. */
import { type ChildProcess, fork } from 'node:child_process'
import { registerChild } from './children.ts'

/** No question of the benchmark takes longer; a child that hangs must not hang the run. */
const ANSWER_TIMEOUT_MS = 90_000

interface Question {
  readonly id: number
  readonly question: unknown
}
interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** A child process of ours that answers questions. */
export interface SideProcess<Q> {
  readonly pid: number
  ask<T>(question: Q): Promise<T>
}

/** Starts a module of the benchmark; resolves with the first thing that it tells. */
export async function startSideProcess<Q, T>(module: URL): Promise<readonly [SideProcess<Q>, T]> {
  const child = fork(module, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
  registerChild(child)
  const first = await new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) =>
      reject(new Error(`${module.pathname} ended with ${code} before it was ready`)),
    )
  })
  return [asking<Q>(child), first]
}

function asking<Q>(child: ChildProcess): SideProcess<Q> {
  let lastId = 0
  const ask = <T>(question: Q) =>
    new Promise<T>((resolve, reject) => {
      const id = ++lastId
      const finish = (act: () => void) => {
        clearTimeout(timer)
        child.off('message', onMessage)
        child.off('exit', onExit)
        act()
      }
      const onMessage = (message: unknown) => {
        const reply = message as Reply
        if (reply.id !== id) return
        finish(() => (reply.error === undefined ? resolve(reply.value as T) : reject(new Error(reply.error))))
      }
      const onExit = () => finish(() => reject(new Error('A process of the benchmark ended unexpectedly')))
      const onTimeout = () => finish(() => reject(new Error('A process of the benchmark did not answer')))
      const timer = setTimeout(onTimeout, ANSWER_TIMEOUT_MS)
      child.on('message', onMessage)
      child.once('exit', onExit)
      child.send({ id, question } satisfies Question)
    })
  return { pid: child.pid ?? 0, ask }
}

/** In the child: says the first thing. */
export function tellParent(value: unknown): void {
  process.send?.(value)
  // The parent is gone, for whatever reason: nothing may be left behind.
  process.once('disconnect', () => process.exit(0))
}

/** In the child: answers each question. */
export function answerParent<Q>(answer: (question: Q) => Promise<unknown>): void {
  process.on('message', async (message: Question) => {
    try {
      process.send?.({ id: message.id, value: await answer(message.question as Q) } satisfies Reply)
    } catch (error) {
      process.send?.({ id: message.id, error: String(error) } satisfies Reply)
    }
  })
}
