// Preloaded into a gateway under test: SIGUSR2 collects garbage, so that memory can be compared with memory.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
process.on('SIGUSR2', () => {
  collect()
  collect()
  process.stderr.write('garbage collected\n')
})
