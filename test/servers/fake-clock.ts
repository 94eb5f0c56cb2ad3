/** A clock of a process's own, by libfaketime (`apt-get install faketime`). */
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path))

export const HAS_FAKETIME = FAKETIME !== undefined
/** For the `skip` of a test. In CI it is always false, and what is missing is a failure. */
export const FAKETIME_SKIP =
  !HAS_FAKETIME && !process.env.CI && 'libfaketime is missing, run: apt-get install faketime'

export interface FakeClock {
  /** What a process needs to live by it. */
  readonly env: Readonly<Record<string, string>>
  /** As libfaketime writes it: `+3600`, or `@2026-11-30 23:59:59`. */
  set(time: string): void
  remove(): void
}

export function makeFakeClock(): FakeClock {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-clock-'))
  const path = join(folder, 'time')
  const set = (time: string) => {
    writeFileSync(`${path}.new`, `${time}\n`)
    renameSync(`${path}.new`, path)
  }
  set('+0')
  return {
    set,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    env: {
      TZ: 'UTC',
      LD_PRELOAD: FAKETIME ?? '',
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: '1',
      // As on a real machine: a step of the clock is none of the monotonic one.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  }
}
