/** English words: the ones that every text has, and what the forms of one word have in common. */

/** Words that say nothing about a subject, in each list of such words. */
const COMMON =
  'a an and any are as at be by can could do does for from give had has have how i if in into is it its ' +
  'me my of on or our please so some that the their them then there these they this to us was we were ' +
  'what when where which who why will with would you your like tell explain'

/** The common words and `others`, which say nothing where the list is used. */
export function stopWords(others: string): ReadonlySet<string> {
  return new Set(`${COMMON} ${others}`.split(' '))
}

/** English endings are taken off while this much of a word stays. */
const STEM_CHARS_MIN = 3

/** Endings in the order in which they are tried, with what takes their place. */
const ENDINGS: readonly (readonly [ending: string, instead: string])[] = [
  ['ations', 'ate'],
  ['ation', 'ate'],
  ['ically', 'ic'],
  ['ingly', ''],
  ['ments', ''],
  ['ment', ''],
  ['iness', 'y'],
  ['ness', ''],
  ['sses', 'ss'],
  ['ies', 'y'],
  ['ied', 'y'],
  ['ie', 'y'],
  ['ings', ''],
  ['ing', ''],
  ['edly', ''],
  ['ed', ''],
  ['ly', ''],
  ['es', ''],
  ['s', ''],
]

/** Verbs that end like an adverb. */
const PLY = /^(?:ap|com|im|multi|re|sup)ply$/

/** The stem of an English word in lower case. What matters is that two forms of a word meet, not that it is a word. */
export function stemOf(word: string): string {
  if (/^[^aeiou]{2}ie[sd]$/.test(word)) return `${word.slice(0, 2)}y`
  for (const [ending, instead] of ENDINGS) {
    if (!word.endsWith(ending) || isPartOf(ending, word)) continue
    const rest = word.slice(0, -ending.length)
    if (rest.length < STEM_CHARS_MIN || !/[aeiouy]/.test(rest)) continue
    // `families` becomes `family`, whose own end goes as well.
    if (instead === 'y') return stemOf(`${rest}y`)
    return tidy(lostE(rest, ending) ? `${rest}e` : rest + instead)
  }
  return tidy(word)
}

/** What looks like an ending and is none: of `glass`, of `planes` (where only the `s` is one), of `reply`. */
function isPartOf(ending: string, word: string): boolean {
  if (ending === 's') return /(?:ss|us|is)$/.test(word)
  if (ending === 'es') return !/(?:s|x|z|ch|sh)es$/.test(word)
  return ending === 'ly' && PLY.test(word)
}

/** `mak` of `making`, `rat` of `rated`, `siz` of `sizes`: what is left of a word that ended with an `e`. */
function lostE(rest: string, ending: string): boolean {
  if (ending === 'es') return /^[^aeiou][aeio][sz]$/.test(rest)
  return /^(?:ed|ings?)$/.test(ending) && /^[^aeiou][aeiou][^aeiouwxy]$/.test(rest)
}

/** Words of more letters than this lose an `e` at their end; `wine` and `win`, `care` and `car` stay apart. */
const E_CHARS_MAX = 4

/** `running`, `runs` and `run` meet, and so do `create`, `creates` and `creating`. */
function tidy(stem: string): string {
  if (stem.length > STEM_CHARS_MIN && /([bdfgmnprt])\1$/.test(stem)) return stem.slice(0, -1)
  return stem.length > E_CHARS_MAX && stem.endsWith('e') ? stem.slice(0, -1) : stem
}
