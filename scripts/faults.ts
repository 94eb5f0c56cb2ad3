/**
 * Faults by hand: an upstream that fails as it is told, and a proxy that stands before anything and gets in its way.
 * `npm run -s faults` says how.
 */
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { cellOf } from '../src/cli/faults/bytes.ts'
import { FAULTS, type Fault, well } from '../src/cli/faults/faults.ts'
import { startFaultUpstream } from '../src/cli/faults/upstream.ts'
import { FAULT_WIRES, type FaultWire } from '../src/cli/faults/wires.ts'
import { startTcpProxy, type TcpProxy } from '../test/servers/tcp-proxy.ts'

const PLAYED = FAULTS.filter(({ play, isOver }) => play !== undefined && !isOver)

const USAGE = `npm run -s faults -- upstream [--wire ${FAULT_WIRES.join('|')}] [--fault NAME] [--port NUMBER]
npm run -s faults -- proxy --to HOST:PORT [--port NUMBER]

upstream  answers every request with the fault; type another name to change it:
${PLAYED.map(({ name, says }) => `            ${name.padEnd(10)} ${says}\n`).join('')}            well       it answers
proxy     passes everything on, until told otherwise; type:
            delay MS   each piece waits on its way to the server; 0 ends it
            cut        break every connection and take no new one, until: restore
            cut-after NUMBER   break every connection after so many pieces
            freeze     keep connections open and pass nothing on, until: thaw
`

export interface ByHand {
  readonly port: number
  /** One typed line; what to answer. */
  obey(line: string): string
  close(): Promise<void>
}

/** Undefined: the words mean nothing. */
export async function startByHand(words: readonly string[]): Promise<ByHand | undefined> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      wire: { type: 'string', default: 'gemini' },
      fault: { type: 'string', default: '503' },
      to: { type: 'string', default: '' },
      port: { type: 'string', default: '0' },
    },
  })
  const port = Number(values.port)
  const wire = FAULT_WIRES.find((known) => known === values.wire)
  const [host, serverPort] = values.to.split(':')
  if (positionals[0] === 'upstream' && wire !== undefined) return startUpstream(wire, values.fault, port)
  if (positionals[0] === 'proxy' && host && serverPort) return startProxy(host, Number(serverPort), port)
  return undefined
}

async function startUpstream(wire: FaultWire, first: string, wanted: number): Promise<ByHand | undefined> {
  let fault: Fault | undefined = PLAYED.find(({ name }) => name === first)
  if (fault === undefined && first !== 'well') return undefined
  const { port, close } = await startFaultUpstream({
    port: wanted,
    play: ({ path }) => {
      const isStream = /stream/i.test(path) || fault?.mode === 'stream'
      return (fault?.play ?? well)(cellOf(wire, isStream ? 'stream' : 'unary'))
    },
  })
  const obey = (name: string) => {
    const next = PLAYED.find((one) => one.name === name)
    if (next === undefined && name !== 'well') return USAGE
    fault = next
    return `from now on: ${next?.says ?? 'it answers'}`
  }
  return { port, close, obey }
}

async function startProxy(host: string, serverPort: number, listenPort: number): Promise<ByHand> {
  const proxy = await startTcpProxy(serverPort, { host, listenPort })
  const obey = (line: string) => {
    const [word = '', number = '0'] = line.split(/\s+/)
    const order = ordersOf(proxy, Number(number))[word]
    if (order === undefined) return USAGE
    order()
    return `done: ${line}`
  }
  return { port: proxy.port, close: proxy.close, obey }
}

function ordersOf(proxy: TcpProxy, number: number): Readonly<Record<string, (() => void) | undefined>> {
  return {
    delay: () => proxy.setDelay(() => number),
    'cut-after': () => proxy.cutAfter(number),
    cut: proxy.cutAll,
    restore: proxy.restore,
    freeze: proxy.freeze,
    thaw: proxy.thaw,
  }
}

if (import.meta.main) {
  const started = await startByHand(process.argv.slice(2)).catch(
    (error: Error) => void console.error(error.message),
  )
  if (started === undefined) {
    console.error(USAGE)
    process.exit(2)
  }
  console.log(`http://127.0.0.1:${started.port}`)
  createInterface({ input: process.stdin }).on('line', (line) => console.log(started.obey(line.trim())))
}
