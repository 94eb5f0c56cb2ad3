/** What Vertex AI says, whole and streamed, as Vertex differs from the developer API. */
import { createHmac, randomBytes } from 'node:crypto'
import { sse } from '../../src/cli/faults/wires.ts'
import { answerTo, cut, deltasOf, digest, mishapOf, type Prompt, tokensOf } from './provider-mind.ts'
import type { Reply } from './provider-server.ts'
import type { Json } from './provider-shape.ts'
import { VertexRefusal } from './vertex-server-errors.ts'
import { isSigned, partsOf, type Signatures } from './vertex-server-rules.ts'

export interface Signer extends Signatures {
  sign(about: string): string
}

const MARK_BYTES = 32

export function createSigner(): Signer {
  const key = randomBytes(MARK_BYTES)
  const mark = (about: string) => createHmac('sha256', key).update(about).digest()
  return {
    sign: (about) => Buffer.concat([mark(about), Buffer.from(about)]).toString('base64'),
    isOurs(signature) {
      const bytes = Buffer.from(signature, 'base64')
      return mark(bytes.subarray(MARK_BYTES).toString()).equals(bytes.subarray(0, MARK_BYTES))
    },
  }
}

export interface Generation {
  readonly body: Json
  readonly model: string
  readonly isStream: boolean
  readonly isSse: boolean
}

export function replyToGenerate(generation: Generation, signer: Signer): Reply {
  const prompt = promptOf(generation.body)
  const mishap = mishapOf(prompt.text)
  if (mishap.status !== undefined) throw failure(mishap.status)
  const pieces = piecesOf(generation, prompt, signer)
  const whole = responseOf(generation, prompt, pieces)
  if (!generation.isStream) {
    return mishap.garbles
      ? { status: 200, text: '{"candidates": [{"content":' }
      : { status: 200, json: whole }
  }
  const chunks = chunksOf(whole, pieces)
  if (mishap.errs) {
    const { json } = failure(503).reply() as { json: unknown }
    return { frames: [...chunks.slice(0, 2), json].map((chunk) => `${sse(chunk)}`), end: 'clean' }
  }
  const shown = mishap.breaks ? chunks.slice(0, 2) : chunks
  const frames = generation.isSse
    ? shown.map((chunk) => sse(chunk))
    : shown
        .map((chunk, index) => `${index === 0 ? '[' : ','}${JSON.stringify(chunk)}`)
        .concat(mishap.breaks ? [] : [']'])
  return { frames, end: mishap.breaks ? 'broken' : 'clean' }
}

function failure(status: number): VertexRefusal {
  const words: Readonly<Record<number, string>> = {
    400: 'Request contains an invalid argument.',
    429: 'Resource exhausted. Please try again later.',
    500: 'Internal error encountered.',
    503: 'The service is currently unavailable.',
  }
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }
  return new VertexRefusal(words[status] ?? 'Told to fail.', status, status === 429 ? [retry] : [])
}

const textIn = (content: Json | undefined) =>
  partsOf(content ?? {})
    .filter(({ thought }) => thought !== true)
    .map(({ text = '' }) => String(text))
    .join(' ')
    .trim()

function promptOf(body: Json): Prompt {
  const all = body.contents as readonly Json[]
  const users = all.filter(({ role }) => role === 'user')
  const isAsking = (content: Json) => !partsOf(content).some(({ functionResponse }) => functionResponse)
  const results = partsOf(all.at(-1)!).flatMap(({ functionResponse }) => (functionResponse as Json) ?? [])
  const config = (body.generationConfig ?? {}) as Json
  const thinking = (config.thinkingConfig ?? {}) as Json
  const format = config.responseJsonSchema ?? lowered(config.responseSchema)
  return {
    text: textIn(users.findLast(isAsking)),
    system: textIn(body.systemInstruction as Json | undefined),
    said: users.map(textIn).join(' | '),
    results: (results as readonly Json[]).map(({ name, response }) => ({
      name: String(name),
      text: JSON.stringify(response),
    })),
    ...toolsOf(body),
    format: config.responseMimeType === 'application/json' ? (format ?? true) : undefined,
    media: partsOf(all.at(-1)!).flatMap(({ inlineData }) => {
      const { mimeType, data } = (inlineData ?? {}) as Json
      return data === undefined
        ? []
        : [{ mimeType: String(mimeType), bytes: Buffer.from(String(data), 'base64').length }]
    }),
    thinks: thinking.thinkingBudget !== 0,
  }
}

/** Google's schema says STRING where JSON Schema says string. */
function lowered(schema: unknown): unknown {
  return schema === undefined
    ? undefined
    : JSON.parse(JSON.stringify(schema), (key, value) =>
        key === 'type' && typeof value === 'string' ? value.toLowerCase() : value,
      )
}

function toolsOf({ tools = [], toolConfig }: Json): Pick<Prompt, 'tools' | 'choice'> {
  const all = (tools as readonly Json[])
    .flatMap(({ functionDeclarations: found = [] }) => found as readonly Json[])
    .map(({ name, parameters, parametersJsonSchema: schema }) => ({
      name: String(name),
      schema: schema ?? lowered(parameters),
    }))
  const { mode = 'AUTO', allowedFunctionNames: allowed = [] } = ((toolConfig as Json | undefined)
    ?.functionCallingConfig ?? {}) as Json
  const names = allowed as readonly string[]
  return {
    tools: names.length === 0 ? all : all.filter(({ name }) => names.includes(name)),
    choice: mode === 'ANY' ? 'any' : mode === 'NONE' ? 'none' : 'auto',
  }
}

interface Pieces {
  readonly parts: readonly Json[]
  readonly finish: string
  readonly thoughts: number
}

function piecesOf({ body, model }: Generation, prompt: Prompt, signer: Signer): Pieces {
  const said = answerTo(prompt)
  const config = (body.generationConfig ?? {}) as Json
  const shown = cut(
    said.text,
    (config.stopSequences ?? []) as readonly string[],
    typeof config.maxOutputTokens === 'number' ? config.maxOutputTokens : undefined,
  )
  const isShown = (config.thinkingConfig as Json | undefined)?.includeThoughts === true
  const thought = isShown && said.thought !== '' ? [{ text: said.thought, thought: true }] : []
  const calls = said.calls.map(({ id, name, args }, index) => ({
    functionCall: { id: `call-${id}`, name, args },
    ...(index === 0 && isSigned(model) && { thoughtSignature: signer.sign(`call ${id}`) }),
  }))
  return {
    parts: [...thought, ...(calls.length > 0 ? calls : [{ text: shown.text }])],
    finish: shown.by === 'limit' ? 'MAX_TOKENS' : 'STOP',
    thoughts: said.thought === '' ? 0 : tokensOf(said.thought),
  }
}

function responseOf({ body, model }: Generation, prompt: Prompt, { parts, finish, thoughts }: Pieces): Json {
  const promptTokenCount = tokensOf(body.contents) + tokensOf(body.tools)
  const candidatesTokenCount = tokensOf(parts.filter(({ thought }) => !thought))
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: finish, avgLogprobs: -0.25 }],
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount,
      ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
      totalTokenCount: promptTokenCount + candidatesTokenCount + thoughts,
      trafficType: 'ON_DEMAND',
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
      candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: candidatesTokenCount }],
    },
    modelVersion: model,
    createTime: '2026-11-21T10:00:00.123456Z',
    responseId: digest(prompt.said),
  }
}

/** Counts come with the last one. */
function chunksOf(whole: Json, { parts, finish }: Pieces): readonly Json[] {
  const { usageMetadata, candidates: _, ...rest } = whole
  const deltas = parts.flatMap((part): readonly Json[] =>
    part.text === undefined ? [part] : deltasOf(String(part.text)).map((text) => ({ ...part, text })),
  )
  return deltas.map((part, index) => {
    const content = { role: 'model', parts: [part] }
    return index < deltas.length - 1
      ? { candidates: [{ content }], usageMetadata: { trafficType: 'ON_DEMAND' }, ...rest }
      : { candidates: [{ content, finishReason: finish }], usageMetadata, ...rest }
  })
}
