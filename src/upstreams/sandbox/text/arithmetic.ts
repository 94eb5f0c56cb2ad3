/** Sums of two numbers, as people type them into a chat to see whether it works. */

/** A longer prompt is about something else. */
const PROMPT_CHARS_MAX = 200

const NUMBER = '(-?\\d{1,12}(?:\\.\\d{1,6})?)'
const OPERATOR = '(\\+|-|−|\\*|x|×|/|÷|plus|minus|times|multiplied by|divided by)'
const SUM = new RegExp(`${NUMBER} ?${OPERATOR} ?${NUMBER}`, 'i')
const WHOLE = new RegExp(`^${SUM.source} ?=? ?\\??$`, 'i')
/** What follows must not go on like a date: `2024-10-05` is no sum. */
const ASKED = new RegExp(
  `\\b(?:what(?: is|'s|s)?|how much(?: is)?|calculate|compute|solve|evaluate):? ` +
    `(?:the (?:result|value|sum|product) of )?${SUM.source}(?![-/.]?\\d)`,
  'i',
)

const OPERATIONS: ReadonlyMap<
  string,
  { readonly sign: string; readonly verb: string; apply(a: number, b: number): number }
> = new Map(
  [
    { words: ['+', 'plus'], sign: '+', verb: 'add', apply: (a: number, b: number) => a + b },
    { words: ['-', '−', 'minus'], sign: '-', verb: 'subtract', apply: (a: number, b: number) => a - b },
    {
      words: ['*', 'x', '×', 'times', 'multiplied by'],
      sign: '×',
      verb: 'multiply',
      apply: (a: number, b: number) => a * b,
    },
    { words: ['/', '÷', 'divided by'], sign: '÷', verb: 'divide', apply: (a: number, b: number) => a / b },
  ].flatMap(({ words, ...operation }) => words.map((word) => [word, operation] as const)),
)

/** The answer to `What is 2+2?` and its like; `undefined` when the prompt is no sum. */
export function answerArithmetic(prompt: string, showsWork: boolean): string | undefined {
  if (prompt.length > PROMPT_CHARS_MAX) return undefined
  const match = WHOLE.exec(prompt) ?? ASKED.exec(prompt)
  const operation = OPERATIONS.get(match?.[2]?.toLowerCase() ?? '')
  if (match === null || operation === undefined) return undefined
  const [left, right] = [Number(match[1]), Number(match[3])]
  if (operation.sign === '÷' && right === 0) return 'Division by zero has no result.'
  const result = Number(operation.apply(left, right).toPrecision(12))
  const equation = `${left} ${operation.sign} ${right} = ${result}`
  if (!showsWork) return `${equation}.`
  return `Step 1: write the problem: ${left} ${operation.sign} ${right}.\nStep 2: ${operation.verb}: ${equation}.\n\nThe answer is ${result}.`
}
