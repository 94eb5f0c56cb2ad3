/** Programs that try to get out, and what becomes of each. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ATTACKS, type Attack, ENDLESS, REFUSED } from './attacks.fixture.ts'
import type { CodeResult } from './interpreter.ts'
import { createPython, type Python } from './pool.ts'
import { run } from './testing.fixture.ts'

const CANARY = 'CANARY-2f1c9'
/** For programs that never end, and for those that have to end by themselves even on a busy machine. */
const BRIEF_MS = 1_000
const PATIENT_MS = 30_000

const folder = mkdtempSync(join(tmpdir(), 'wasat-escapes-'))
const canary = join(folder, 'canary.txt')
const brief: Python = createPython({ timeoutMs: BRIEF_MS })
const patient: Python = createPython({ timeoutMs: PATIENT_MS, poolSize: 2 })
let listener: Server
let connections = 0
let port = 0

before(async () => {
  writeFileSync(canary, CANARY)
  listener = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

after(async () => {
  await Promise.all([brief.close(), patient.close()])
  listener.close()
  rmSync(folder, { recursive: true })
})

function filled(code: string): string {
  return code.replaceAll('{canary}', canary).replaceAll('{folder}', folder).replaceAll('{port}', String(port))
}

/** Empty when it was stopped as it should be. */
function judge({ name, seen, outcome = REFUSED }: Attack, result: CodeResult): string {
  if (result.output.includes(CANARY)) return `${name}: the canary was read`
  if (result.outcome === outcome && seen.test(result.output)) return ''
  return `${name}: ${result.outcome} ${result.output.slice(0, 1_000)}`
}

/** Runs many programs in one child, where each has its own names; prints a JSON list of [ok, output]. */
function together(attacks: readonly Attack[]): string {
  const codes = JSON.stringify(attacks.map(({ code }) => filled(code)))
  return `import contextlib, io, json, traceback
results = []
for code in json.loads(${JSON.stringify(codes)}):
    printed, ok = io.StringIO(), True
    with contextlib.redirect_stdout(printed):
        try: exec(compile(code, '<string>', 'exec'), {'__name__': '__main__'})
        except BaseException as error:
            print(''.join(traceback.format_exception(error))[-1_500:])
            ok = False
    results.append([ok, printed.getvalue()])
print(json.dumps(results))`
}

async function attackTogether(attacks: readonly Attack[]): Promise<string[]> {
  const { output, outcome } = await run(patient, together(attacks))
  assert.equal(outcome, 'OUTCOME_OK', output.slice(-1_000))
  const results: [ok: boolean, output: string][] = JSON.parse(output)
  return results.map(([ok, printed], index) =>
    judge(attacks[index]!, { outcome: ok ? 'OUTCOME_OK' : 'OUTCOME_FAILED', output: printed }),
  )
}

async function attackAlone(attack: Attack): Promise<string> {
  const python = attack.outcome === ENDLESS ? brief : patient
  return judge(attack, await run(python, filled(attack.code)))
}

test('[PYTHON-01] no program gets out of the sandbox, to files, network, processes or memory', async (context) => {
  const alone = ATTACKS.filter(({ isAlone = false, outcome }) => isAlone || outcome === ENDLESS)
  const others = ATTACKS.filter((attack) => !alone.includes(attack))
  const problems = new Map<Attack, string>()
  for (const [index, problem] of (await attackTogether(others)).entries())
    problems.set(others[index]!, problem)
  const left = [...alone]
  async function work(): Promise<void> {
    for (let attack = left.shift(); attack !== undefined; attack = left.shift()) {
      problems.set(attack, await attackAlone(attack))
    }
  }
  await Promise.all([work(), work()])
  for (const attack of ATTACKS) {
    context.diagnostic(`${attack.name} | ${problems.get(attack) === '' ? 'stopped' : 'NOT AS EXPECTED'}`)
  }
  assert.deepEqual([...problems.values()].filter(Boolean), [])
  assert.equal(problems.size, ATTACKS.length)
  assert.equal(connections, 0, 'something reached the listener')
})
