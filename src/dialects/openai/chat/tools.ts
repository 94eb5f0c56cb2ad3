/** Functions that the model may call, and how it may choose among them. */
import { choiceOf, declarationOf, type Functions, VALIDATED } from '../functions.ts'
import { type Members, missing, unspeakable } from '../values.ts'

export function toolsOf(request: Members): Functions {
  let areAllStrict = true
  const declarations = request.objects('tools').map((tool) => {
    if (tool.word('type', ['function', 'custom']) === 'custom')
      throw unspeakable(tool.path, 'there are no custom tools')
    const declared = tool.object('function') ?? missing(tool, 'function')
    areAllStrict &&= (tool.flag('strict') ?? declared.flag('strict')) === true
    return declarationOf(declared)
  })
  // The older names of the same.
  for (const declared of request.objects('functions')) {
    areAllStrict = false
    declarations.push(declarationOf(declared))
  }
  const isStrict = declarations.length > 0 && areAllStrict
  return { declarations, functionCallingConfig: choiceOf(request) ?? (isStrict ? VALIDATED : undefined) }
}
