/** Functions and the search, and which of them the model may or must use. */
import { type Report, untranslatable } from '../../../nouns/report.ts'
import type { Conversation } from '../../translation/conversation.ts'
import { toolsOf as chatTools } from '../tools.ts'
import type { VendorFlags } from '../vendor.ts'
import { isObject, type Json, objectOf, objectsOf } from './json.ts'

/** Google's tools that are a search of the web. */
const SEARCHES: ReadonlySet<string> = new Set(['googleSearch', 'googleSearchRetrieval'])

export function toolsOf(conversation: Conversation, flags: VendorFlags, report: Report): Json {
  const { tools: functions, tool_choice: choice } = chatTools(conversation, flags, report)
  const hasSearch = takeSearch(conversation, flags, report)
  const tools = [...objectsOf(functions).map(flatTool), ...(hasSearch ? [{ type: 'web_search' }] : [])]
  if (tools.length === 0) return {}
  // A search is no call: with one at hand, `required` would not mean a function any more.
  const isLoose = hasSearch && choice === 'required' && flags.hasAllowedTools
  const word = isLoose ? allowedTools('required', objectsOf(functions)) : flatChoice(choice)
  return { tools, ...(word !== undefined && { tool_choice: word }) }
}

/** Unlike in a chat, a function that is not said to be loose is strict, and its schema is changed to fit. */
function flatTool({ function: declared }: Json): Json {
  return { type: 'function', strict: false, ...objectOf(declared) }
}

function flatChoice(choice: unknown): unknown {
  if (!isObject(choice)) return choice
  if (choice.type === 'function') return { type: 'function', name: objectOf(choice.function).name }
  const { mode, tools } = objectOf(choice.allowed_tools)
  return allowedTools(mode, objectsOf(tools))
}

function allowedTools(mode: unknown, tools: readonly Json[]): Json {
  const named = tools.map((tool) => ({ type: 'function', name: objectOf(tool.function).name }))
  return { type: 'allowed_tools', mode, tools: named }
}

/** Another one's search than Google's, with the same use. */
function takeSearch({ serverTools }: Conversation, flags: VendorFlags, report: Report): boolean {
  if (!flags.hasResponses) return false
  const searches = serverTools.filter(({ name }) => SEARCHES.has(name))
  for (const tool of searches) {
    tool.take()
    if (objectOf(tool.config.searchTypes).imageSearch !== undefined) {
      throw untranslatable(`${tool.path}.searchTypes.imageSearch`, 'the target does not search for images')
    }
    report.approximated(tool.path, "the web is searched by the target's own means")
  }
  return searches.length > 0
}
