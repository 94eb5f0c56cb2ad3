import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { startInterpreter } from './interpreter.ts'
import { keptSnapshot } from './kept-snapshots.fixture.ts'
import { createPython } from './pool.ts'
import { comesTrue, isAlive, NEVER, run } from './testing.fixture.ts'

const OUTPUT_BYTES_MAX = 64 * 1_024
const LIMITS = { timeoutMs: 30_000, memoryBytesMax: 512 * 1_024 * 1_024 }
const TAKE_DOWN_MS = 20_000

/** For pools beside the first one, which has proved it. */
const proved = async () => ({ ok: true }) as const

const python = createPython()
after(() => python.close())

const refusal =
  (code: string, hint?: RegExp) =>
  (error: unknown): boolean =>
    error instanceof GatewayError &&
    error.code === code &&
    (hint === undefined || hint.test(error.hint ?? ''))

/** One child for all that ends well, and one for all that a program can catch. */
const WELL = `import asyncio, sys
from dataclasses import dataclass
print(6 * 7)
print('Ünïcödé 日本語 🐍')
print('a')
print('b', file=sys.stderr)
print('c')
async def main():
    await asyncio.sleep(0.01)
    return 5
print(asyncio.run(main()))
@dataclass
class P:
    x: int
print(P(1), __name__)`

const CAUGHT = String.raw`for code in ('input()', 'import numpy', "print('\\ud800')"):
    try: exec(code)
    except Exception as error: print(type(error).__name__, error)`

const PROGRAMS: readonly (readonly [code: string, outcome: string, output: string | RegExp])[] = [
  [WELL, 'OUTCOME_OK', '42\nÜnïcödé 日本語 🐍\na\nb\nc\n5\nP(x=1) __main__\n'],
  [
    CAUGHT,
    'OUTCOME_OK',
    /^EOFError .*\nModuleNotFoundError No module named 'numpy'\nUnicodeEncodeError .*\n$/,
  ],
  ['', 'OUTCOME_OK', ''],
  [
    'def f():\n    return 1 / 0\nprint("before", end="")\nf()',
    'OUTCOME_FAILED',
    /^beforeTraceback \(most recent call last\):\n {2}File "<string>", line 4, in <module>\n[\s\S]*ZeroDivisionError: division by zero\n$/,
  ],
  [
    "print('a",
    'OUTCOME_FAILED',
    /^ {2}File "<string>", line 1\n[\s\S]*SyntaxError: unterminated string literal/,
  ],
  ['\0', 'OUTCOME_FAILED', /SyntaxError: source code string cannot contain null bytes/],
  ["raise SystemExit('no more')", 'OUTCOME_FAILED', 'no more\n'],
  ['raise SystemExit', 'OUTCOME_OK', ''],
]

test('[PYTHON-02] a program is run as Python, and what it printed comes back with its outcome', async () => {
  for (const [code, outcome, output] of PROGRAMS) {
    const result = await run(python, code)
    assert.equal(result.outcome, outcome, `${code}: ${result.output}`)
    if (typeof output === 'string') assert.equal(result.output, output, code)
    else assert.match(result.output, output, code)
  }
})

test('output is cut after 64 KiB, between two characters', async () => {
  const { outcome, output } = await run(python, "print('x' + 'é' * 100_000)")
  assert.equal(outcome, 'OUTCOME_OK')
  assert.equal(Buffer.byteLength(output), OUTPUT_BYTES_MAX - 1)
  assert.match(output, /^xé+$/)
})

test('the same program prints the same each time, and finds nothing of the one before it', async () => {
  const code =
    "import os, random\nprint(random.random(), random.sample(range(100), 5), {'a', 'b', 'c', 'd'}, os.path.exists('left'))\nopen('left', 'w').close()"
  const first = await run(python, code)
  const second = await run(python, code)
  assert.equal(first.outcome, 'OUTCOME_OK')
  assert.match(first.output, /False\n$/)
  assert.deepEqual(second, first)
})

test('[PYTHON-03] a program that takes too long is stopped, and what it had printed is kept', async () => {
  const brief = createPython({ timeoutMs: 1_000, poolSize: 1, lockdown: proved })
  try {
    const result = await run(brief, "print('begun')\nwhile True: pass")
    assert.deepEqual(result, {
      outcome: 'OUTCOME_DEADLINE_EXCEEDED',
      output: 'begun\nThe program was stopped after 1 seconds.\n',
    })
  } finally {
    await brief.close()
  }
})

test('[PYTHON-04] a program that takes too much memory fails with a MemoryError', async () => {
  const { outcome, output } = await run(python, "print('begun')\nx = bytearray(300 * 2**20)")
  assert.equal(outcome, 'OUTCOME_FAILED')
  assert.match(output, /^begun\nTraceback[\s\S]*MemoryError\n$/)
  const fits = await run(python, 'x = bytearray(150 * 2**20)\nprint(len(x))')
  assert.equal(fits.output, '157286400\n')
})

test('a child that is ready answers at once, with a program of its own only', async (context) => {
  const snapshot = await keptSnapshot({ ...LIMITS, startTimeoutMs: 60_000 })
  const startedAtMs = performance.now()
  const interpreter = startInterpreter(snapshot, LIMITS)
  const hold = setTimeout(() => {}, LIMITS.timeoutMs)
  await interpreter.ready
  clearTimeout(hold)
  const readyAtMs = performance.now()
  const result = await interpreter.run('import statistics\nprint(statistics.mean([1, 2, 3]))', NEVER)
  const ranMs = performance.now() - readyAtMs
  assert.deepEqual(result, { outcome: 'OUTCOME_OK', output: '2\n' })
  assert.ok(ranMs < 1_000, `${ranMs} ms`)
  await interpreter.end()
  context.diagnostic(`start ${Math.round(readyAtMs - startedAtMs)} ms, warm run ${ranMs.toFixed(1)} ms`)
})

test('programs that come together are all run, however few children there are', async () => {
  const single = createPython({ poolSize: 1, lockdown: proved })
  try {
    const results = await Promise.all([1, 2, 3].map((n) => run(single, `print(${n})`)))
    assert.deepEqual(
      results.map(({ output }) => output),
      ['1\n', '2\n', '3\n'],
    )
  } finally {
    await single.close()
  }
})

test('[PYTHON-05] where a child cannot be locked in, no code is executed', async () => {
  let asked = 0
  const closed = createPython({
    lockdown: async () => {
      asked++
      return { ok: false, reason: 'the walls are thin' }
    },
  })
  assert.equal(asked, 0)
  await assert.rejects(run(closed, 'print(1)'), refusal('unimplemented', /the walls are thin/))
  assert.equal(asked, 1)
  await closed.close()
})

test('more programs than can wait are turned away', async () => {
  const proof = Promise.withResolvers<{ ok: false; reason: string }>()
  const busy = createPython({ lockdown: () => proof.promise })
  const waiting = Array.from({ length: 32 }, () => run(busy, ''))
  await assert.rejects(run(busy, ''), refusal('overloaded'))
  proof.resolve({ ok: false, reason: 'x' })
  const ends = await Promise.allSettled(waiting)
  assert.ok(ends.every(({ status }) => status === 'rejected'))
  await assert.rejects(run(busy, ''), refusal('unimplemented'))
})

test('a program is stopped when nobody waits for it any more', async () => {
  const leaving = new AbortController()
  const result = python.run('import time\nwhile True: time.sleep(0.01)', leaving.signal)
  leaving.abort()
  await assert.rejects(result, refusal('deadline_exceeded'))
  await assert.rejects(python.run('print(1)', AbortSignal.abort()), refusal('deadline_exceeded'))
})

test('after close nothing runs any more, and what ran is told so', async () => {
  const short = createPython({ poolSize: 1, lockdown: proved })
  await run(short, '')
  const running = run(short, 'while True: pass')
  const refused = assert.rejects(running, refusal('shutting_down'))
  await short.close()
  await refused
  await assert.rejects(run(short, 'print(1)'), refusal('shutting_down'))
})

test('children die with the gateway, however it ends', { timeout: 120_000 }, async () => {
  const [pool, sleeping] = [
    new URL('./pool.ts', import.meta.url).href,
    'import time; print(1); time.sleep(600)',
  ]
  const script = `
    import { execFileSync } from 'node:child_process'
    import { createPython } from ${JSON.stringify(pool)}
    const python = createPython()
    const never = new AbortController().signal
    const { output } = await python.run('print(6 * 7)', never)
    if (output !== '42\\n') throw new Error(output)
    python.run(${JSON.stringify(sleeping)}, never)
    await python.run('1', never)
    const rows = execFileSync('ps', ['-A', '-o', 'ppid=,pid=,comm=']).toString().trim().split('\\n')
    const mine = rows.map((row) => row.trim().split(/\\s+/)).filter(([ppid]) => Number(ppid) === process.pid)
    process.stdout.write(mine.filter(([, , name]) => !name.endsWith('ps')).map(([, pid]) => pid).join(' '))
    process.kill(process.pid, 'SIGKILL')`
  const gateway = spawn(process.execPath, ['--input-type=module', '-e', script])
  let printed = ''
  gateway.stdout.on('data', (piece) => (printed += piece))
  await once(gateway, 'close')
  const pids = printed.trim().split(/\s+/).map(Number)
  assert.ok(pids.length >= 2, printed)
  const gone = await comesTrue(() => !pids.some(isAlive), TAKE_DOWN_MS)
  assert.ok(gone, `still there: ${pids.filter(isAlive)}`)
})
