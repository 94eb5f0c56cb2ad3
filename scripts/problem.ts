/** What a check finds, and how every check ends. */

export interface Problem {
  /** Relative to the project, with forward slashes. */
  readonly file: string
  /** From 1; left out when the whole file is meant. */
  readonly line?: number
  readonly message: string
}

/** `src/a.ts:3: …` */
export function problemText({ file, line, message }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}`
}

/** Prints the problems or what was found in order, and sets the exit code. */
export function report(check: string, problems: readonly Problem[], summary: string): void {
  if (problems.length === 0) return console.log(`${check}: ${summary}`)
  for (const problem of problems) console.error(problemText(problem))
  console.error(`${check}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
  process.exitCode = 1
}
