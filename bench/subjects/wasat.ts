/** Wasat itself: key check, policy, the durable usage row and the request log, all on. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../children.ts'
import { ADMIN_KEY, CLIENT_KEY, geminiRequest, UPSTREAM_KEY } from '../wire.ts'
import { freePort, launchSubject, type Place, type Running, type Subject } from './subject.ts'

const PROGRAM = new URL('../../bin/wasat.mjs', import.meta.url).pathname
const PACKAGE = new URL('../../package.json', import.meta.url)

function configuration(mockPort: number): string {
  return `upstreams:
  mock: { kind: gemini, baseUrl: "http://127.0.0.1:${mockPort}", keys: ["${UPSTREAM_KEY}"] }
models:
  "bench-*": { targets: [mock] }
`
}

/** No upstream but the one that is built in. */
const SANDBOX = 'upstreams: { sandbox: { kind: sandbox } }\n'

/** Starts Wasat before its own sandbox, which then does the answering as well. */
export function startSandbox(place: Place): Promise<Running> {
  return startWasat(place, {}, SANDBOX)
}

/** Starts Wasat with a fresh data folder; `environment` adds to what it is given, for the profiler. */
export async function startWasat(
  place: Place,
  environment: Readonly<Record<string, string>>,
  config: string = configuration(place.mockPort),
): Promise<Running> {
  const port = await freePort()
  const file = join(place.folder, 'wasat.yaml')
  writeFileSync(file, config)
  const logFile = join(place.folder, 'wasat.log')
  const flags = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--config',
    file,
    '--data',
    join(place.folder, 'data'),
  ]
  const launch = () =>
    startProcess({
      command: process.execPath,
      args: [PROGRAM, 'serve', ...flags],
      folder: place.folder,
      environment: { WASAT_KEY: CLIENT_KEY, WASAT_ADMIN_KEY: ADMIN_KEY, ...environment },
      logFile,
    })
  const request = (model: Parameters<Running['request']>[0]) => geminiRequest(port, model)
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
  note: 'the whole line: key check, route, durable usage row before the last byte leaves, request log to a file',
  shareOfRequests: 2,
  native: true,
  missing: () => (existsSync(PROGRAM) ? undefined : 'bin/wasat.mjs does not exist'),
  version: () => (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version,
  start: (place) => startWasat(place, {}),
}
