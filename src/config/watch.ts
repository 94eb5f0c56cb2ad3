/** Tells when a file has other content. Watches its folder, because editors and mounted secrets replace files. */
import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'

/** Long enough for an editor's rename and write to be over, short enough to feel immediate. */
const SETTLE_MS = 200

/** Calls `onChange` once for each new content. Returns the function that stops watching. */
export function watchConfig(file: string, onChange: () => void): () => void {
  let known = contentOf(file)
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    timer = undefined
    const content = contentOf(file)
    // Between an editor's delete and rename the file is not there: its return is another event.
    if (content === undefined || content === known) return
    known = content
    onChange()
  }
  // Any event counts, whatever its name: a mounted ConfigMap changes a link beside the file. The timer is not pushed
  // back by later events, or a busy folder would put it off for ever.
  const watcher = watch(dirname(file), { persistent: false }, () => {
    timer ??= setTimeout(look, SETTLE_MS).unref()
  })
  return stopper(watcher, () => clearTimeout(timer))
}

function stopper(watcher: FSWatcher, clear: () => void): () => void {
  const stop = (): void => {
    clear()
    watcher.close()
  }
  // The folder was removed: there is nothing left to watch, and SIGHUP still reloads.
  watcher.on('error', stop)
  return stop
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return undefined
  }
}
