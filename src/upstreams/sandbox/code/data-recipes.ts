/** Programs about what a prompt brings along: a list of numbers, two dates, a word in quotes, an expression. */
import { numbersIn, type Plan, program, quoted, type Recipe } from './plan.ts'

interface Statistic {
  readonly pattern: RegExp
  readonly subject: string | undefined
  readonly lines: readonly string[]
}

const STATISTICS: readonly Statistic[] = [
  {
    pattern: /\b(?:sort|order|arrange|rank)\b.{0,60}\b(?:descending|largest first|reverse)\b/i,
    subject: 'The list in descending order',
    lines: ['print(sorted(values, reverse=True))'],
  },
  {
    pattern: /\bsort|\barrange\b|\bascending\b/i,
    subject: 'The sorted list',
    lines: ['print(sorted(values))'],
  },
  {
    pattern: /\bmedian\b/i,
    subject: 'The median',
    lines: ['import statistics', '', 'print(statistics.median(values))'],
  },
  {
    pattern: /\b(?:standard deviation|stdev)\b/i,
    subject: 'The standard deviation',
    lines: ['import statistics', '', 'print(statistics.stdev(values))'],
  },
  {
    pattern: /\bvariance\b/i,
    subject: 'The variance',
    lines: ['import statistics', '', 'print(statistics.variance(values))'],
  },
  {
    pattern: /\b(?:mean|average)\b/i,
    subject: 'The mean',
    lines: ['import statistics', '', 'print(statistics.mean(values))'],
  },
  {
    pattern: /\bmode\b/i,
    subject: 'The mode',
    lines: ['import statistics', '', 'print(statistics.mode(values))'],
  },
  {
    pattern: /\bproduct\b/i,
    subject: 'The product',
    lines: ['import math', '', 'print(math.prod(values))'],
  },
  { pattern: /\b(?:max|maximum|largest|biggest)\b/i, subject: 'The largest', lines: ['print(max(values))'] },
  { pattern: /\b(?:min|minimum|smallest)\b/i, subject: 'The smallest', lines: ['print(min(values))'] },
  { pattern: /\b(?:sum|total|add up)\b/i, subject: 'The sum', lines: ['print(sum(values))'] },
  {
    pattern: /\b(?:plot|chart|histogram|graph|draw)\b/i,
    subject: undefined,
    lines: [
      'scale = max(map(abs, values)) or 1',
      'for value in values:',
      '    print(f"{value:>10} " + "#" * round(40 * abs(value) / scale))',
    ],
  },
]

/** Sorts, adds, averages or draws the numbers that the prompt lists. */
export const listRecipe: Recipe = (prompt) => {
  const values = numbersIn(prompt)
  if (values.length < 2) return undefined
  const statistic = STATISTICS.find(({ pattern }) => pattern.test(prompt))
  if (statistic === undefined) return undefined
  const assignment = `values = [${values.join(', ')}]`
  const [first = ''] = statistic.lines
  const lines = first.startsWith('import')
    ? [first, '', assignment, ...statistic.lines.slice(2)]
    : [assignment, ...statistic.lines]
  return { code: program(...lines), subject: statistic.subject }
}

const MONTHS = 'january|february|march|april|may|june|july|august|september|october|november|december'
const MONTH_NAMES = MONTHS.split('|')
const DATE = new RegExp(
  `\\b(\\d{4})-(\\d{1,2})-(\\d{1,2})\\b|\\b(\\d{1,2})(?:st|nd|rd|th)? (?:of )?(${MONTHS}),? (\\d{4})\\b|` +
    `\\b(${MONTHS}) (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})\\b`,
  'gi',
)

/** As `date(2024, 2, 29)`; whether there is such a day is for Python to say. */
function datesIn(prompt: string): string[] {
  return [...prompt.matchAll(DATE)].slice(0, 2).map((match) => {
    const [, year, month, day, dayBefore, monthAfter, yearAfter, monthFirst, dayAfter, yearLast] = match
    const name = (monthAfter ?? monthFirst ?? '').toLowerCase()
    const monthNumber = month ?? MONTH_NAMES.indexOf(name) + 1
    const numbers = [year ?? yearAfter ?? yearLast, monthNumber, day ?? dayBefore ?? dayAfter]
    return `date(${numbers.map(Number).join(', ')})`
  })
}

/** Days from one date to another, or the weekday of one. */
export const dateRecipe: Recipe = (prompt) => {
  const [first, second] = datesIn(prompt)
  if (first === undefined) return undefined
  if (second !== undefined) {
    return {
      code: program(
        'from datetime import date',
        '',
        `days = (${second} - ${first}).days`,
        'print(abs(days))',
      ),
      subject: 'The number of days between the two dates',
    }
  }
  if (!/\b(?:day of (?:the )?week|weekday|what day|which day)\b/i.test(prompt)) return undefined
  return {
    code: program('from datetime import date', '', `print(${first}.strftime("%A"))`),
    subject: 'The day of the week',
  }
}

const QUOTED = /"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`|(?<!\w)'([^'\n]{1,500})'(?!\w)/
const LETTER_COUNT = /\bhow many (?:times does )?(?:the )?(?:letter )?["'“]?([a-z])["'”]?(?:['’]?s)?\b/i
const LAST_WORD = /\b(?:in|of|word|string)(?: the)?(?: word| string)? ([\p{L}\p{N}]{2,60})["'”]?[ ?.!]*$/iu

/** Letters of a word, a text turned round, its length. */
export const textRecipe: Recipe = (prompt) => {
  const letter = LETTER_COUNT.exec(prompt)?.[1]?.toLowerCase()
  const rest = letter === undefined ? prompt : prompt.replace(LETTER_COUNT, '')
  const text =
    QUOTED.exec(rest)
      ?.slice(1)
      .find((group) => group !== undefined) ?? LAST_WORD.exec(rest)?.[1]
  if (text === undefined) return undefined
  const plan = (subject: string, expression: string): Plan => ({
    code: program(`text = ${quoted(text)}`, `print(${expression})`),
    subject,
  })
  if (letter !== undefined) {
    return plan(
      `The number of times that “${letter}” is in “${text}”`,
      `text.lower().count(${quoted(letter)})`,
    )
  }
  if (/\breverse|\bbackwards?\b/i.test(prompt)) return plan(`“${text}” reversed`, 'text[::-1]')
  if (/\bpalindrome\b/i.test(prompt)) {
    return plan(
      `Whether “${text}” is a palindrome`,
      '(letters := [c for c in text.lower() if c.isalnum()]) == letters[::-1]',
    )
  }
  if (/\bhow many words\b|\bcount (?:the )?words\b/i.test(prompt)) {
    return plan(`The number of words in “${text}”`, 'len(text.split())')
  }
  if (
    /\bhow many (?:letters|characters)\b|\b(?:count (?:the )?(?:letters|characters)|length of)\b/i.test(
      prompt,
    )
  ) {
    return plan(`The number of characters of “${text}”`, 'len(text)')
  }
  return undefined
}

const EXPRESSION_CHARS_MAX = 200
/** Digits, brackets and operators, with at least one operator that stands between numbers. */
const EXPRESSION = /[-(]{0,8}\d[\d\s().,+\-−*×/÷%^]{0,200}[\d)]/g
const OPERATOR = /[\d)]\s{0,4}(?:[+−×÷%^-]|\*\*?|\/\/?)\s{0,4}[-(]{0,8}\d/
const IN_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/\b(?:times|multiplied by)\b/gi, '*'],
  [/\bdivided by\b|\bover\b/gi, '/'],
  [/\b(?:modulo|mod)\b/gi, '%'],
  [/\b(?:raised )?to the power of\b/gi, '**'],
  [/\bsquared\b/gi, '** 2'],
  [/\bcubed\b/gi, '** 3'],
  [/(?<=\d)\s?x\s?(?=\d)/g, ' * '],
  [/(?<=\d)\s?% of\b/gi, ' / 100 *'],
]

/** `14-15` is a range, a score or a part of a name. */
const HYPHENATED = /^\d+-\d+$/
/** Two numbers with nothing between them. */
const GAP = /\d\s+\d/

/** `(3 + 4) * 2`, `17 times 23`, `2 to the power of 100`, `15% of 80`. */
export const expressionRecipe: Recipe = (prompt) => {
  if (datesIn(prompt).length > 0) return undefined
  const symbols = IN_WORDS.reduce((text, [words, symbol]) => text.replace(words, symbol), prompt)
  const expression = (symbols.match(EXPRESSION) ?? [])
    .map(pythonOf)
    .filter(isExpression)
    .sort((a, b) => b.length - a.length)[0]
  if (expression === undefined) return undefined
  return { code: program(`result = ${expression}`, 'print(result)'), subject: `The result of ${expression}` }
}

/** What comes after a comma or a full stop belongs to the sentence. */
function pythonOf(found: string): string {
  const [expression = ''] = found.replace(/(?<=\d),(?=\d{3})/g, '').split(/[.,](?!\d)|,/, 1)
  return expression
    .replaceAll('−', '-')
    .replaceAll('×', '*')
    .replaceAll('÷', '/')
    .replaceAll('^', '**')
    .replace(/(?<![\d.])0+(?=\d)/g, '')
    .replace(/(?<=[\d)])\s*\(/g, ' * (')
    .replace(/\s+/g, ' ')
    .trim()
}

function isExpression(text: string): boolean {
  if (text.length > EXPRESSION_CHARS_MAX || !OPERATOR.test(text)) return false
  return !HYPHENATED.test(text) && !GAP.test(text) && isBalanced(text)
}

function isBalanced(expression: string): boolean {
  let depth = 0
  for (const character of expression) {
    if (character === '(') depth++
    if (character === ')' && --depth < 0) return false
  }
  return depth === 0
}
