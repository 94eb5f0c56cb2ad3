/** From findings to one text, and from what was left of that text to its `groundingSupports`. */

import type { Part } from '../../../wire/gemini.ts'
import { byteOffsets } from './byte-offsets.ts'
import type { Finding, Grade, GroundingChunk } from './finding.ts'

/** A piece of the text that has sources; offsets in UTF-16 units, end exclusive. */
interface Claim {
  readonly start: number
  readonly end: number
  /** Chunks by their numbers over all findings. */
  readonly grades: readonly Grade[]
}

export interface Grounded {
  readonly text: string
  readonly claims: readonly Claim[]
  readonly chunks: readonly GroundingChunk[]
}

/** Sets the findings one below the other. `lead` stands before them, `write` says in which letters. */
export function compose(
  findings: readonly Finding[],
  lead: string,
  write: (text: string) => string,
): Grounded {
  let text = write(lead).toWellFormed()
  const claims: Claim[] = []
  const chunks: GroundingChunk[] = []
  findings.forEach(({ statements }, index) => {
    const before = chunks.length
    if (index > 0) text += '\n\n'
    for (const statement of statements) {
      const start = text.length + statement.lead.length
      text += statement.lead + write(statement.text).toWellFormed()
      const grades = statement.grades.map(({ chunk, ...grade }) => ({ ...grade, chunk: before + chunk }))
      if (grades.length > 0) claims.push({ start, end: text.length, grades })
    }
    chunks.push(...findings[index]!.chunks)
  })
  return { text, claims, chunks }
}

interface Segment {
  readonly partIndex?: number
  readonly startIndex?: number
  readonly endIndex: number
  readonly text: string
}

export interface GroundingSupport {
  readonly segment: Segment
  readonly groundingChunkIndices: readonly number[]
  readonly confidenceScores?: readonly number[]
}

/**
 * The supports of what was left of a text. Indices count UTF-8 bytes of the part's text, the end is exclusive, and what
 * is 0 is left out. A limit may have cut the text and a stream may have split it: a claim is shortened to what is there.
 */
export function supportsOf(
  { text, claims }: Grounded,
  parts: readonly Part[],
  withScores: boolean,
): GroundingSupport[] {
  const supports: GroundingSupport[] = []
  let position = startOf(text, parts)
  for (const [partIndex, part] of parts.entries()) {
    if (!isShown(part)) continue
    const kept = commonLength(text, position, part.text)
    const window = { start: position, end: position + kept }
    const segments = segmentsOf(part.text, claims, window)
    for (const { claim, segment } of segments) {
      supports.push({
        segment: { ...(partIndex > 0 && { partIndex }), ...segment },
        groundingChunkIndices: claim.grades.map(({ chunk }) => chunk),
        ...(withScores && { confidenceScores: claim.grades.map(({ confidence }) => confidence) }),
      })
    }
    position = window.end
    if (kept < part.text.length) break
  }
  return supports
}

/** Where in the whole text these parts begin: a long answer that goes on in a further request does not begin at 0. */
function startOf(text: string, parts: readonly Part[]): number {
  const first = parts.find((part) => isShown(part))?.text ?? ''
  return text.startsWith(first) ? 0 : Math.max(0, text.indexOf(first))
}

function isShown(part: Part): part is Part & { text: string } {
  return part.text !== undefined && part.text !== '' && part.thought !== true
}

interface Window {
  readonly start: number
  readonly end: number
}

/** The claims that lie in a window of the whole text, as byte ranges of the part that shows this window. */
function segmentsOf(
  partText: string,
  claims: readonly Claim[],
  window: Window,
): { claim: Claim; segment: Segment }[] {
  const segments: { claim: Claim; segment: Segment }[] = []
  const bytesUntil = byteOffsets(partText)
  for (const claim of claims) {
    const start = Math.max(claim.start, window.start) - window.start
    const end = Math.min(claim.end, window.end) - window.start
    if (end <= start || partText.slice(start, end).trim() === '') continue
    const startIndex = bytesUntil(start)
    const endIndex = bytesUntil(end)
    const text = partText.slice(start, end)
    segments.push({ claim, segment: { ...(startIndex > 0 && { startIndex }), endIndex, text } })
  }
  return segments
}

/** How far `part` says what stands at `position`; never ends between the two halves of a character. */
function commonLength(text: string, position: number, part: string): number {
  const max = Math.min(part.length, text.length - position)
  let length = 0
  while (length < max && text.charCodeAt(position + length) === part.charCodeAt(length)) length++
  const isHalf = length > 0 && (part.charCodeAt(length - 1) & 0xfc00) === 0xd800
  return isHalf ? length - 1 : length
}
