/** A body through the dialect's reader and, when it is one, on through every reader of what it means; no socket. */
import { isGeminiPath, open } from '../../src/dialects/gemini/open.ts'
import { callFrom } from '../../src/dialects/gemini/request.ts'
import { parseTarget } from '../../src/edge/target.ts'
import { GatewayError } from '../../src/errors.ts'
import { requestOf } from '../../src/nouns.fixture.ts'
import type { Call, Opening } from '../../src/nouns.ts'
import { readMessage } from '../../src/upstreams/translation/checks/message.ts'
import { readBody, readCount } from '../../src/upstreams/translation/reading.fixture.ts'
import type { Sample } from './generate.ts'

/** The limits of §2.0, as the configuration's defaults are. */
const LIMITS = { depth: 100, nodes: 250_000, keysPerObject: 10_000 }

export function openingOf(verb: Opening['verb'] = 'generateContent'): Opening {
  return { apiVersion: 'v1beta', credential: 'k', verb, model: 'gemini-2.5-flash', delivery: 'unary' }
}

export function callOf(body: Buffer, opening = openingOf()): Call {
  return callFrom(body, opening, LIMITS, { id: 'r', receivedAtMs: 0, clientLeft: () => false })
}

/** What the reader has against a body; anything that is no refusal of ours is thrown. */
export function read(body: Buffer, opening = openingOf()): GatewayError | undefined {
  try {
    callOf(body, opening).document()
    return undefined
  } catch (error) {
    return refusalOf(error)
  }
}

/** A 4xx in our own words, or what was thrown. */
export function refusalOf(error: unknown): GatewayError {
  if (!(error instanceof GatewayError) || error.http < 400 || error.http >= 500) throw error
  return error
}

const MESSAGES = {
  generateContent: 'GenerateContentRequest',
  countTokens: 'CountTokensRequest',
  embedContent: 'EmbedContentRequest',
  batchEmbedContents: 'BatchEmbedContentsRequest',
} as const

/** How far a sample gets: what refused it, or nothing when it is a good request after all. */
export async function readWhole({ verb, body, target }: Sample): Promise<GatewayError | undefined> {
  try {
    const { path, query } = parseTarget(target)
    if (isGeminiPath(path)) open(requestOf('/', { path, query }))
    const document = callOf(body, openingOf(verb)).document()
    readMessage(MESSAGES[verb], document)
    if (verb === 'generateContent') await readBody(document)
    if (verb === 'countTokens') await readCount(document)
    return undefined
  } catch (error) {
    return refusalOf(error)
  }
}
