/** The reference page of the configuration, from the schema. */
import { describeShape } from './describe.ts'
import type { Shape } from './fields.ts'
import { configShape } from './schema.ts'

const INTRODUCTION = `# Configuration

Wasat reads \`wasat.yaml\` in the working directory, or the file that \`--config\` or \`WASAT_CONFIG\` names. Every key has a
default, so no file is needed. Flags win over environment variables, these over the file, and the file over the defaults;
\`wasat config print\` shows each value and where it came from.

| Flag | Variable | Key |
|---|---|---|
| \`--host\` | \`WASAT_HOST\` | \`server.host\` |
| \`--port\` | \`WASAT_PORT\` | \`server.port\` |
| \`--data\` | \`WASAT_DATA\` | \`data\` |
| \`--log-level\` | \`WASAT_LOG_LEVEL\` | \`log.level\` |
| \`--config\` | \`WASAT_CONFIG\` | |
| | \`WASAT_KEY\`, \`WASAT_ADMIN_KEY\` | the client key and the admin key, 16 to 512 printable ASCII characters |

In any value, \`\${NAME}\` is an environment variable, \`\${NAME:-default}\` one with a default, \`\${NAME:?message}\` one that must be
set, \`\${file:/run/secrets/name}\` the text of a file, and \`$$\` a dollar sign. Inside \`{ }\` and \`[ ]\` put them in quotes.
Durations are written \`250ms\`, \`30s\`, \`5m\`, \`2h\`; sizes \`512B\`, \`16KiB\`, \`20MiB\`, \`1GiB\`.

For completion in an editor: \`wasat config schema > wasat.schema.json\`, and as the first line of the file
\`# yaml-language-server: $schema=./wasat.schema.json\`.
`

interface Row {
  readonly key: string
  readonly shape: Shape
  readonly required: boolean
}

/** Markdown: one table for each section, with key, type, default and meaning. */
export function renderConfigReference(): string {
  const parts = [INTRODUCTION]
  const top = Object.entries(configShape.properties!)
  const leaves = top.filter(([, shape]) => isLeaf(shape))
  parts.push(renderTable('Top level', undefined, rowsOf(Object.fromEntries(leaves), [])))
  for (const [key, shape] of top) {
    if (shape.patternProperties) renderNames(key, shape, parts)
    else if (shape.properties) renderSection(key, shape, parts)
  }
  return `${parts.join('\n').trimEnd()}\n`
}

function renderSection(path: string, shape: Shape, parts: string[]): void {
  const properties = shape.properties!
  const leaves = Object.entries(properties).filter(([, child]) => isLeaf(child))
  parts.push(
    renderTable(`\`${path}\``, shape.description, rowsOf(Object.fromEntries(leaves), shape.required)),
  )
  for (const [key, child] of Object.entries(properties))
    if (!isLeaf(child)) renderSection(`${path}.${key}`, child, parts)
}

function renderNames(path: string, shape: Shape, parts: string[]): void {
  const [child] = Object.values(shape.patternProperties!)
  parts.push(`## \`${path}\`\n\n${shape.description}\n\nNames: ${shape['x-names']}.\n`)
  for (const variant of child!.anyOf ?? [child!]) {
    // A list of sections has the keys of the one.
    if (variant.items) continue
    const kind = variant.properties?.kind?.const
    renderSection(kind === undefined ? `${path}.<name>` : `${path}.<name> (kind: ${kind})`, variant, parts)
  }
}

function isLeaf(shape: Shape): boolean {
  return !shape.properties && !shape.patternProperties
}

function rowsOf(properties: Readonly<Record<string, Shape>>, required: readonly string[] = []): Row[] {
  return Object.entries(properties).map(([key, shape]) => ({ key, shape, required: required.includes(key) }))
}

function renderTable(title: string, description: string | undefined, rows: readonly Row[]): string {
  const head = `## ${title}\n${description ? `\n${description}\n` : ''}`
  if (rows.length === 0) return head
  const lines = rows.map(({ key, shape, required }) => {
    const cells = [`\`${key}\``, typeText(shape), defaultText(shape, required), shape.description ?? '']
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return `${head}\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

function typeText(shape: Shape): string {
  if (shape.items?.anyOf) return `a list: ${describeShape(shape.items)}`
  return shape.const === undefined ? describeShape(shape) : `\`${shape.const}\``
}

function defaultText(shape: Shape, required: boolean): string {
  if (shape.default === undefined) return required ? 'required' : 'none'
  return `\`${typeof shape.default === 'string' ? shape.default : JSON.stringify(shape.default)}\``
}
