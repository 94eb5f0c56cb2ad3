/**
 * Preloaded by `npm test`: the sources are stripped of their types once, not by each of some hundred test files nor by
 * the servers that these start.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../node_modules/.cache/wasat', import.meta.url))

enableCompileCache(FOLDER)
process.env.NODE_COMPILE_CACHE = FOLDER
