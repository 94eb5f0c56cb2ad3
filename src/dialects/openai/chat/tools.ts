/** Functions that the model may call, and how it may choose among them. */
import type { Report } from '../../../nouns/report.ts'
import { declarationOf, type Functions, functionsOf } from '../functions.ts'
import { type Members, missing, unspeakable } from '../values.ts'

export function toolsOf(request: Members, report: Report): Functions {
  const strict: string[] = []
  const declarations = request.objects('tools').map((tool) => {
    if (tool.word('type', ['function', 'custom']) === 'custom')
      throw unspeakable(tool.path, 'there are no custom tools')
    const declared = tool.object('function') ?? missing(tool, 'function')
    if (isStrict(tool) || isStrict(declared)) strict.push(declared.pathOf('strict'))
    return declarationOf(declared)
  })
  // The older names of the same.
  for (const declared of request.objects('functions')) declarations.push(declarationOf(declared))
  return functionsOf(request, declarations, strict, report)
}

function isStrict(members: Members): boolean {
  return members.flag('strict') === true
}
