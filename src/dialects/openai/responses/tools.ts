/** Functions that the model may call, and the tools of OpenAI's that Gemini has as well. */
import type { Report } from '../../../nouns/report.ts'
import { declarationOf, type Functions, functionsOf } from '../functions.ts'
import { dropUntaken } from '../leftovers.ts'
import { type Json, type Members, missing, unspeakable } from '../values.ts'

export interface Tools {
  readonly functions: Functions
  /** Those that the service runs itself. */
  readonly served: readonly Json[]
}

const SEARCHES = /^web_search(?:_preview)?(?:_\d{4}_\d{2}_\d{2})?$/

export function toolsOf(request: Members, report: Report): Tools {
  const strict: string[] = []
  const declarations: Json[] = []
  const served: Json[] = []
  for (const tool of request.objects('tools')) {
    const type = tool.text('type') ?? missing(tool, 'type')
    if (type === 'function') {
      if (tool.flag('strict') === true) strict.push(tool.pathOf('strict'))
      declarations.push(declarationOf(tool))
      dropUntaken(tool, report)
    } else if (SEARCHES.test(type)) served.push(searchOf(tool, report))
    else if (type === 'code_interpreter') served.push(codeOf(tool))
    else throw unspeakable(tool.path, `the model has no tool of type '${type.slice(0, 64)}'`)
  }
  return { functions: functionsOf(request, declarations, strict, report), served }
}

function searchOf(tool: Members, report: Report): Json {
  if (tool.take('filters') !== undefined)
    throw unspeakable(tool.pathOf('filters'), 'the search cannot be kept to some places')
  dropUntaken(tool, report, {
    search_context_size: NO_SETTING,
    user_location: NO_SETTING,
    external_web_access: NO_SETTING,
    search_content_types: NO_SETTING,
  })
  return { googleSearch: {} }
}

const NO_SETTING = 'the search has no such setting'

/** Where the code runs is the service's own. */
function codeOf(tool: Members): Json {
  const container = tool.take('container')
  if (typeof container === 'string') throw unspeakable(tool.pathOf('container'), 'there are no containers')
  const files = tool.object('container')?.list('file_ids') ?? []
  if (files.length > 0) throw unspeakable(tool.pathOf('container.file_ids'), 'the code sees no files')
  return { codeExecution: {} }
}
