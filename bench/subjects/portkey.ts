/** The Portkey gateway from npm: a peer on the same runtime. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../children.ts'
import { openaiRequest, UPSTREAM_KEY } from '../wire.ts'
import { freePort, launchSubject, type Place, type Running, type Subject } from './subject.ts'

const FOLDER = new URL('../node_modules/@portkey-ai/gateway/', import.meta.url).pathname
const PROGRAM = join(FOLDER, 'build/start-server.js')

async function start({ mockPort, folder }: Place): Promise<Running> {
  const port = await freePort()
  const logFile = join(folder, 'portkey.log')
  const launch = () =>
    startProcess({
      command: process.execPath,
      args: [PROGRAM, `--port=${port}`, '--headless'],
      folder,
      // Its guard against private hosts names its exceptions here; loopback is one of them by default as well.
      environment: { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
      logFile,
    })
  const headers = {
    'x-portkey-provider': 'google',
    'x-portkey-custom-host': `http://127.0.0.1:${mockPort}`,
    authorization: `Bearer ${UPSTREAM_KEY}`,
  }
  const request = (model: Parameters<Running['request']>[0]) => openaiRequest(port, model, headers)
  return await launchSubject({
    launch,
    port,
    readyPath: '/',
    readyStatus: 'any',
    outputFile: logFile,
    request,
  })
}

export const portkey: Subject = {
  name: 'portkey',
  note: 'has no Gemini route, so it is asked in OpenAI’s format and translates both ways (to Gemini’s JSON array for streams); no log, no store',
  shareOfRequests: 16,
  native: false,
  missing: () =>
    existsSync(PROGRAM)
      ? undefined
      : 'the Portkey gateway is not installed: npm ci --prefix bench --ignore-scripts',
  version: () =>
    (JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as { version: string }).version,
  start,
}
