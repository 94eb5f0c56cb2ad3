/** The least that a gateway on Node can cost. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startProcess } from '../children.ts'
import { CLIENT_KEY, geminiRequest, UPSTREAM_KEY } from '../wire.ts'
import { freePort, launchSubject, type Place, type Running, type Subject } from './subject.ts'

const PROGRAM = new URL('../bare-proxy.ts', import.meta.url).pathname

async function start({ mockPort, folder }: Place): Promise<Running> {
  const port = await freePort()
  const logFile = join(folder, 'bare.log')
  const environment = {
    BARE_PORT: String(port),
    BARE_UPSTREAM: `http://127.0.0.1:${mockPort}`,
    BARE_KEY: CLIENT_KEY,
    BARE_UPSTREAM_KEY: UPSTREAM_KEY,
  }
  const launch = () =>
    startProcess({ command: process.execPath, args: [PROGRAM], folder, environment, logFile })
  const request = (model: Parameters<Running['request']>[0]) => geminiRequest(port, model)
  return await launchSubject({
    launch,
    port,
    readyPath: '/',
    readyStatus: 'any',
    outputFile: logFile,
    request,
  })
}

export const bare: Subject = {
  name: 'bare',
  note: 'node:http in, an undici pool out, one key compared; no parsing, no log, no store: the floor for a gateway on Node',
  shareOfRequests: 2,
  native: true,
  missing: () => undefined,
  version: () =>
    `undici ${(createRequire(import.meta.url)('undici/package.json') as { version: string }).version}`,
  start,
}
