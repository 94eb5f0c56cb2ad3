/** Who may open connections: one function does, so that each address is judged when it is dialled. */
import { isTest } from './import-rules.ts'
import type { Token } from './lex.ts'

/** What opens sockets, and of each module the names that do not. Types never do. */
const SOCKET_MODULES: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['BlockList', 'createServer', 'isIP', 'isIPv4', 'isIPv6'],
  'node:http': ['createServer', 'STATUS_CODES'],
  'node:https': [],
  'node:http2': [],
  'node:tls': [],
  'node:dgram': [],
  undici: [],
  pg: [],
  iovalkey: [],
  'google-auth-library': [],
}

/** By the beginning of the path: which modules, and why they may. */
const OPENERS: readonly (readonly [path: string, modules: readonly string[], reason: string])[] = [
  ['src/upstreams/http/egress.ts', ['undici'], 'it is the one function'],
  ['src/upstreams/http/pool.ts', ['undici'], 'its pools connect by the egress'],
  ['src/upstreams/http/egress-fetch.ts', ['undici'], 'its agent connects by the egress'],
  [
    'src/upstreams/vertex/google-auth.ts',
    ['google-auth-library'],
    'the library is given a fetch of the egress',
  ],
  ['src/stores/postgres/', ['pg'], 'the operator’s own database, which speaks no HTTP'],
  ['src/stores/redis/', ['iovalkey'], 'the operator’s own counters, which speak no HTTP'],
  ['src/cli/admin-client.ts', ['node:http', 'node:https'], 'a command that asks the operator’s own gateway'],
  ['src/cli/doctor-network.ts', ['node:http'], 'a command that asks the gateway on this machine'],
  ['src/cli/faults/ask.ts', ['node:http'], 'a client of the stand-in that the same command started'],
  ['src/cli/local-ollama.ts', ['node:http'], 'one fixed address of this machine, before the start'],
  ['src/upstreams/sandbox/code/launch.ts', ['node:net'], 'a pipe to a child is of that class'],
  ['src/upstreams/sandbox/code/child/probe.ts', ['node:net', 'node:dgram'], 'it tries its walls, in a child'],
]

const GLOBALS: ReadonlySet<string> = new Set(['fetch', 'WebSocket', 'EventSource'])

export interface SocketProblem {
  readonly line: number
  readonly message: string
}

/** Every way of opening a socket in a file that is not meant to. */
export function socketProblems(file: string, tokens: readonly Token[]): SocketProblem[] {
  if (isTest(file)) return []
  return tokens.flatMap((token, index) => {
    const what = moduleTaken(file, tokens, index) ?? globalTaken(file, tokens, index)
    if (what === undefined) return []
    const message = `${what} can open connections, which upstreams/http/egress.ts alone does: it judges where they lead`
    return [{ line: token.line, message }]
  })
}

/** At the string of an import: the module, when more of it is taken than types and harmless names. */
function moduleTaken(file: string, tokens: readonly Token[], index: number): string | undefined {
  const { kind, text } = tokens[index] as Token
  const before = tokens[index - 1]?.text
  const specifier = text in SOCKET_MODULES ? text : `node:${text}`
  const harmless = SOCKET_MODULES[specifier]
  if (
    kind !== 'string' ||
    harmless === undefined ||
    (before !== 'from' && before !== '(' && before !== 'import')
  )
    return undefined
  if (before === '(' && tokens[index - 2]?.text !== 'import') return undefined
  // `typeof import('x')` is a type.
  if (before === '(' && tokens[index - 3]?.text === 'typeof') return undefined
  if (mayOpen(file, specifier)) return undefined
  const names = before === 'from' ? valuesTaken(tokens, index - 2) : ['*']
  return names.every((name) => harmless.includes(name)) ? undefined : specifier
}

function mayOpen(file: string, module: string): boolean {
  return OPENERS.some(([path, modules]) => file.startsWith(path) && modules.includes(module))
}

/** The names between `import` and `from` that are values, read backwards from `last`. `*` for the whole module. */
function valuesTaken(tokens: readonly Token[], last: number): string[] {
  let first = last
  while (first > 0 && tokens[first]?.text !== 'import' && tokens[first]?.text !== 'export') first -= 1
  const clause = tokens.slice(first + 1, last + 1).map(({ text }) => text)
  if (clause[0] === 'type') return []
  if (clause[0] !== '{') return ['*']
  const entries = clause.slice(1, -1).join(' ').split(',')
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !entry.startsWith('type '))
    .map((entry) => entry.split(' ')[0] as string)
}

function globalTaken(file: string, tokens: readonly Token[], index: number): string | undefined {
  const { kind, text } = tokens[index] as Token
  if (kind !== 'name' || !GLOBALS.has(text) || tokens[index + 1]?.text !== '(') return undefined
  const before = tokens[index - 1]?.text
  const isOwn = before === 'function' || (before === '.' && tokens[index - 2]?.text !== 'globalThis')
  return isOwn || file.startsWith('src/upstreams/sandbox/code/child/') ? undefined : text
}
