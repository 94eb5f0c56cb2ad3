/** Starts Python from a snapshot, says so, waits for one program, runs it, and ends. */
import { zstdDecompressSync } from 'node:zlib'
import type { PyodideAPI } from 'pyodide'
import { FAILED_MARK, LENGTH_BYTES, OK_MARK, OUTPUT_BYTES_MAX, READY_MARK, RUN_MARK } from './agreement.ts'
import { hardenBeforeLoading, hardenBeforeRunning, removeFileSystem } from './harden.ts'
import { HARNESS, WARM_UP } from './harness.ts'
import { hangUp, readBytes, readRest, writeMark, writeOutput } from './pipe.ts'
import { loadFromSnapshot } from './python.ts'

/** How often it is looked whether the gateway still lives. */
const PARENT_CHECK_MS = 1_000

const node = process
const { ppid } = node
// What `process.exit` calls in the end; it is still there when the rest of `process` is not.
const exit: (code: number) => never = Reflect.get(node, 'reallyExit').bind(node)
let printedBytes = 0

hardenBeforeLoading(Number(process.argv[2]))
const snapshot = zstdDecompressSync(readBytes(readBytes(LENGTH_BYTES).readUInt32BE(0)))
const python = await loadFromSnapshot(snapshot)
const run = python.runPython(HARNESS)
redirectOutput(python, (bytes) => bytes.length)
await run.callPromising(WARM_UP)
redirectOutput(python, write)
// A program that sleeps lets this run; one that computes meets the system's limit of processor time.
setInterval(() => {
  if (node.ppid !== ppid) exit(1)
}, PARENT_CHECK_MS).unref()
removeFileSystem(python.FS.filesystems.NODEFS)
hardenBeforeRunning()

writeMark(READY_MARK)
const [mark] = readBytes(1)
if (mark === RUN_MARK) {
  const outcome = await outcomeOf(readRest().toString())
  if (outcome !== undefined) writeMark(outcome)
  hangUp()
}
exit(0)

/** Undefined when the interpreter itself came to its end. */
async function outcomeOf(code: string): Promise<number | undefined> {
  try {
    return (await run.callPromising(code)) === true ? OK_MARK : FAILED_MARK
  } catch (error) {
    return outcomeOfEscape(error)
  }
}

/** What gets past the harness: a program that took its own ground away, and `os._exit`. */
function outcomeOfEscape(error: unknown): number | undefined {
  const { name, status, message } = error as { name?: unknown; status?: unknown; message?: unknown }
  if (name === 'PythonError') {
    write(Buffer.from(`${message}`))
    return FAILED_MARK
  }
  if (typeof status !== 'number') return undefined
  return status === 0 ? OK_MARK : FAILED_MARK
}

function redirectOutput(pyodide: PyodideAPI, writeBytes: (bytes: Uint8Array) => number): void {
  const writer = { write: writeBytes, isatty: false }
  pyodide.setStdout(writer)
  pyodide.setStderr(writer)
}

/** What is too much is taken and thrown away, so that a program that prints too much goes on. */
function write(bytes: Uint8Array): number {
  const kept = bytes.subarray(0, Math.max(0, OUTPUT_BYTES_MAX - printedBytes))
  printedBytes += kept.length
  writeOutput(kept)
  return bytes.length
}
