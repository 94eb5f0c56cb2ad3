/** Measures from outside how long a gateway's event loop stands still, whoever else wants the machine's cores. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface Probe {
  /** Runs `action` and tells the longest time that /livez took meanwhile, without waits for a core where Linux tells. */
  during(action: () => Promise<void>): Promise<number>
  close(): Promise<void>
}

export function startProbe({ port, pid }: { readonly port: number; readonly pid: number }): Probe {
  const worker = new Worker(new URL('./probe-worker.ts', import.meta.url), { workerData: { port, pid } })
  return {
    async during(action) {
      worker.postMessage('reset')
      await action()
      const answered = once(worker, 'message')
      worker.postMessage('longest')
      const [longestMs] = (await answered) as [number]
      return longestMs
    },
    async close() {
      const ended = once(worker, 'exit')
      worker.postMessage('stop')
      await ended
    },
  }
}
