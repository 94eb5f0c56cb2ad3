/** Proves that nothing of a developer's machine is in the project: no path of a home or scratch folder, no package mirror. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Problem, report } from './problem.ts'
import { PROJECT, projectFiles } from './project.ts'

// Put together here, so that this file does not hold what it looks for.
const FOLDERS = ['home', 'root', 'work', 'Users', 'tmp'].join('|')
const HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
  ['crates', 'io'],
].map((labels) => labels.join('\\.'))

/** A folder at the root of a disk: not behind a name, a dot or another slash, as in a URL's path. */
const MACHINE_PATH = new RegExp(
  `(?:(?<=file://)|(?<![\\w.~/}*)-]))/(?:${FOLDERS})/[\\w.@-]*|[A-Z]:\\\\+(?:Users)\\\\`,
)
const REGISTRY = new RegExp(`(?:${HOSTS.join('|')})`, 'i')
const RESOLVED = new RegExp(`"resolved"\\s*:\\s*"${'http'}`)

/** Every place in these files that only means something on one machine. */
export function checkMachinePaths(root: string, files: readonly string[]): Problem[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'latin1')
    if (text.includes('\0')) return []
    return text.split('\n').flatMap((line, index) => lineProblems(file, line, index + 1))
  })
}

function lineProblems(file: string, text: string, line: number): Problem[] {
  const path = MACHINE_PATH.exec(text)?.[0]
  const host = REGISTRY.exec(text)?.[0]
  const messages = [
    path && `'${path}' is a path of one machine, and there is no such folder on another`,
    host && `'${host}' is a package registry, and which one is used is for each machine to say`,
    RESOLVED.test(text) &&
      'a lockfile without download addresses works behind every mirror (npm install rewrites it)',
  ]
  return messages.filter((message) => typeof message === 'string').map((message) => ({ file, line, message }))
}

if (import.meta.main) {
  const files = projectFiles()
  report('machine paths', checkMachinePaths(PROJECT, files), `${files.length} files are free of them`)
}
