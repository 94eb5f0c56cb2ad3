/** Loads Python once, slowly, and writes its memory to stdout, so that every later child starts from there. */
import { constants, zstdCompressSync } from 'node:zlib'
import { hardenBeforeLoading } from './harden.ts'
import { PRELOAD } from './harness.ts'
import { writeOutput } from './pipe.ts'
import { loadForSnapshot } from './python.ts'

hardenBeforeLoading(Number(process.argv[2]))
const python = await loadForSnapshot()
python.runPython(PRELOAD)
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
writeOutput(zstdCompressSync(python.makeMemorySnapshot(), fast))
process.exit(0)
