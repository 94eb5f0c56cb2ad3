/** The body of a chat completion as Gemini's `generateContent`. */
import type { Report } from '../../../nouns/report.ts'
import { type Extras, extrasOf } from '../google.ts'
import { dropUntaken, reportWithin } from '../leftovers.ts'
import { EFFORTS, thinkingConfigOf } from '../thinking.ts'
import { invalid, type Json, Members, unspeakable } from '../values.ts'
import { configOf } from './config.ts'
import { conversationOf } from './messages.ts'
import { toolsOf } from './tools.ts'

/** Models that refuse a call of their own history without its signature. */
const NEEDS_SIGNATURES = /^gemini-(?:[3-9]|[1-9]\d)/

/** Throws `invalid_argument` for what is wrong, `untranslatable` for what Gemini's API has no word for. */
export function geminiOf(document: Json, model: string, report: Report): Json {
  const request = new Members(document, '')
  for (const name of CARRIED_ELSEWHERE) request.take(name)
  const messages = request.objects('messages')
  if (request.take('messages') === undefined)
    throw invalid('messages', "Missing required parameter: 'messages'.")
  const extras = extrasOf(request)
  const { systemInstruction, contents } = conversationOf(messages, {
    report,
    needsSignatures: NEEDS_SIGNATURES.test(model),
  })
  const generationConfig = {
    ...configOf(request, report),
    ...extras.config,
    ...thinking(request, extras, model, report),
  }
  const tier = tierOf(request, report)
  const { tools, toolConfig } = toolbox(request, extras, report)
  const body = {
    ...extras.request,
    ...(systemInstruction !== undefined && { systemInstruction }),
    contents,
    ...(tools.length > 0 && { tools }),
    ...(toolConfig !== undefined && { toolConfig }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...(tier !== undefined && { serviceTier: tier }),
  }
  if (request.flag('parallel_tool_calls') === false && tools.length > 0)
    report.dropped('parallel_tool_calls', 'the model may call several functions at once')
  dropUntaken(request, report, SOFT)
  reportWithin(request, report)
  return body
}

/** Read by the door itself. */
const CARRIED_ELSEWHERE = ['model', 'stream', 'stream_options', 'metadata'] as const

/** Hints, and what concerns an account at OpenAI. */
const SOFT: Readonly<Record<string, string>> = {
  logit_bias: 'the model has other tokens',
  min_p: 'the model has no such setting',
  prediction: 'the model does not take the likely answer beforehand',
  prompt_cache_key: 'prompts are cached by what they begin with',
  prompt_cache_options: 'prompts are cached by what they begin with',
  prompt_cache_retention: 'prompts are cached for as long as the service likes',
  repetition_penalty: 'the model has no such setting',
  safety_identifier: 'the model is not told who asks',
  store: 'answers are not kept',
  user: 'the model is not told who asks',
  verbosity: 'the model has no such setting',
}

function thinking(request: Members, { thinkingConfig }: Extras, model: string, report: Report): Json {
  const effort = request.word('reasoning_effort', EFFORTS)
  if (effort !== undefined && (thinkingConfig?.thinkingLevel ?? thinkingConfig?.thinkingBudget) !== undefined)
    throw invalid('reasoning_effort', "'reasoning_effort' and google.thinking_config exclude each other.")
  const config = { ...thinkingConfigOf(effort, model, 'reasoning_effort', report), ...thinkingConfig }
  return Object.keys(config).length > 0 ? { thinkingConfig: config } : {}
}

/** `fast` is the newer name of `priority`. */
const TIERS = ['auto', 'default', 'flex', 'priority', 'fast', 'scale', 'standard'] as const

/** Undefined: the usual one. */
function tierOf(request: Members, report: Report): string | undefined {
  const tier = request.word('service_tier', TIERS)
  if (tier === 'flex') return tier
  if (tier === 'priority' || tier === 'fast') return 'priority'
  if (tier === 'scale') report.dropped('service_tier', 'there is no such tier')
  return undefined
}

interface Toolbox {
  readonly tools: readonly unknown[]
  readonly toolConfig: Json | undefined
}

function toolbox(request: Members, { request: extra }: Extras, report: Report): Toolbox {
  const { declarations, functionCallingConfig, isChosen } = toolsOf(request, report)
  const given = extra.tools ?? []
  if (!Array.isArray(given))
    throw invalid('google.tools', "Invalid type for 'google.tools': expected an array.")
  const tools = [
    ...(declarations.length > 0 ? [{ functionDeclarations: declarations }] : []),
    ...searchOf(request, report),
    ...given,
  ]
  const hasOwn = extra.toolConfig?.functionCallingConfig !== undefined
  if (hasOwn && isChosen)
    throw invalid('tool_choice', "'tool_choice' and google.tool_config exclude each other.")
  const isCarried = functionCallingConfig !== undefined && declarations.length > 0 && !hasOwn
  const config = { ...extra.toolConfig, ...(isCarried && { functionCallingConfig }) }
  if (functionCallingConfig?.mode === 'ANY' && declarations.length === 0)
    throw unspeakable('tool_choice', 'there is no function to be called')
  return { tools, toolConfig: Object.keys(config).length > 0 ? config : undefined }
}

/** OpenAI's own search is asked for by a member of its own. */
function searchOf(request: Members, report: Report): readonly Json[] {
  const options = request.object('web_search_options')
  if (options === undefined) return []
  for (const name of options.untaken()) {
    options.take(name)
    report.dropped(options.pathOf(name), 'the search has no such setting')
  }
  return [{ googleSearch: {} }]
}
