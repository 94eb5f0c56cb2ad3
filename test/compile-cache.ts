/** Preloaded by `npm test`: the sources are stripped of their types once, not by each of some hundred test files. */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/wasat', import.meta.url)))
