/** The body of a chat completion as Gemini's `generateContent`. */
import type { Report } from '../../../nouns/report.ts'
import { extrasOf } from '../google.ts'
import { dropUntaken, reportWithin } from '../leftovers.ts'
import { EFFORTS, thinkingOf } from '../thinking.ts'
import { tierOf } from '../tier.ts'
import { toolboxOf } from '../toolbox.ts'
import { NEEDS_SIGNATURES } from '../turns.ts'
import { invalid, type Json, Members } from '../values.ts'
import { configOf } from './config.ts'
import { conversationOf } from './messages.ts'
import { toolsOf } from './tools.ts'

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
  const effort = request.word('reasoning_effort', EFFORTS)
  const generationConfig = {
    ...configOf(request, report),
    ...extras.config,
    ...thinkingOf({ effort, path: 'reasoning_effort' }, extras.thinkingConfig, model, report),
  }
  const tier = tierOf(request, report)
  const { tools, toolConfig } = toolboxOf(toolsOf(request, report), searchOf(request, report), extras)
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
