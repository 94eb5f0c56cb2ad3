/** The parts of the money path, and how they are asked and told. */

/** How many requests ask in one turn of the event loop, and so share one commit. */
export const TURN_SIZES = [1, 8, 32] as const
export type TurnSize = (typeof TURN_SIZES)[number]

/** Processor time of one request. */
export type CpuPart = 'price' | 'limits' | 'reserve' | 'reserveBudgets' | 'settle' | 'settleBudgets'
/** Of one commit: its processor time, and how long it holds the event loop. */
export type CommitPart = 'commitCpu' | 'commitP50' | 'commitP99'

export type PartFigure = `${CpuPart | CommitPart}MicrosAt${TurnSize}`
export type PartFigures = Readonly<Partial<Record<PartFigure, number>>>

export interface PartsQuestion {
  /** Empty, on the disk that is measured. */
  readonly folder: string
  /** Each figure is the median of so many. */
  readonly repetitions: number
}
