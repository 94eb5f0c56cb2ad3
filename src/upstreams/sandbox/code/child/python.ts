/** Pyodide, as both kinds of children load it. Whatever it has to say while loading goes nowhere. */
import { loadPyodide, type PyodideAPI } from 'pyodide'

const OPTIONS = {
  // What Python can import as `js`.
  jsglobals: Object.freeze(Object.create(null)),
  // The same program prints its sets in the same order each time.
  env: { HOME: '/', PYTHONHASHSEED: '0' },
  stdin: () => null,
  stdout: () => {},
  stderr: () => {},
}

/** Loads all of it. Only good for `takeSnapshot`. */
export function loadForSnapshot(): Promise<PyodideAPI> {
  return loadPyodide({ ...OPTIONS, _makeSnapshot: true })
}

/** Loads it from the memory that it once had. */
export function loadFromSnapshot(snapshot: Uint8Array): Promise<PyodideAPI> {
  return loadPyodide({ ...OPTIONS, _loadSnapshot: snapshot })
}
