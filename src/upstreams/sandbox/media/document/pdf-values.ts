/** What a PDF is made of. Source: ISO 32000-1, 7.3. */

export interface PdfName {
  readonly kind: 'name'
  readonly name: string
}

export interface PdfText {
  readonly kind: 'text'
  readonly bytes: Buffer
}

export interface PdfReference {
  readonly kind: 'reference'
  readonly number: number
}

/** A word that is no value: an operator, `obj`, `stream`, `R`. */
export interface PdfWord {
  readonly kind: 'word'
  readonly word: string
}

export type PdfDictionary = ReadonlyMap<string, PdfValue>

export type PdfValue =
  | number
  | boolean
  | null
  | PdfName
  | PdfText
  | PdfReference
  | PdfWord
  | readonly PdfValue[]
  | PdfDictionary

/** `undefined` for anything that is not a dictionary. */
export function dictionaryOf(value: PdfValue | undefined): PdfDictionary | undefined {
  return value instanceof Map ? value : undefined
}

export function listOf(value: PdfValue | undefined): readonly PdfValue[] | undefined {
  return Array.isArray(value) ? (value as readonly PdfValue[]) : undefined
}

export function nameOf(value: PdfValue | undefined): string | undefined {
  return isKind(value, 'name') ? value.name : undefined
}

export function numberOf(value: PdfValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function isKind<K extends 'name' | 'text' | 'reference' | 'word'>(
  value: PdfValue | undefined,
  kind: K,
): value is Extract<PdfValue, { kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}
