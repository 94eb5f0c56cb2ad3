/** Wasat itself: key check, limits, prices, budgets, the durable usage row and the request log, all on. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../children.ts'
import { type MoneySetting, PRICES } from '../money.ts'
import { ADMIN_KEY, CLIENT_KEY, geminiRequest, type Model, UPSTREAM_KEY } from '../wire.ts'
import { putMoneyOn } from './money-on.ts'
import { freePort, launchSubject, type Place, type Running, type Subject } from './subject.ts'

const PROGRAM = new URL('../../bin/wasat.mjs', import.meta.url).pathname
const PACKAGE = new URL('../../package.json', import.meta.url)

function configuration(mockPort: number): string {
  return `upstreams:
  mock: { kind: gemini, baseUrl: "http://127.0.0.1:${mockPort}", keys: ["${UPSTREAM_KEY}"] }
models:
  "bench-*": { targets: [mock] }
prices: ${JSON.stringify(PRICES)}
`
}

/** No upstream but the one that is built in. */
const SANDBOX = 'upstreams: { sandbox: { kind: sandbox } }\n'

export interface WasatOptions {
  /** Added to what the process is given, for the profiler. */
  readonly environment?: Readonly<Record<string, string>>
  /** The whole file. */
  readonly config?: string
  /** Without it: everything is on. */
  readonly money?: MoneySetting
  /** Without it: in Gemini's wire. */
  readonly requestTo?: (port: number, model: Model) => Buffer
  /** Without it: inside the folder of the place. */
  readonly dataFolder?: string
}

/** Starts Wasat before its own sandbox, which then does the answering as well. */
export function startSandbox(place: Place): Promise<Running> {
  return startWasat(place, { config: SANDBOX, money: 'plain' })
}

/** Starts Wasat with a fresh data folder. Time until it is ready ends before money is put on. */
export async function startWasat(place: Place, options: WasatOptions = {}): Promise<Running> {
  const running = await launchWasat(place, options)
  try {
    await putMoneyOn(running.port, options.money ?? 'all')
    return running
  } catch (error) {
    await running.stop()
    throw error
  }
}

async function launchWasat(place: Place, options: WasatOptions): Promise<Running> {
  const { environment = {}, config = configuration(place.mockPort) } = options
  const { dataFolder = join(place.folder, 'data'), requestTo = geminiRequest } = options
  const port = await freePort()
  const file = join(place.folder, 'wasat.yaml')
  writeFileSync(file, config)
  const logFile = join(place.folder, 'wasat.log')
  const address = ['--host', '127.0.0.1', '--port', String(port)]
  const flags = [...address, '--config', file, '--data', dataFolder]
  const launch = () =>
    startProcess({
      command: process.execPath,
      args: [PROGRAM, 'serve', ...flags],
      folder: place.folder,
      environment: { WASAT_KEY: CLIENT_KEY, WASAT_ADMIN_KEY: ADMIN_KEY, ...environment },
      logFile,
    })
  const request = (model: Model) => requestTo(port, model)
  return await launchSubject({
    launch,
    port,
    readyPath: '/readyz',
    readyStatus: 200,
    outputFile: logFile,
    request,
  })
}

export const wasat: Subject = {
  name: 'wasat',
  note: 'the whole line with money on: key check, five limits, route, price, a reservation under two hard budgets before the request goes on, a durable usage row before the last byte leaves, request log to a file',
  shareOfRequests: 2,
  native: true,
  missing: () => (existsSync(PROGRAM) ? undefined : 'bin/wasat.mjs does not exist'),
  version: () => (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version,
  start: (place) => startWasat(place),
}
