/** Proves the shape of `src/`: who imports whom, and what is written only where it belongs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isTest, placeOf, refusal } from './import-rules.ts'
import { importsOf, resolveImport } from './imports.ts'
import { lex, type Token } from './lex.ts'
import { type Problem, report } from './problem.ts'
import { PROJECT, typescriptFiles } from './project.ts'
import { socketProblems } from './socket-rules.ts'

/** `gemini` is not one of them: it is the language that Wasat speaks. */
const PROVIDERS = ['anthropic', 'openai', 'cometapi', 'vertex']

const PROVIDER_NAMES_ALLOWED = [
  'src/config/detect.ts',
  'src/config/upstreams-schema.ts',
  'src/main.ts',
  'src/nouns.ts',
  // Plays every provider, so that operators can see theirs fail.
  'src/cli/faults/wires.ts',
  // A browser's client sends headers with its maker's name.
  'src/edge/cors.ts',
  // The host that Google's own grounding links lead to has a provider's name in it.
  'src/upstreams/sandbox/grounding/search.ts',
]

/** Forms of requests and answers, which are nobody's own any more. */
const WIRES: ReadonlySet<string> = new Set(
  ['chat', 'responses', 'embeddings', 'images'].map((endpoint) => `openai-${endpoint}`),
)

interface SourceFile {
  readonly file: string
  readonly tokens: readonly Token[]
}

/** Every breach of the rules below `root`'s `src/`. */
export function checkImports(root: string): Problem[] {
  const files = typescriptFiles(root, 'src').map((file) => ({
    file,
    tokens: lex(readFileSync(join(root, file), 'utf8')),
  }))
  const problems = files.flatMap((source) => [
    ...placeProblems(source),
    ...importProblems(root, source),
    ...exportProblems(source),
    ...nameProblems(source),
    ...socketProblems(source.file, source.tokens).map((problem) => ({ file: source.file, ...problem })),
  ])
  return [...problems, ...cycleProblems(files)]
}

function placeProblems({ file }: SourceFile): Problem[] {
  if (/(?:^|\/)index\.ts$/.test(file)) {
    return [
      { file, message: 'no index.ts, because a barrel hides what a file needs: import the file itself' },
    ]
  }
  if (isTest(file) || placeOf(file) !== undefined) return []
  return [{ file, message: 'this file has no place in the design: src/ holds the rooms and nothing else' }]
}

function importProblems(root: string, { file, tokens }: SourceFile): Problem[] {
  return importsOf(tokens).flatMap(({ specifier, line, isBarrel }) => {
    const problem = (message: string): Problem[] => [{ file, line, message }]
    if (specifier === undefined) {
      return isTest(file)
        ? []
        : problem('import(…) needs a plain string here, because nobody can check another')
    }
    const target = resolveImport(file, specifier)
    if (isBarrel && target !== undefined) {
      return problem(`no export * from '${specifier}', because a barrel hides where a thing lives`)
    }
    if (target === undefined) return []
    if (!existsSync(join(root, target))) return problem(`'${specifier}' is not there`)
    const reason = refusal(file, target)
    return reason === undefined ? [] : problem(`must not import '${specifier}', because ${reason}`)
  })
}

function exportProblems({ file, tokens }: SourceFile): Problem[] {
  return tokens.flatMap((token, index) => {
    const isDefault =
      token.kind === 'name' && token.text === 'export' && tokens[index + 1]?.text === 'default'
    if (!isDefault) return []
    return [
      { file, line: token.line, message: 'no default export, because its name could differ at each import' },
    ]
  })
}

function nameProblems({ file, tokens }: SourceFile): Problem[] {
  if (isTest(file)) return []
  return tokens.flatMap((token, index) =>
    [globalProblem(file, tokens, index), providerProblem(file, token)]
      .filter((message) => message !== undefined)
      .map((message) => ({ file, line: token.line, message })),
  )
}

const within = (file: string, folders: readonly string[]) =>
  folders.some((folder) => file.startsWith(`src/${folder}/`))

function globalProblem(file: string, tokens: readonly Token[], index: number): string | undefined {
  const [token, dot, member] = tokens.slice(index, index + 3)
  if (token?.kind !== 'name' || dot?.text !== '.' || tokens[index - 1]?.text === '.') return undefined
  if (token.text === 'process' && member?.text === 'env' && !within(file, ['config', 'cli'])) {
    return 'process.env is read in config/ and cli/ only, because every setting has to show up in `wasat config print`'
  }
  if (token.text === 'console' && !within(file, ['cli', 'observe'])) {
    return 'console is for cli/ and observe/ only, because every other line would go around the redaction'
  }
  return undefined
}

function providerProblem(file: string, token: Token): string | undefined {
  if ((token.kind !== 'name' && token.kind !== 'string') || PROVIDER_NAMES_ALLOWED.includes(file))
    return undefined
  if (WIRES.has(token.text.replaceAll(/['"`]/g, ''))) return undefined
  const text = token.text.toLowerCase()
  const found = PROVIDERS.find(
    (provider) => text.includes(provider) && !within(file, [`upstreams/${provider}`, `dialects/${provider}`]),
  )
  if (found === undefined) return undefined
  return `'${found}' must not be named here, because a provider lives in its own folder and in one line of main.ts`
}

/** Each circle once, told at the first of its files by name. */
function cycleProblems(files: readonly SourceFile[]): Problem[] {
  const edges = new Map(files.map((source) => [source.file, edgesOf(source)]))
  const problems: Problem[] = []
  const done = new Set<string>()
  function visit(file: string, path: readonly string[]): void {
    const at = path.indexOf(file)
    if (at >= 0) return void problems.push(cycleProblem(path.slice(at), edges))
    if (done.has(file)) return
    for (const next of edges.get(file)?.keys() ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return problems
}

function edgesOf({ file, tokens }: SourceFile): Map<string, number> {
  const targets = importsOf(tokens).flatMap(({ specifier, line }) => {
    const target = specifier === undefined ? undefined : resolveImport(file, specifier)
    return target === undefined ? [] : [[target, line] as const]
  })
  return new Map(targets.reverse())
}

function cycleProblem(circle: readonly string[], edges: ReadonlyMap<string, Map<string, number>>): Problem {
  const start = circle.indexOf([...circle].sort()[0] as string)
  const turned = [...circle.slice(start), ...circle.slice(0, start)]
  const file = turned[0] as string
  const line = edges.get(file)?.get(turned[1] ?? file) ?? 1
  const way = [...turned, file].join(' → ')
  return { file, line, message: `${way} is a circle, because none of these can be read or tested alone` }
}

if (import.meta.main) {
  const problems = checkImports(PROJECT)
  report('imports', problems, `${typescriptFiles(PROJECT, 'src').length} files keep the rules`)
}
