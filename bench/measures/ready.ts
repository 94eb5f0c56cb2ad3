/** From spawn until `/readyz` answers 200, with an empty data folder. */
import type { Subject } from '../subjects/subject.ts'
import type { Bench, Figures } from './bench.ts'

const STOP_PATIENCE_MS = 300

export async function measureReady(bench: Bench, subject: Subject): Promise<Figures> {
  const running = await subject.start({
    mockPort: bench.mockPort,
    folder: bench.newFolder(`${subject.name}-ready`),
  })
  // It holds nothing that is worth the wait.
  await running.stop(STOP_PATIENCE_MS)
  return { readyMs: running.readyMs }
}
