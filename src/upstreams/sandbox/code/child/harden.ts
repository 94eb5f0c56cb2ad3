/**
 * Takes from the child what neither Pyodide nor a Python program needs.
 * The walls are Node's permission model, the refusal to make code from strings, and the limits of the system; what is
 * done here leaves less to find behind them. Above all it takes signals, which the permission model does not know.
 */
import { constants } from 'node:fs'
import { registerHooks } from 'node:module'

/** Members of `process` that Node's own insides call while a program runs. */
const PROCESS_KEPT = new Set([
  '_events',
  '_eventsCount',
  '_exiting',
  '_fatalException',
  '_maxListeners',
  '_tickCallback',
  'arch',
  'config',
  'domain',
  'emitWarning',
  'exitCode',
  'features',
  'hrtime',
  'nextTick',
  'platform',
  'ppid',
  'release',
  'version',
  'versions',
])

/** Globals by which a script could reach beyond itself. */
const GLOBALS_REMOVED = [
  'EventSource',
  'Headers',
  'Request',
  'Response',
  'WebSocket',
  'Worker',
  'XMLHttpRequest',
  'fetch',
  'global',
  'localStorage',
  'navigator',
  'require',
  'sessionStorage',
]

/** Before Pyodide is loaded. The heap of Python, in bytes, then never grows beyond `heapBytesMax`. */
export function hardenBeforeLoading(heapBytesMax: number): void {
  // Pyodide asks for the file system's constants this way, which the permission model refuses.
  Object.assign(process, { binding: () => ({ fs: constants }) })
  // Python would show them as its own environment: they are paths of this machine.
  process.argv = ['python']
  limitHeap(heapBytesMax)
}

/** The types of this project know Node, whose own types leave WebAssembly to those of a browser. */
interface Memory {
  readonly buffer: ArrayBufferLike
  grow(pages: number): number
}
declare const WebAssembly: { readonly Memory: { readonly prototype: Memory } }

const PAGE_BYTES = 65_536

/** WebAssembly grows by this call only. The refusal is a MemoryError in Python. */
function limitHeap(heapBytesMax: number): void {
  const { prototype } = WebAssembly.Memory
  const { grow } = prototype
  prototype.grow = function growWithin(this: Memory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > heapBytesMax) throw new RangeError('The heap is full.')
    return grow.call(this, pages)
  }
}

/**
 * Pyodide's way to files of the machine takes descriptors too, and one that the gateway's own starter left open by
 * mistake would be open in the child as well. `system` is Emscripten's NODEFS.
 */
export function removeFileSystem(system: object): void {
  for (const [name, member] of Object.entries(system)) {
    if (typeof member === 'object' && member !== null) removeFunctions(member)
    if (typeof member === 'function') Reflect.deleteProperty(system, name)
  }
}

function removeFunctions(operations: object): void {
  for (const name of Object.keys(operations)) Reflect.deleteProperty(operations, name)
}

/** After Pyodide is loaded and before a foreign program is. What it took cannot be had back. */
export function hardenBeforeRunning(): void {
  const { platform, version, versions } = process
  for (const name of Reflect.ownKeys(process)) {
    if (typeof name === 'string' && !PROCESS_KEPT.has(name)) remove(process, name)
  }
  for (const name of GLOBALS_REMOVED) remove(globalThis, name)
  // Pyodide asks these few things of a process.
  const harmless = { getuid: () => 1_000, platform, version, versions, exitCode: 0 }
  Object.defineProperty(globalThis, 'process', { value: harmless, configurable: false, writable: false })
  registerHooks({
    resolve(specifier) {
      throw new Error(`No module can be loaded here: ${specifier}`)
    },
  })
}

function remove(owner: object, name: string): void {
  if (Reflect.deleteProperty(owner, name)) return
  Reflect.defineProperty(owner, name, { value: undefined })
}
