/**
 * Emits JavaScript to `dist/` for the npm package, because Node strips no types inside `node_modules`.
 * Beside it go the files that the program reads at run time.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PROJECT } from './project.ts'

const DIST = join(PROJECT, 'dist')
/** Whatever else than TypeScript lies below `src/` and is read by the program. */
const ASSETS = [
  'src/**/*.sql',
  'src/upstreams/sandbox/grounding/corpus/**/*.md',
  'src/upstreams/sandbox/grounding/places/*.json',
]
const ENTRY = 'src/cli/program.js'

rmSync(DIST, { recursive: true, force: true })
const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc')
execFileSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], { cwd: PROJECT, stdio: 'inherit' })
for (const asset of ASSETS.flatMap((pattern) => globSync(pattern, { cwd: PROJECT }))) {
  mkdirSync(dirname(join(DIST, asset)), { recursive: true })
  cpSync(join(PROJECT, asset), join(DIST, asset))
}
trimPackageFile()
if (!existsSync(join(DIST, ENTRY))) throw new Error(`the build made no ${ENTRY}`)
console.log('dist/ is built')

/** The version is read from it; anything more would make a second package of `dist/`. */
function trimPackageFile(): void {
  const { name, version, type } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  writeFileSync(join(DIST, 'package.json'), `${JSON.stringify({ name, version, type, private: true })}\n`)
}
