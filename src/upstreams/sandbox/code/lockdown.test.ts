import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { pyodideFolder } from './launch.ts'
import { canLockDown, judge } from './lockdown.ts'

test('[PYTHON-05] this runtime is found to lock a child in', async () => {
  assert.deepEqual(await canLockDown(), { ok: true })
})

const REFUSED = Object.fromEntries(
  Array.from({ length: 12 }, (_, index) => [`try ${index}`, 'ERR_ACCESS_DENIED']),
)

test('one open door is enough to refuse', () => {
  assert.deepEqual(judge(JSON.stringify(REFUSED), 0), { ok: true })
  for (const outcome of ['allowed', 'ECONNREFUSED', 'ENOENT', '']) {
    const verdict = judge(JSON.stringify({ ...REFUSED, 'try 3': outcome }), 0)
    assert.equal(verdict.ok, false)
    assert.match(verdict.ok ? '' : verdict.reason, /try 3$/)
  }
  assert.equal(judge(JSON.stringify(REFUSED), 1).ok, false)
})

test('an answer that is not whole proves nothing', () => {
  const { 'try 0': _left, ...others } = REFUSED
  for (const output of ['', '{', '[]', 'null', '1', '{}', JSON.stringify(others)]) {
    assert.equal(judge(output, 0).ok, false, output)
  }
})

test('what is not needed is taken from the process before a program runs', () => {
  const harden = new URL('./child/harden.ts', import.meta.url).href
  const script = `
    import { hardenBeforeRunning } from ${JSON.stringify(harden)}
    const node = process
    const write = process.stdout.write.bind(process.stdout)
    hardenBeforeRunning()
    let loaded = 'loaded'
    try { await import('data:text/javascript,1') } catch { loaded = 'refused' }
    const left = ['kill', '_kill', 'dlopen', 'binding', '_linkedBinding', 'getBuiltinModule', 'execve', 'abort', 'env',
      'reallyExit', 'setuid', '_debugProcess', 'report'].filter((name) => node[name] !== undefined)
    const globals = ['fetch', 'WebSocket', 'require', 'EventSource'].filter((name) => globalThis[name] !== undefined)
    write(JSON.stringify({ left, globals, loaded, kill: typeof process.kill }))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString()
  assert.deepEqual(JSON.parse(output), { left: [], globals: [], loaded: 'refused', kill: 'undefined' })
})

test('Pyodide is found where it is installed', () => {
  assert.match(pyodideFolder() ?? '', /pyodide\/$/)
})
