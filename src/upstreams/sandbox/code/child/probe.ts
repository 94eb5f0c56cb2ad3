/** Tries what no program may, and writes to stdout what became of each try: the code of the error, or `allowed`. */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { open } from 'node:inspector'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { STDOUT } from './agreement.ts'

const [, , port = '', outside = ''] = process.argv
const LOOPBACK = '127.0.0.1'

const TRIES: Readonly<Record<string, () => unknown>> = {
  'read a file': () => readFileSync(outside),
  'list a folder': () => readdirSync('/'),
  'open a file for writing': () => openSync(outside, 'r+'),
  'start a process': () => spawnSync(process.execPath, ['--version']),
  'start a thread': () => new Worker('', { eval: true }),
  'load native code': () => process.dlopen({ exports: {} }, outside),
  'open the inspector': () => open(0),
  'make code from a string': () => new Function('return 1')(),
  // biome-ignore lint/security/noGlobalEval: that this is refused is what has to be seen
  'evaluate a string': () => eval('1'),
  'connect by TCP': () => once(connect(Number(port), LOOPBACK), 'connect'),
  'connect by HTTP': () => fetch(`http://${LOOPBACK}:${port}/`),
  'send by UDP': () => {
    const socket = createSocket('udp4')
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.send('x', Number(port), LOOPBACK, (error) => (error ? reject(error) : resolve('sent')))
    })
  },
}

const outcomes: Record<string, string> = {}
for (const [name, attempt] of Object.entries(TRIES)) outcomes[name] = await outcomeOf(attempt)
writeSync(STDOUT, JSON.stringify(outcomes))
// What was wrongly allowed could keep the process alive.
process.exit(0)

async function outcomeOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt()
    return 'allowed'
  } catch (error) {
    const { code, name, cause } = error as { code?: string; name: string; cause?: { code?: string } }
    return code ?? cause?.code ?? name
  }
}
