/** What every measure works with. */
import type { SideProcess } from '../ipc.ts'
import type { LoadQuestion } from '../load/tasks.ts'
import type { MockRequest } from '../mock/main.ts'
import type { Plan } from '../plan.ts'
import type { Running, Subject } from '../subjects/subject.ts'

export interface Bench {
  readonly plan: Plan
  readonly mockPort: number
  readonly mock: SideProcess<MockRequest>
  readonly load: SideProcess<LoadQuestion>
  /** An empty folder for one start of a subject. */
  newFolder(label: string): string
}

export interface Started {
  readonly subject: Subject
  readonly running: Running
}

/** What one measure found, by figure; units are in the names of the figures. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>

export type FigureName =
  | 'unaryCpuMicros'
  | 'unaryPerSecond'
  | 'unaryMockBusyShare'
  | 'burstCpuMicros'
  | 'burstPerSecond'
  | 'burstMockBusyShare'
  | 'dripCpuMicrosPerEvent'
  | 'streamKib'
  | 'idleMib'
  | 'latencyP50Ms'
  | 'latencyP99Ms'
  | 'readyMs'
  | 'sandboxUnaryCpuMicros'
  | 'sandboxEventCpuMicros'
  | 'sandboxMib'
  | 'sandboxCodeMs'
