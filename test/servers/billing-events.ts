/** The bytes of the billing upstream's answers. */
import { countsAfter, drawsFrom, type Plan, usageMetadata } from './billing-plan.ts'

/** Events `from` to before `to` as one Gemini response. */
export function eventOf(plan: Plan, model: string, from: number, to: number): Record<string, unknown> {
  const isLast = to >= plan.chunks
  const text = Array.from({ length: to - from }, (_, index) => `word ${from + index} of ${plan.id} `).join('')
  return {
    candidates: [
      {
        content: { parts: [{ text }], role: 'model' },
        ...(isLast && { finishReason: 'STOP' }),
        index: 0,
        ...(isLast && plan.counts.searches > 0 && { groundingMetadata: grounding(plan.counts.searches) }),
      },
    ],
    ...(plan.hasUsage && { usageMetadata: usageMetadata(countsAfter(plan.counts, to, plan.chunks)) }),
    // By this the row on the gateway's ledger is found again.
    modelVersion: `${model}-001/${plan.id}`,
    responseId: plan.id,
  }
}

function grounding(searches: number): object {
  return {
    webSearchQueries: Array.from({ length: searches }, (_, index) => `query ${index}`),
    groundingChunks: [{ web: { uri: 'https://example.com/', title: 'example' } }],
  }
}

export function frame(event: object, index: number, count: number, isSse: boolean): string {
  const json = JSON.stringify(event)
  if (isSse) return `data: ${json}\r\n\r\n`
  return `${index === 0 ? '[' : ',\r\n'}${json}\n${index === count - 1 ? ']\n' : ''}`
}

export function piecesOf(framed: readonly string[], plan: Plan): Buffer[] {
  const events = framed.map((text) => Buffer.from(text))
  const all = Buffer.concat(events)
  switch (plan.split) {
    case 'merged':
      return [all]
    case 'bytes':
      return Array.from(all, (_, index) => all.subarray(index, index + 1))
    case 'random':
      return cutAnywhere(all, drawsFrom(plan.id))
    case 'events':
      return events
  }
}

const RANDOM_PIECE_BYTES_MAX = 300

function cutAnywhere(all: Buffer, draw: (below: number) => number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < all.length; ) {
    const length = 1 + draw(RANDOM_PIECE_BYTES_MAX)
    pieces.push(all.subarray(at, at + length))
    at += length
  }
  return pieces
}
