/** What every measure works with. */

import type { NewFolder } from '../folders.ts'
import type { SideProcess } from '../ipc.ts'
import type { LoadQuestion } from '../load/tasks.ts'
import type { MockRequest } from '../mock/main.ts'
import type { PartFigure } from '../parts/names.ts'
import type { Plan } from '../plan.ts'
import type { Running, Subject } from '../subjects/subject.ts'

export interface Bench {
  readonly plan: Plan
  readonly mockPort: number
  readonly mock: SideProcess<MockRequest>
  readonly load: SideProcess<LoadQuestion>
  /** Makes an empty folder for one start of a subject. */
  readonly newFolder: NewFolder
  /** The same on a file system in memory, where there is one. */
  readonly newMemoryFolder: NewFolder | undefined
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
  | 'moneyCpuMicros'
  | 'moneyP50Ms'
  | 'moneyP99Ms'
  | PartFigure
