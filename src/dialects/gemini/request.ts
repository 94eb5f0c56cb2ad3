/** The body of a Gemini request: bounded and checked while it arrives, kept as the bytes that it is. */
import type { Call, HttpRequest, Opening } from '../../nouns.ts'
import type { JsonLimits, JsonScanner } from '../../wire/json-scanner.ts'
import { askingOf } from '../asking.ts'
import { parse, readBody, scanBody } from '../body.ts'
import { factsOf, tierOf, WATCH } from './facts.ts'

export async function decode(request: HttpRequest, opening: Opening, limits: JsonLimits): Promise<Call> {
  const asking = askingOf(request)
  const { body, scanner } = await readBody(request, limits, WATCH)
  return { ...callOf(opening, body, scanner, request), ...asking }
}

/** Whoever asks: a client's request, or what stands for it. */
export interface Asker extends Pick<HttpRequest, 'id' | 'receivedAtMs' | 'clientLeft'> {
  readonly tags?: Call['tags']
  /** Instead of the one that the body asks for. */
  readonly tier?: Call['tier']
}

/** A call from a body that came as a part of something else, such as a line of a batch; checked like a client's. */
export function callFrom(body: Buffer, opening: Opening, limits: JsonLimits, asker: Asker): Call {
  return callOf(opening, body, scanBody(body, limits, WATCH), asker)
}

function callOf(opening: Opening, body: Buffer, scanner: JsonScanner, asker: Asker): Call {
  let document: Record<string, unknown> | undefined
  return {
    ...opening,
    id: asker.id,
    wire: 'gemini',
    body,
    document: () => {
      document ??= parse(body)
      return document
    },
    facts: factsOf(scanner.found, opening.verb, body.length),
    forwardHeaders: {},
    forwardQuery: '',
    tags: asker.tags,
    idempotencyKey: undefined,
    tier: asker.tier ?? tierOf(scanner.found),
    isStrict: false,
    receivedAtMs: asker.receivedAtMs,
    deadlineAtMs: undefined,
    clientLeft: () => asker.clientLeft(),
  }
}
