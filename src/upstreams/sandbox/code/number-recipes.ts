/** Programs about whole numbers: primes, factorials, series, divisors. */
import { COUNT, countOf, type Plan, program, type Recipe } from './plan.ts'

const IS_PRIME = [
  'def is_prime(n):',
  '    if n < 2:',
  '        return False',
  '    divisor = 2',
  '    while divisor * divisor <= n:',
  '        if n % divisor == 0:',
  '            return False',
  '        divisor += 1',
  '    return True',
  '',
]

function firstPrimes(count: string): string[] {
  return [
    ...IS_PRIME,
    'primes = []',
    'candidate = 2',
    `while len(primes) < ${count}:`,
    '    if is_prime(candidate):',
    '        primes.append(candidate)',
    '    candidate += 1',
    '',
  ]
}

const FIBONACCI = ['a, b = 0, 1', 'numbers = []']

interface Row {
  readonly pattern: RegExp
  plan(first: string, second: string): Plan
}

const plain = (subject: string | undefined, ...lines: readonly string[]): Plan => ({
  code: program(...lines),
  subject,
})

const pattern = (text: string): RegExp => new RegExp(text.replaceAll('{n}', `(${COUNT})`), 'i')

/** The first that fits answers, so the particular come before the general. */
const ROWS: readonly Row[] = [
  {
    pattern: pattern('\\bsum of (?:all )?(?:the )?first {n} primes?\\b'),
    plan: (n) => plain(`The sum of the first ${n} prime numbers`, ...firstPrimes(n), 'print(sum(primes))'),
  },
  {
    pattern: pattern('\\bsum of (?:all )?(?:the )?primes?(?: numbers)? (?:below|under|less than) {n}\\b'),
    plan: (n) =>
      plain(
        `The sum of the primes below ${n}`,
        ...IS_PRIME,
        `print(sum(n for n in range(${n}) if is_prime(n)))`,
      ),
  },
  {
    pattern: pattern('\\bhow many primes?(?: numbers)? (?:are there )?(?:below|under|less than) {n}\\b'),
    plan: (n) =>
      plain(`The number of primes below ${n}`, ...IS_PRIME, `print(sum(is_prime(n) for n in range(${n})))`),
  },
  {
    pattern: pattern('\\bprimes?(?: numbers)? (?:below|under|less than|up to) {n}\\b'),
    plan: (n) => plain(undefined, ...IS_PRIME, `print([n for n in range(${n} + 1) if is_prime(n)])`),
  },
  {
    pattern: pattern('\\b(?:first|list) {n} primes?\\b'),
    plan: (n) => plain(undefined, ...firstPrimes(n), 'print(primes)'),
  },
  {
    pattern: pattern('\\b{n}(?:st|nd|rd|th) prime\\b'),
    plan: (n) => plain(`Prime number ${n}`, ...firstPrimes(n), 'print(primes[-1])'),
  },
  {
    pattern: pattern('\\bis {n} (?:a )?prime\\b|\\bwhether {n} is (?:a )?prime\\b'),
    plan: (n) =>
      plain(undefined, ...IS_PRIME, `print("${n} is" + ("" if is_prime(${n}) else " not") + " prime.")`),
  },
  {
    pattern: pattern(
      '\\b(?:prime factors|factori[sz]e|prime factori[sz]ation)(?: of)?(?: the number)? {n}\\b',
    ),
    plan: (n) =>
      plain(
        `The prime factorisation of ${n}`,
        `n, factors, divisor = ${n}, [], 2`,
        'while divisor * divisor <= n:',
        '    while n % divisor == 0:',
        '        factors.append(divisor)',
        '        n //= divisor',
        '    divisor += 1',
        'if n > 1:',
        '    factors.append(n)',
        'print(" * ".join(map(str, factors)))',
      ),
  },
  {
    pattern: pattern('\\bfactorial of {n}\\b|(?<![\\w.]){n}!(?!=)|\\b{n} factorial\\b'),
    plan: (n) =>
      plain(
        `The factorial of ${n}`,
        'import math',
        'import sys',
        '',
        'sys.set_int_max_str_digits(0)',
        `print(math.factorial(${n}))`,
      ),
  },
  {
    pattern: pattern('\\bfirst {n} (?:numbers of the )?fibonacci\\b'),
    plan: (n) =>
      plain(
        undefined,
        ...FIBONACCI,
        `for _ in range(${n}):`,
        '    numbers.append(a)',
        '    a, b = b, a + b',
        'print(numbers)',
      ),
  },
  {
    pattern: pattern('\\b{n}(?:st|nd|rd|th) fibonacci\\b|\\bfibonacci(?: number)? (?:of )?{n}\\b'),
    plan: (n) =>
      plain(
        `Fibonacci number ${n}`,
        'a, b = 0, 1',
        `for _ in range(${n}):`,
        '    a, b = b, a + b',
        'print(a)',
      ),
  },
  {
    pattern: pattern(
      '\\b(?:sum(?: of)?|add(?: up)?) (?:all )?(?:the )?(?:integers |whole numbers |numbers )?' +
        '(?:(?:from )?{n} (?:to|through) {n}|between {n} and {n})\\b',
    ),
    plan: (from, to) =>
      plain(`The sum of the numbers from ${from} to ${to}`, `print(sum(range(${from}, ${to} + 1)))`),
  },
  {
    pattern: pattern(
      '\\bsum of (?:all )?(?:the )?squares (?:of )?(?:the )?(?:numbers )?(?:from )?1 to {n}\\b|\\bsum of (?:the )?first {n} squares\\b',
    ),
    plan: (n) => plain(`The sum of the first ${n} squares`, `print(sum(n * n for n in range(1, ${n} + 1)))`),
  },
  {
    pattern: pattern('\\b(?:gcd|greatest common divisor) (?:of )?\\(?{n}(?:,| and) ?{n}'),
    plan: (a, b) =>
      plain(`The greatest common divisor of ${a} and ${b}`, 'import math', '', `print(math.gcd(${a}, ${b}))`),
  },
  {
    pattern: pattern('\\b(?:lcm|least common multiple) (?:of )?\\(?{n}(?:,| and) ?{n}'),
    plan: (a, b) =>
      plain(`The least common multiple of ${a} and ${b}`, 'import math', '', `print(math.lcm(${a}, ${b}))`),
  },
  {
    pattern: pattern('\\bsquare root of {n}\\b'),
    plan: (n) => plain(`The square root of ${n}`, 'import math', '', `print(math.sqrt(${n}))`),
  },
]

export const numberRecipe: Recipe = (prompt) => {
  for (const { pattern: sought, plan } of ROWS) {
    const found = sought.exec(prompt)
    if (found === null) continue
    const [first = '0', second = '0'] = found.slice(1).filter((group) => group !== undefined)
    return plan(countOf(first), countOf(second))
  }
  return undefined
}
