/** Tells when a file has other content. Watches its folder, because editors and mounted secrets replace files. */
import { hash } from 'node:crypto'
import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'

/** Long enough for an editor's rename and write to be over, short enough to feel immediate. */
const SETTLE_MS = 200

/**
 * Calls `onChange` once for each content that is not the one before; the first one is that with the fingerprint
 * `loaded`, so that a change between the loading and now counts too. Returns the function that stops watching.
 */
export function watchConfig(file: string, loaded: string | undefined, onChange: () => void): () => void {
  let known = loaded ?? fingerprint(file)
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    timer = undefined
    const content = fingerprint(file)
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
  timer = setTimeout(look, SETTLE_MS).unref()
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

/** What a file holds now, as a hash: the text may hold secrets. Undefined when it cannot be read. */
export function fingerprint(file: string): string | undefined {
  try {
    return hash('sha256', readFileSync(file), 'base64url')
  } catch {
    return undefined
  }
}
