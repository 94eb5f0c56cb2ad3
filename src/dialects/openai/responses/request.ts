/** The body of a response's request as Gemini's `generateContent`. */
import { badRequest, errorInfo, GatewayError } from '../../../errors.ts'
import type { Report } from '../../../nouns/report.ts'
import type { Part } from '../../../wire/gemini.ts'
import type { Asked } from '../asked.ts'
import { extrasOf } from '../google.ts'
import { dropUntaken, reportWithin } from '../leftovers.ts'
import { EFFORTS, thinkingOf } from '../thinking.ts'
import { tierOf } from '../tier.ts'
import { toolboxOf } from '../toolbox.ts'
import { NEEDS_SIGNATURES } from '../turns.ts'
import { invalid, type Json, Members, unspeakable, wrongType } from '../values.ts'
import { configOf } from './config.ts'
import { textsOf } from './content.ts'
import { conversationOf } from './input.ts'
import { itemsOf } from './items.ts'
import { toolsOf } from './tools.ts'

/** Throws `invalid_argument` for what is wrong, `untranslatable` for what Gemini's API has no word for. */
export function geminiOf(asked: Asked, model: string, report: Report): Json {
  const request = new Members(asked.document(), '')
  for (const name of CARRIED_ELSEWHERE) request.take(name)
  refuseHard(request)
  const extras = extrasOf(request)
  const context = { report, needsSignatures: NEEDS_SIGNATURES.test(model) }
  const { systemInstruction, contents } = conversationOf(
    [...earlierItems(asked), ...ownItems(request, asked)],
    instructionsOf(request),
    context,
  )
  if (contents.length === 0) throw invalid('input', "Invalid 'input': at least one message is needed.")
  const generationConfig = {
    ...configOf(request, report),
    ...extras.config,
    ...reasoningOf(request, extras.thinkingConfig, model, report),
  }
  const tier = tierOf(request, report)
  const { functions, served } = toolsOf(request, report)
  const { tools, toolConfig } = toolboxOf(functions, served, extras)
  if (request.flag('parallel_tool_calls') === false && tools.length > 0)
    report.dropped('parallel_tool_calls', 'the model may call several functions at once')
  if (request.word('truncation', ['auto', 'disabled']) === 'auto')
    report.dropped('truncation', 'a conversation that is too long is refused')
  dropUntaken(request, report, SOFT)
  reportWithin(request, report)
  return {
    ...extras.request,
    ...(systemInstruction !== undefined && { systemInstruction }),
    contents,
    ...(tools.length > 0 && { tools }),
    ...(toolConfig !== undefined && { toolConfig }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...(tier !== undefined && { serviceTier: tier }),
  }
}

/** Read by the door itself. */
const CARRIED_ELSEWHERE = ['model', 'stream', 'stream_options', 'metadata', 'previous_response_id'] as const

/** Hints, and what concerns an account at OpenAI. */
const SOFT: Readonly<Record<string, string>> = {
  client_metadata: 'the model is not told who asks',
  max_tool_calls: 'the model calls its own tools as often as it likes',
  prompt_cache_key: 'prompts are cached by what they begin with',
  prompt_cache_options: 'prompts are cached by what they begin with',
  prompt_cache_retention: 'prompts are cached for as long as the service likes',
  safety_identifier: 'the model is not told who asks',
  user: 'the model is not told who asks',
}

/** What an answer without it would be another answer. */
function refuseHard(request: Members): void {
  if (request.flag('background') === true)
    throw unspeakable('background', 'answers are made while the client waits')
  request.flag('store')
  if (request.take('conversation') !== undefined)
    throw unspeakable('conversation', 'there are no conversations: go on by previous_response_id')
  if (request.take('prompt') !== undefined) throw unspeakable('prompt', 'there are no stored prompts')
}

function instructionsOf(request: Members): readonly Part[] {
  return request.take('instructions') === undefined ? [] : textsOf(request, 'instructions')
}

/** Instructions of an earlier request are not carried over: only items are kept. Throws for an id that is not known. */
function earlierItems({ earlier: { previous } }: Asked): readonly Members[] {
  if (previous === undefined) return []
  const { id, kept } = previous
  if (kept === undefined) throw previousNotFound(id)
  return [...kept.input, ...kept.output].map(
    (item, index) => new Members(item, `previous_response_id[${index}]`),
  )
}

/** Another target may have it, where its answer was made. */
function previousNotFound(id: string): GatewayError {
  const shown = id.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?')
  const message = `Previous response with id '${shown}' not found.`
  return new GatewayError('untranslatable', message, {
    details: [badRequest('previous_response_id', message), errorInfo('PREVIOUS_RESPONSE_NOT_FOUND', 'wasat')],
  })
}

function ownItems(request: Members, asked: Asked): readonly Members[] {
  const input = request.take('input')
  if (input === undefined && asked.earlier.previous === undefined)
    throw invalid('input', "Missing required parameter: 'input'.")
  if (input !== undefined && typeof input !== 'string' && !Array.isArray(input))
    throw wrongType('input', 'a string or an array', input)
  return itemsOf(asked).map((item, index) => new Members(item, `input[${index}]`))
}

function reasoningOf(request: Members, own: Json | undefined, model: string, report: Report): Json {
  const reasoning = request.object('reasoning')
  const effort = reasoning?.word('effort', EFFORTS)
  const words = ['auto', 'concise', 'detailed'] as const
  const older = reasoning?.word('generate_summary', words)
  const summary = reasoning?.word('summary', [...words, 'none']) ?? older
  if (reasoning !== undefined)
    dropUntaken(reasoning, report, { context: 'the model decides what it reads of its thoughts' })
  const shown = summary === undefined || summary === 'none' ? {} : { includeThoughts: true }
  return thinkingOf({ effort, path: 'reasoning.effort' }, { ...shown, ...own }, model, report)
}
