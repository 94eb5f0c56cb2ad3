import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fingerprint, watchConfig } from './watch.ts'

test('new content is told once, however it came', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-watch-'))
  const file = join(folder, 'wasat.yaml')
  writeFileSync(join(folder, 'one'), 'one')
  writeFileSync(join(folder, 'two'), 'a: 4')
  writeFileSync(file, 'a: 1')
  const events = new EventEmitter()
  let changes = 0
  const close = watchConfig(file, undefined, () => events.emit('change', ++changes))
  // The watcher does not keep a process alive, and nothing else does here.
  const alive = setInterval(() => {}, 1000)
  t.after(() => {
    clearInterval(alive)
    close()
    rmSync(folder, { recursive: true })
  })

  let change = once(events, 'change')
  writeFileSync(file, 'a: 2')
  await change

  change = once(events, 'change')
  writeFileSync(`${file}.tmp`, 'a: 3')
  renameSync(`${file}.tmp`, file)
  await change

  change = once(events, 'change')
  symlinkSync(join(folder, 'two'), `${file}.link`)
  renameSync(`${file}.link`, file)
  await change

  // Events without new content, and a file that is gone for a moment, tell nothing: here there is no event to wait for.
  writeFileSync(join(folder, 'one'), 'other')
  writeFileSync(file, 'a: 4')
  rmSync(file)
  await wait(450)
  assert.equal(changes, 3)

  change = once(events, 'change')
  writeFileSync(file, 'a: 5')
  await change
  close()
  writeFileSync(file, 'a: 6')
  await wait(450)
  assert.equal(changes, 4)
})

test('a change between the loading and the watching is told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-watch-'))
  const file = join(folder, 'wasat.yaml')
  writeFileSync(file, 'a: 1')
  const loaded = fingerprint(file)
  writeFileSync(file, 'a: 2')
  const events = new EventEmitter()
  const change = once(events, 'change')
  const close = watchConfig(file, loaded, () => events.emit('change'))
  const alive = setInterval(() => {}, 1000)
  t.after(() => {
    clearInterval(alive)
    close()
    rmSync(folder, { recursive: true })
  })
  await change
})
