/** The load generator: a child process with an IPC channel, which does one task after another. */
import { answerParent, tellParent } from '../ipc.ts'
import { ClosedLoopLoad } from './closed-loop.ts'
import { runOpenLoop } from './open-loop.ts'
import { StreamsLoad } from './streams.ts'
import type { LoadQuestion } from './tasks.ts'

let closedLoop: ClosedLoopLoad | undefined
let streams: StreamsLoad | undefined

function close(): void {
  closedLoop?.close()
  streams?.close()
  closedLoop = undefined
  streams = undefined
}

async function answer(question: LoadQuestion): Promise<unknown> {
  switch (question.kind) {
    case 'prepare':
      close()
      closedLoop = new ClosedLoopLoad(question, question.connections)
      return await closedLoop.run(question.warmUp)
    case 'run':
      return await closedLoop?.run(question.requests)
    case 'open':
      close()
      streams = new StreamsLoad()
      await streams.open(question, question.streams, question.spacingMs)
      return streams.count()
    case 'count':
      return streams?.count()
    case 'drain':
      return await streams?.drain()
    case 'rate':
      close()
      return await runOpenLoop(question, question.perSecond, question.seconds)
    case 'close':
      return close()
  }
}

answerParent(answer)
tellParent({})
