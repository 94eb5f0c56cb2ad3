/** Keeps what is generated from the code in step with it. With `--write` it writes the files anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { configJsonSchema } from '../src/config/json-schema.ts'
import { renderConfigReference } from '../src/config/reference.ts'
import { renderPricesReference } from '../src/prices/reference.ts'
import { renderTranslationReference } from '../test/translation/reference.ts'
import { type Problem, report } from './problem.ts'
import { PROJECT } from './project.ts'

export type Generated = Readonly<Record<string, () => string>>

/** Every generated file that the code and the golden cases alone decide, with what makes its text. */
export const GENERATED: Generated = {
  'docs/reference/config.md': renderConfigReference,
  'docs/reference/prices.md': renderPricesReference,
  'docs/reference/translation.md': renderTranslationReference,
  'docs/reference/wasat.schema.json': () => `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
}

/** The files below `root` that are not what they would be if they were made now. */
export function checkGenerated(root: string, generated: Generated): Problem[] {
  return Object.entries(generated).flatMap(([file, make]) => {
    const path = join(root, file)
    if (!existsSync(path))
      return [{ file, message: 'is missing: run node scripts/check-generated.ts --write' }]
    const there = readFileSync(path, 'utf8').replaceAll('\r\n', '\n').split('\n')
    const wanted = make().split('\n')
    const at = wanted.findIndex((line, index) => line !== there[index])
    if (at < 0 && there.length === wanted.length) return []
    const line = at < 0 ? wanted.length : at + 1
    return [
      { file, line, message: 'is out of step with the code: run node scripts/check-generated.ts --write' },
    ]
  })
}

/** Writes every file anew. */
export function writeGenerated(root: string, generated: Generated): void {
  for (const [file, make] of Object.entries(generated)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), make())
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { write: { type: 'boolean' } } })
  if (values.write) writeGenerated(PROJECT, GENERATED)
  const count = Object.keys(GENERATED).length
  report('generated files', checkGenerated(PROJECT, GENERATED), `${count} are in step with the code`)
}
