/** Name patterns with `*` (any run of characters) and `?` (one). Matching is linear: nothing is compiled. */

export function isGlob(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?')
}

export function matchesGlob(pattern: string, name: string): boolean {
  let at = 0
  let inName = 0
  let star = -1
  let afterStar = 0
  while (inName < name.length) {
    if (
      at < pattern.length &&
      (pattern[at] === '?' || (pattern[at] === name[inName] && pattern[at] !== '*'))
    ) {
      at++
      inName++
    } else if (pattern[at] === '*') {
      star = at++
      afterStar = inName
    } else if (star >= 0) {
      at = star + 1
      inName = ++afterStar
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, name))
}

/** The more of a name a pattern spells out, the earlier it is asked; equals keep their order. Drops what is no glob. */
export function mostSpecificFirst(patterns: readonly string[]): string[] {
  return patterns.filter(isGlob).sort((one, other) => literals(other) - literals(one))
}

function literals(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, '').length
}
