import type { Command } from 'commander'
import type { Flags, LoadedConfig } from '../config/load.ts'
import { addServerOptions, loadOptions } from './config-options.ts'
import { print, type Terminal } from './output.ts'

type Options = Flags & { readonly json?: boolean }

export function addConfigCommand(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('check, show and describe the configuration')
  addServerOptions(config.command('validate'))
    .description('check the configuration; problems are told with line and column')
    .option('--json', 'print JSON')
    .action((options: Options) => validate(options, terminal))
  addServerOptions(config.command('print'))
    .description('show every value in force and where it came from; secrets are masked')
    .option('--json', 'print JSON')
    .action((options: Options) => show(options, terminal))
  config
    .command('schema')
    .description('print the JSON Schema of the file, for editors')
    .option('--json', 'print JSON (it is JSON anyway)')
    .action(() => printSchema(terminal))
}

/** Loaded by the command that needs it: the schema library takes longer to start than everything else together. */
function loading() {
  return import('../config/load.ts')
}

async function printSchema(terminal: Terminal): Promise<void> {
  const { configJsonSchema } = await import('../config/json-schema.ts')
  terminal.stdout(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
}

async function validate(options: Options, terminal: Terminal): Promise<void> {
  const { loadConfig } = await loading()
  const { file, notices } = loadConfig(loadOptions(options, terminal))
  const result = { ok: true, file: file ?? null, notices }
  print(terminal, options.json === true, result, () => {
    const subject = file ? `${file} is valid` : 'no configuration file; the defaults are valid'
    return `${[subject, ...notices.map((notice) => `  ${notice}`)].join('\n')}\n`
  })
}

async function show(options: Options, terminal: Terminal): Promise<void> {
  const { loadConfig } = await loading()
  const { maskedConfig } = await import('../config/present.ts')
  const loaded = loadConfig(loadOptions(options, terminal))
  const config = maskedConfig(loaded)
  const result = { file: loaded.file ?? null, config, origins: Object.fromEntries(loaded.origins) }
  const text = options.json ? '' : await renderYaml(config, loaded)
  print(terminal, options.json === true, result, () => text)
}

/** The configuration as YAML; behind each value stands where it came from. */
async function renderYaml(config: Record<string, unknown>, { origins, file }: LoadedConfig): Promise<string> {
  const { Document, isCollection, isNode } = await import('yaml')
  const { visitLeaves } = await import('../config/present.ts')
  const document = new Document(config)
  if (file) document.commentBefore = ` ${file}`
  visitLeaves(config, (path, text) => {
    const node = document.getIn(path, true)
    if (!isNode(node)) return
    if (isCollection(node)) node.flow = true
    node.comment = ` ${origins.get(text) ?? 'default'}`
  })
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 })
}
