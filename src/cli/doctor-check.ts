/** What one check of `wasat doctor` found. */
export type CheckState = 'ok' | 'warn' | 'fail'

export interface DoctorCheck {
  readonly name: string
  readonly state: CheckState
  readonly detail: string
  /** What to do about it; only when it is not `ok`. */
  readonly next?: string
}
