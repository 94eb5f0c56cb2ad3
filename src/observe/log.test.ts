import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { createLog, type LogLevel } from './log.ts'
import { createRedact } from './redact.ts'

const SECRET = 'the-key-of-the-upstream'

/** A log whose lines the test reads. */
function rig(t: TestContext, level: LogLevel = 'info') {
  const pieces: string[] = []
  const text = () => pieces.join('')
  const log = createLog(level, createRedact([SECRET]), { write: (piece) => void pieces.push(piece) })
  t.after(() => log.close())
  return {
    log,
    lines: () =>
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    text,
  }
}

test('[LOG-01] one JSON object a line, with level, time and message', (t) => {
  const { log, lines } = rig(t)
  log.info({ a: 1 }, 'one')
  log.warn({}, 'two')
  log.error({}, 'three')
  log.request({ requestId: 'r', model: undefined }, false)
  log.request({ requestId: 's' }, true)
  log.close()
  assert.deepEqual(
    lines().map(({ level, msg }) => [level, msg]),
    [
      [30, 'one'],
      [40, 'two'],
      [50, 'three'],
      [30, 'request'],
      [50, 'request'],
    ],
  )
  assert.deepEqual([lines()[0].a, lines()[3].requestId, 'model' in lines()[3]], [1, 'r', false])
  for (const { time } of lines()) assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('[LOG-01] K03 line feeds and terminal escapes in a field begin no line and reach no terminal', (t) => {
  const { log, lines, text } = rig(t)
  const nasty = '\n{"level":30,"msg":"fake"}\r\n\u001b[31mred\u0000'
  log.request({ model: nasty }, false)
  log.info({ model: nasty }, nasty)
  log.close()
  assert.equal(lines().length, 2)
  assert.deepEqual(
    lines().map(({ model }) => model),
    [nasty, nasty],
  )
  assert.ok(!/[\u0000-\u0009\u000b-\u001f]/.test(text()))
})

test('requests below the level are not written', (t) => {
  const { log, lines } = rig(t, 'error')
  log.request({ a: 1 }, false)
  log.request({ a: 2 }, true)
  log.info({}, 'no')
  log.close()
  assert.deepEqual(
    lines().map(({ a }) => a),
    [2],
  )
  const silent = rig(t, 'silent')
  silent.log.request({}, true)
  silent.log.error({}, 'no')
  silent.log.close()
  assert.equal(silent.text(), '')
})

test('request lines are written soon, and at once when there are many', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { log, lines } = rig(t)
  log.request({ a: 1 }, false)
  assert.equal(lines().length, 0)
  t.mock.timers.tick(250)
  assert.equal(lines().length, 1)
  for (let many = 0; many < 200; many++) log.request({ fill: 'x'.repeat(50) }, false)
  assert.ok(lines().length > 100)
})

test('[REDACT-01] what was thrown is described without secrets, and bounded', (t) => {
  const { log } = rig(t)
  const cause = new Error(`connect https://x/?key=${SECRET}`)
  const error = new GatewayError('upstream_unavailable', `no ${SECRET}`, { hint: `check ${SECRET}`, cause })
  assert.deepEqual(log.describe(error), {
    error: 'no ••••',
    code: 'upstream_unavailable',
    hint: 'check ••••',
    cause: 'connect https://x/?key=••••',
  })
  assert.equal(
    (log.describe(new GatewayError('internal', 'x'.repeat(5_000))) as { error: string }).error.length,
    1_000,
  )
  assert.deepEqual(log.describe(`thrown text ${SECRET}`), { error: 'thrown text ••••' })
})

test('only what nobody foresaw shows its place in the code', (t) => {
  const { log } = rig(t)
  const stackOf = (thrown: unknown) => (log.describe(thrown) as { stack?: string }).stack
  assert.equal(stackOf(new GatewayError('not_found', 'x')), undefined)
  assert.match(stackOf(GatewayError.from(new TypeError('bug'))) ?? '', /TypeError: bug[\s\S]*log\.test/)
  assert.match(stackOf(new TypeError('bug')) ?? '', /log\.test/)
})

test('[REDACT-01] a client’s text is cleaned, and nothing stays nothing', (t) => {
  const { log } = rig(t)
  assert.deepEqual(
    [log.clean('gemini-2.5-flash'), log.clean(`models/${SECRET}`), log.clean(undefined)],
    ['gemini-2.5-flash', 'models/••••', undefined],
  )
})
