/** What can be wrong with a configuration, and how it is told. */

export interface ConfigProblem {
  readonly message: string
  readonly line?: number
  readonly column?: number
  /** `server.port`, `upstreams.google.keys[0]`, `models["gemini-2.5-*"].targets` */
  readonly path?: string
  readonly suggestion?: string
}

/** Thrown with everything that was found at once, so that one run is enough to mend a file. */
export class ConfigError extends Error {
  readonly file: string | undefined
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[], file?: string) {
    const ordered = Object.freeze([...problems].sort(byPlace))
    super(render(ordered, file))
    this.name = 'ConfigError'
    this.file = file
    this.problems = ordered
  }
}

/** In the order of the file; flags and variables first. */
function byPlace(left: ConfigProblem, right: ConfigProblem): number {
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0)
}

function render(problems: readonly ConfigProblem[], file: string | undefined): string {
  return problems
    .map((problem) => {
      const place =
        problem.line === undefined ? '' : `${file ?? 'config'}:${problem.line}:${problem.column}: `
      return `${place}${problem.message}${problem.suggestion ? `\n    ${problem.suggestion}` : ''}`
    })
    .join('\n')
}

/** `['models', 'gemini-2.5-*', 'targets', 0]` → `models["gemini-2.5-*"].targets[0]` */
export function pathText(path: readonly (string | number)[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[A-Za-z0-9_-]+$/.test(step)) text += `[${JSON.stringify(step)}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}
