import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { createRandom } from '../digest.ts'
import { tell } from './play.ts'
import { createPython } from './pool.ts'
import { run } from './testing.fixture.ts'
import { planFor, wantsCode } from './write.ts'

const python = createPython({ poolSize: 1 })
after(() => python.close())

/** The prompt, and what is said about the output of its program. */
const ANSWERS: readonly (readonly [prompt: string, told: string])[] = [
  [
    'What is the sum of the first 50 prime numbers? Generate and run code for the calculation, and make sure you get all 50.',
    'The sum of the first 50 prime numbers is 5117.',
  ],
  ['sum of all primes below 1,000', 'The sum of the primes below 1000 is 76127.'],
  ['How many primes are there below 100?', 'The number of primes below 100 is 25.'],
  ['Which is the 100th prime?', 'Prime number 100 is 541.'],
  ['List the primes up to 20', 'The result is [2, 3, 5, 7, 11, 13, 17, 19].'],
  ['Is 91 prime?', '91 is not prime.'],
  ['prime factors of 5040', 'The prime factorisation of 5040 is 2 * 2 * 2 * 2 * 3 * 3 * 5 * 7.'],
  ['What is the factorial of 20?', 'The factorial of 20 is 2432902008176640000.'],
  ['what is 5!', 'The factorial of 5 is 120.'],
  ['first ten fibonacci numbers', 'The result is [0, 1, 1, 2, 3, 5, 8, 13, 21, 34].'],
  ['the 30th Fibonacci number please', 'Fibonacci number 30 is 832040.'],
  ['What is the sum of the numbers from 1 to 100?', 'The sum of the numbers from 1 to 100 is 5050.'],
  ['gcd of 84 and 36', 'The greatest common divisor of 84 and 36 is 12.'],
  ['lcm of 4 and 6', 'The least common multiple of 4 and 6 is 12.'],
  ['square root of 144', 'The square root of 144 is 12.0.'],
  ['sum of the first 10 squares', 'The sum of the first 10 squares is 385.'],
  ['Sort this list: 5, 3, 9, 1,000 and -2', 'The sorted list is [-2, 3, 5, 9, 1000].'],
  ['Sort 3, 1, 2 in descending order', 'The list in descending order is [3, 2, 1].'],
  ['mean of 1, 2, 3, 4', 'The mean is 2.5.'],
  ['What is the median of 4 8 15 16 23 42?', 'The median is 15.5.'],
  ['sum of 3 and 5', 'The sum is 8.'],
  ['What is the largest of 3, 99 and 7?', 'The largest is 99.'],
  [
    'How many days are there between 2024-01-01 and 2024-12-25?',
    'The number of days between the two dates is 359.',
  ],
  ['days from 3 March 2020 to July 4, 2021', 'The number of days between the two dates is 488.'],
  ['What day of the week was 2000-01-01?', 'The day of the week is Saturday.'],
  ['Reverse the string "hello wörld"', '“hello wörld” reversed is dlröw olleh.'],
  ["How many r's are in strawberry?", 'The number of times that “r” is in “strawberry” is 3.'],
  [
    'how many times does the letter s appear in "Mississippi"',
    'The number of times that “s” is in “Mississippi” is 4.',
  ],
  ['Is "racecar" a palindrome?', 'Whether “racecar” is a palindrome is True.'],
  ['Calculate (3 + 4) * 2^10', 'The result of (3 + 4) * 2**10 is 7168.'],
  ['compute 2(3+4)', 'The result of 2 * (3+4) is 14.'],
  ['what is 15% of 80?', 'The result of 15 / 100 * 80 is 12.0.'],
  ['What is 1,234 + 5,678, and why?', 'The result of 1234 + 5678 is 6912.'],
  ['What is 2 to the power of 100', 'The result of 2 ** 100 is 1267650600228229401496703205376.'],
  ['compute 1/0', 'The code failed: ZeroDivisionError: division by zero'],
  [
    'run this code:\n```python\nfor i in range(3):\n    print(i)\n```\nthanks',
    'The code printed:\n\n```\n0\n1\n2\n```',
  ],
  ['Please execute: print("hi there.")', 'hi there.'],
  [
    'Use Python to think about 3 cats and 4 dogs',
    'The code printed:\n\n```\nThe request has 10 words and 43 characters.\nIts numbers are [3, 4], and their sum is 7.\n```',
  ],
]

/** Runs many programs in one, each with its own names; prints a JSON list of [ok, output]. */
function together(codes: readonly string[]): string {
  return `import contextlib, io, json, traceback
results = []
for code in json.loads(${JSON.stringify(JSON.stringify(codes))}):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, {'__name__': '__main__'})
            ok = True
        except Exception as error:
            print(''.join(traceback.format_exception_only(error)), end='')
            ok = False
    results.append([ok, printed.getvalue()])
print(json.dumps(results))`
}

test('[PYTHON-06] a prompt that calls for computing gets the program that answers it', async () => {
  const plans = ANSWERS.map(([prompt]) => planFor(prompt, createRandom(1)))
  const { outcome, output } = await run(python, together(plans.map(({ code }) => code)))
  assert.equal(outcome, 'OUTCOME_OK', output)
  const results: [ok: boolean, output: string][] = JSON.parse(output)
  const told = results.map(([ok, printed], index) =>
    tell(plans[index]!, { outcome: ok ? 'OUTCOME_OK' : 'OUTCOME_FAILED', output: printed }),
  )
  assert.deepEqual(
    told,
    ANSWERS.map(([, expected]) => expected),
  )
})

test('a program in the prompt is taken word for word', () => {
  const code = "text = 'a```'  # no fence closes a line that it does not begin"
  assert.equal(planFor('```py\nprint(1)\n\nprint(2)\n```', createRandom(1)).code, 'print(1)\n\nprint(2)\n')
  assert.equal(planFor(`run this: ${code}`, createRandom(1)).code.startsWith('text = '), true)
  assert.equal(planFor('```\nprint(1)', createRandom(1)).code, 'print(1)\n')
})

test('what is code for is told from what is not', () => {
  for (const [prompt] of ANSWERS) assert.equal(wantsCode(prompt), true, prompt)
  for (const prompt of [
    '',
    'Hello!',
    'Tell me a story about two dragons',
    'Explain how AI works',
    'The iPhone 14-15 series',
    'Who was born on 2000-01-01?',
    '```js\nconsole.log(1)\n```',
    'Translate "good morning" into French',
  ]) {
    assert.equal(wantsCode(prompt), false, prompt)
  }
})

test('any prompt gets a program that Python can read, the same each time', async () => {
  const pieces = fc.constantFrom(
    'sum',
    ' of ',
    '"',
    "'",
    '(',
    ')',
    '7',
    '+',
    '-',
    '/',
    '007',
    ',',
    '.',
    '%',
    '^',
    ' x ',
    'prime',
    '!',
    'sort',
    '2024-02-30',
    '\\',
    '\n',
    '```',
    'é',
    '\ud800',
    'letter',
    'in ',
    'a',
    '{',
    '}',
    'mean',
    '**',
  )
  const prompts = fc
    .sample(
      fc.array(pieces, { maxLength: 12 }).map((texts) => texts.join('')),
      {
        numRuns: 2_000,
        seed: 20,
      },
    )
    .filter((prompt) => !prompt.includes('```'))
  const codes = prompts.map((prompt) => planFor(prompt, createRandom(3)).code)
  assert.deepEqual(
    prompts.map((prompt) => planFor(prompt, createRandom(3)).code),
    codes,
  )
  const { outcome, output } = await run(
    python,
    `import json
for code in json.loads(${JSON.stringify(JSON.stringify(codes))}):
    try: compile(code, '<string>', 'exec')
    except SyntaxError: print(repr(code))`,
  )
  assert.equal(outcome, 'OUTCOME_OK')
  assert.equal(output, '')
})

test('a hostile prompt costs no more than its length', () => {
  const seeds = [
    '(',
    '1,',
    '1+',
    '- ',
    '"',
    '1 2 ',
    'in aa ',
    '?',
    'sum of ',
    '```',
    '9',
    'run ',
    '1!',
    '1 x ',
    '% of',
    '\n',
  ]
  for (const seed of seeds) {
    const prompt = seed.repeat(Math.ceil(200_000 / seed.length))
    const startedAtMs = performance.now()
    wantsCode(prompt)
    planFor(prompt, createRandom(1)).code
    const tookMs = performance.now() - startedAtMs
    assert.ok(tookMs < 1_000, `${JSON.stringify(seed)}: ${tookMs} ms`)
  }
})
