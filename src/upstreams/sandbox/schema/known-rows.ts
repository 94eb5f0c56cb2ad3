/** Things that documents and first tries ask for as lists: true ones, a row each. */

/** By the word that a property's name has; the first that fits counts. */
export type Row = readonly (readonly [name: RegExp, value: string | number | readonly string[]])[]

interface Table {
  /** What a prompt has that is about them. */
  readonly asked: RegExp
  readonly rows: readonly Row[]
}

const PLANETS = [
  ['Mercury', 57.9, 4_879, 0],
  ['Venus', 108.2, 12_104, 0],
  ['Earth', 149.6, 12_756, 1],
  ['Mars', 227.9, 6_792, 2],
  ['Jupiter', 778.6, 142_984, 95],
  ['Saturn', 1_433.5, 120_536, 146],
  ['Uranus', 2_872.5, 51_118, 28],
  ['Neptune', 4_495.1, 49_528, 16],
] as const

const COOKIES = [
  ['Chocolate Chip Cookies', ['2 1/4 cups flour', '1 cup butter', '3/4 cup sugar', '2 cups chocolate chips']],
  ['Oatmeal Raisin Cookies', ['1 1/2 cups oats', '1 cup flour', '1/2 cup butter', '3/4 cup raisins']],
  ['Peanut Butter Cookies', ['1 cup peanut butter', '1 cup sugar', '1 egg']],
  ['Snickerdoodles', ['2 3/4 cups flour', '1 cup butter', '1 1/2 cups sugar', '2 teaspoons cinnamon']],
  ['Sugar Cookies', ['2 3/4 cups flour', '1 cup butter', '1 1/2 cups sugar', '1 egg']],
] as const

const TABLES: readonly Table[] = [
  {
    asked: /\bplanets?\b/i,
    rows: PLANETS.map(([name, distance, diameter, moons]) => [
      [/diameter/, diameter],
      [/moons?/, moons],
      [/\bau\b/, Number((distance / 149.6).toFixed(2))],
      [/\bmiles\b/, Number((distance * 0.621_371).toFixed(1))],
      [/\bmillion\b/, distance],
      [/\bkm\b|kilomet/, Math.round(distance * 1_000_000)],
      [/distance/, distance],
      [/planet|name/, name],
    ]),
  },
  {
    asked: /\bcookies?\b/i,
    rows: COOKIES.map(([name, ingredients]) => [
      [/ingredient/, ingredients],
      [/recipe|cookie|name|title/, name],
    ]),
  },
]

/** The rows that the prompt asks about; empty when it asks about none of these things. */
export function rowsAbout(prompt: string): readonly Row[] {
  return TABLES.find(({ asked }) => asked.test(prompt))?.rows ?? []
}

const INSTRUMENTS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:oboe|flute|clarinet|bassoon|saxophone|recorder)s?\b/i, 'woodwind'],
  [/\b(?:violin|viola|cello|guitar|harp|double bass|banjo|ukulele)s?\b/i, 'string'],
  [/\b(?:trumpet|trombone|tuba|french horn|cornet)s?\b/i, 'brass'],
  [/\b(?:piano|organ|harpsichord|accordion)s?\b/i, 'keyboard'],
  [/\b(?:drum|cymbal|xylophone|marimba|timpani|tambourine|snare)s?\b/i, 'percussion'],
]
const GOOD =
  /\b(?:love|loved|great|excellent|amazing|wonderful|fantastic|happy|best|perfect|awesome|enjoyed|delighted|recommend)\b/i
const BAD =
  /\b(?:hate|hated|terrible|awful|bad|worst|horrible|disappoint(?:ed|ing)|broken|poor|angry|boring|refund|never again)\b/i

/** The class of what the prompt is about, in lower case: a family of instruments, or a sentiment. */
export function classesOf(prompt: string): readonly string[] {
  const classes = INSTRUMENTS.filter(([pattern]) => pattern.test(prompt)).map(([, name]) => name)
  const [isGood, isBad] = [GOOD.test(prompt), BAD.test(prompt)]
  if (isGood && isBad) return [...classes, 'mixed', 'neutral']
  if (isGood) classes.push('positive')
  if (isBad) classes.push('negative')
  return classes
}
