/**
 * Which characters are the same letter, as ECMAScript's flags `iu` see it: those with the same simple folding. Told
 * from the runtime's lower and upper case, of single characters only (`ß` is not `ss`).
 */

const ASCII_MAX = 0x7f
/** Above it, each letter has one lower and one upper form that lead to each other. */
const ODD_FORMS_MAX = 0x212b
const LONG_S = 0x17f

/** Fills `forms` with a code point and all that are the same letter. */
export function fillForms(forms: number[], code: number): void {
  const folded = foldCase(code)
  forms.length = 0
  forms.push(folded)
  const upper = soleOf(String.fromCodePoint(folded).toUpperCase())
  if (upper !== undefined && upper !== folded) forms.push(upper)
  if (folded > ASCII_MAX || folded === 0x73 || folded === 0x6b) forms.push(...(oddForms().get(folded) ?? []))
}

/** One form for all that are the same letter; most often the lower one. */
export function foldCase(code: number): number {
  if (code <= ASCII_MAX) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
  const sign = String.fromCodePoint(code)
  const upper = soleOf(sign.toUpperCase())
  // `ı` is no `I`, although it is written so in capitals.
  const isKept = upper === undefined || (upper <= ASCII_MAX && code !== LONG_S)
  return soleOf((isKept ? sign : String.fromCodePoint(upper)).toLowerCase()) ?? code
}

/** The code point of a text of one character. */
function soleOf(text: string): number | undefined {
  const code = text.codePointAt(0)!
  return text.length === (code > 0xffff ? 2 : 1) ? code : undefined
}

let odd: ReadonlyMap<number, readonly number[]> | undefined

/** Letters beyond a lower and its upper form, such as `ς` of `σ`, by what they fold to. Made when first needed. */
function oddForms(): ReadonlyMap<number, readonly number[]> {
  if (odd !== undefined) return odd
  const forms = new Map<number, number[]>()
  for (let code = ASCII_MAX + 1; code <= ODD_FORMS_MAX; code++) {
    const folded = foldCase(code)
    if (folded === code || soleOf(String.fromCodePoint(folded).toUpperCase()) === code) continue
    forms.set(folded, [...(forms.get(folded) ?? []), code])
  }
  odd = forms
  return forms
}
