/** What holds of every answer to a request, whatever was asked. Each law throws an AssertionError that names it. */
import assert from 'node:assert/strict'
import { Check } from 'typebox/schema'
import { SANDBOX_MODELS } from '../../src/upstreams/sandbox/models.ts'
import { readGeminiSchema, readJsonSchema } from '../../src/upstreams/sandbox/schema/read.ts'
import { validate } from '../../src/upstreams/sandbox/schema/validate.ts'
import { readMessage } from '../../src/upstreams/translation/checks/message.ts'
import type { Candidate, GenerateContentResponse, Part, UsageMetadata } from '../../src/wire/gemini.ts'
import type { Sample } from './requests.ts'

interface Counts extends UsageMetadata {
  promptTokensDetails?: readonly { readonly tokenCount: number }[]
  candidatesTokensDetails?: readonly { readonly tokenCount: number }[]
  toolUsePromptTokensDetails?: readonly { readonly tokenCount: number }[]
}

interface Config {
  readonly candidateCount?: number
  readonly maxOutputTokens?: number
  readonly stopSequences?: readonly string[]
  readonly responseMimeType?: string
  readonly responseSchema?: { readonly enum?: readonly string[] }
  readonly responseJsonSchema?: object
  readonly responseFormat?: { readonly text?: { readonly schema: object } }
  readonly thinkingConfig?: { readonly includeThoughts?: boolean; readonly thinkingBudget?: number }
}

interface Declaration {
  readonly name: string
  readonly parameters?: object
  readonly parametersJsonSchema?: object
}

interface Body {
  readonly contents: readonly { readonly parts: readonly Part[] }[]
  readonly generationConfig: Config
  readonly tools?: readonly { readonly functionDeclarations?: readonly Declaration[] }[]
  readonly toolConfig?: {
    readonly functionCallingConfig?: {
      readonly mode?: string
      readonly allowedFunctionNames?: readonly string[]
    }
  }
}

/** Every law for a whole answer; `sample` is within the documented subset. */
export function obeysAll(sample: Sample, answer: GenerateContentResponse): void {
  const body = sample.body as unknown as Body
  addsUp(answer)
  if (answer.promptFeedback !== undefined) return assert.equal(answer.candidates, undefined)
  const candidates = answer.candidates ?? []
  assert.deepEqual(
    candidates.map(({ index }) => index),
    Array.from({ length: body.generationConfig.candidateCount ?? 1 }, (_, index) => index),
  )
  for (const candidate of candidates) {
    assert.match(candidate.finishReason ?? '', /^[A-Z_]+$/, 'a candidate has one finishReason')
    staysWithin(sample, body.generationConfig, candidate, answer.usageMetadata ?? {})
    stopsAtSequences(body.generationConfig, candidate)
    isWellShaped(body, candidate)
    callsRightly(body, candidate)
    isTrueToTheByte(candidate)
  }
}

const sum = (details: readonly { readonly tokenCount: number }[] = []): number =>
  details.reduce((total, { tokenCount }) => total + tokenCount, 0)

/** total = prompt + candidates + tool use + thoughts, and details sum to their counts. */
export function addsUp({ usageMetadata, candidates = [] }: GenerateContentResponse): void {
  const usage = (usageMetadata ?? {}) as Counts
  const { promptTokenCount = 0, candidatesTokenCount = 0, toolUsePromptTokenCount = 0 } = usage
  const parts = promptTokenCount + candidatesTokenCount + toolUsePromptTokenCount
  assert.equal(usage.totalTokenCount, parts + (usage.thoughtsTokenCount ?? 0), 'the total is the sum')
  assert.equal(sum(usage.promptTokensDetails), promptTokenCount, 'prompt by modality')
  assert.equal(sum(usage.candidatesTokensDetails), candidatesTokenCount, 'candidates by modality')
  assert.equal(sum(usage.toolUsePromptTokensDetails), toolUsePromptTokenCount, 'tool use by modality')
  const told = candidates.reduce((total, { tokenCount }) => total + ((tokenCount as number) ?? 0), 0)
  assert.equal(told, candidatesTokenCount, 'candidates one by one')
}

function staysWithin({ model }: Sample, config: Config, candidate: Candidate, usage: UsageMetadata): void {
  const count = config.candidateCount ?? 1
  const limit = config.maxOutputTokens ?? SANDBOX_MODELS.get(model)!.resource.outputTokenLimit
  const tokens = (candidate.tokenCount as number | undefined) ?? 0
  assert.ok(tokens <= limit, `${tokens} tokens of at most ${limit}`)
  const thoughts = usage.thoughtsTokenCount ?? 0
  assert.ok((usage.candidatesTokenCount ?? 0) + thoughts <= limit * count, 'thoughts count to the limit')
  const budget = config.thinkingConfig?.thinkingBudget ?? -1
  // A budget of 0 means the least there is on models that always think a little.
  if (budget > 0) assert.ok(thoughts <= budget * count, `${thoughts} thoughts of at most ${budget} each`)
  const isShown = partsOf(candidate).some(({ thought }) => thought)
  if (isShown) assert.equal(config.thinkingConfig?.includeThoughts, true, 'thoughts are shown on request')
}

export function partsOf({ content }: Candidate): readonly Part[] {
  return content?.parts ?? []
}

const isVisible = ({ text, thought }: Part): boolean => text !== undefined && thought !== true

function stopsAtSequences({ stopSequences = [] }: Config, candidate: Candidate): void {
  for (const { text = '' } of partsOf(candidate).filter(isVisible)) {
    assert.ok(text.isWellFormed(), 'text is well-formed')
    for (const sequence of stopSequences) assert.ok(!text.includes(sequence), `says ${sequence}`)
  }
}

/** An answer that came to its end, and was not cut by the request's own wishes, is what its schema asks for. */
function isWellShaped({ generationConfig: config }: Body, candidate: Candidate): void {
  const { responseMimeType, responseSchema, responseJsonSchema, responseFormat, stopSequences = [] } = config
  const isShaped = responseMimeType !== undefined || responseFormat !== undefined
  const parts = partsOf(candidate)
  const hasCalls = parts.some(({ functionCall }) => functionCall !== undefined)
  if (!isShaped || candidate.finishReason !== 'STOP' || stopSequences.length > 0 || hasCalls) return
  const text = parts
    .filter(isVisible)
    .map((part) => part.text)
    .join('')
  if (responseMimeType === 'text/x.enum') return assert.ok(responseSchema?.enum?.includes(text), text)
  const value: unknown = JSON.parse(text)
  if (responseSchema !== undefined) assert.deepEqual(problemsOf(responseSchema, value), [])
  const jsonSchema = responseJsonSchema ?? responseFormat?.text?.schema
  if (jsonSchema !== undefined) assert.ok(fits(jsonSchema, value), `${text} is not what the schema asks for`)
}

/** The other validator sees these members in every object. */
const INHERITED = /"(?:toString|constructor|__proto__)"/

/** As another validator than the sandbox's own sees it, where that can. */
function fits(schema: object, value: unknown): boolean {
  if (!INHERITED.test(JSON.stringify(schema))) return Check(schema, value)
  return validate(readJsonSchema(schema, 'schema'), value).length === 0
}

function problemsOf(schema: object, value: unknown): readonly string[] {
  return validate(readGeminiSchema(readMessage('Schema', schema), 'schema'), value)
}

function callsRightly({ contents, tools = [], toolConfig }: Body, candidate: Candidate): void {
  const { mode = 'AUTO', allowedFunctionNames } = toolConfig?.functionCallingConfig ?? {}
  const declared = tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations)
  const calls = partsOf(candidate).flatMap(({ functionCall }) => functionCall ?? [])
  if (mode === 'NONE') assert.deepEqual(calls, [], 'NONE calls nothing')
  for (const { name, args } of calls) {
    const declaration = declared.find((one) => one.name === name)
    assert.ok(declaration, `${name} is declared`)
    if (allowedFunctionNames) assert.ok(allowedFunctionNames.includes(name), `${name} is allowed`)
    const { parameters, parametersJsonSchema } = declaration
    if (parameters) assert.deepEqual(problemsOf(parameters, args), [], `arguments of ${name}`)
    if (parametersJsonSchema)
      assert.ok(fits(parametersJsonSchema, args), `${JSON.stringify(args)} of ${name}`)
  }
  const last = contents.at(-1)?.parts ?? []
  const isFresh = !last.some(({ functionResponse }) => functionResponse !== undefined)
  const isEnded = last.some(({ text }) => text?.includes('sandbox:finish'))
  if (mode !== 'ANY' || !isFresh || isEnded || candidate.finishReason !== 'STOP') return
  assert.ok(calls.length > 0, 'ANY calls something')
}

interface Range {
  readonly partIndex?: number
  readonly startIndex?: number
  readonly endIndex: number
  readonly text: string
}

/** Offsets of sources count bytes of the part that they are about. */
function isTrueToTheByte(candidate: Candidate): void {
  const parts = partsOf(candidate)
  const { groundingSupports = [], groundingChunks = [] } = (candidate.groundingMetadata ?? {}) as {
    groundingSupports?: readonly {
      readonly segment: Range
      readonly groundingChunkIndices: readonly number[]
      readonly confidenceScores?: readonly number[]
    }[]
    groundingChunks?: readonly object[]
  }
  for (const { segment, groundingChunkIndices, confidenceScores } of groundingSupports) {
    const bytes = Buffer.from(parts[segment.partIndex ?? 0]?.text ?? '')
    const said = bytes.subarray(segment.startIndex ?? 0, segment.endIndex).toString()
    assert.equal(said, segment.text, 'a support is true to the byte')
    assert.ok(groundingChunkIndices.every((index) => index < groundingChunks.length))
    if (confidenceScores) assert.equal(confidenceScores.length, groundingChunkIndices.length)
  }
  const { citationSources = [] } = (candidate.citationMetadata ?? {}) as {
    citationSources?: readonly Omit<Range, 'text'>[]
  }
  const length = Buffer.byteLength(parts.find(isVisible)?.text ?? '')
  for (const { startIndex = 0, endIndex } of citationSources) {
    assert.ok(startIndex < endIndex && endIndex <= length, 'a citation lies within the text')
  }
}

/** A stream says the same as the unary answer: words, calls, ends, metadata, usage. */
export function saysTheSame(
  chunks: readonly GenerateContentResponse[],
  whole: GenerateContentResponse,
): void {
  const last = chunks.at(-1)
  assert.deepEqual(last?.usageMetadata, whole.usageMetadata)
  for (const { responseId, modelVersion } of chunks) {
    assert.deepEqual([responseId, modelVersion], [whole.responseId, whole.modelVersion])
  }
  if (whole.promptFeedback !== undefined) {
    assert.equal(chunks.length, 1)
    return assert.deepEqual(last?.promptFeedback, whole.promptFeedback)
  }
  for (const candidate of whole.candidates ?? []) {
    const told = chunks
      .flatMap(({ candidates = [] }) => candidates)
      .filter(({ index }) => index === candidate.index)
    assert.deepEqual(
      told.flatMap(({ finishReason }, at) => (finishReason ? [at] : [])),
      [told.length - 1],
      'a candidate ends once, with its last chunk',
    )
    const { content, ...members } = candidate
    const { content: _, ...toldMembers } = Object.assign({}, ...told) as Candidate
    assert.deepEqual(toldMembers, members)
    assert.deepEqual(joined(told.flatMap(partsOf)), joined(content?.parts ?? []))
  }
}

/** Texts that follow one another as one; a signature that comes after its text belongs to it. */
function joined(parts: readonly Part[]): readonly Part[] {
  const whole: Part[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    const isSame = last?.text !== undefined && part.text !== undefined && last.thought === part.thought
    if (isSame) whole[whole.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` }
    else whole.push(part)
  }
  return whole
}
