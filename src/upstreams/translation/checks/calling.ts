/** toolConfig.functionCallingConfig: whether functions may, must or must not be called, and which. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'

const FIELD = 'tool_config.function_calling_config'

/** VALIDATED is AUTO with arguments that keep to their schema. */
export type CallingMode = 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED'

export interface Calling<F> {
  readonly mode: CallingMode
  /** The functions that may be called: the allowed ones, or all; none in mode NONE. */
  readonly allowed: readonly F[]
}

/** Throws Google's 400 for a config that does not fit the declared functions. */
export function readCalling<F extends { readonly name: string }>(
  toolConfig: GeminiMessage<'ToolConfig'> | undefined,
  declared: readonly F[],
): Calling<F> {
  const { mode: given, allowedFunctionNames = [] } = toolConfig?.functionCallingConfig ?? {}
  const mode = modeOf(given)
  const isForced = mode === 'ANY' || mode === 'VALIDATED'
  if (declared.length === 0 && (isForced || allowedFunctionNames.length > 0)) {
    throw invalidField(FIELD, 'Function calling config is set without function_declarations.')
  }
  if (!isForced && allowedFunctionNames.length > 0) {
    throw invalidField(
      `${FIELD}.allowed_function_names`,
      'Allowed function names can only be set when the function calling mode is ANY or VALIDATED.',
    )
  }
  if (mode === 'NONE') return { mode, allowed: [] }
  return { mode, allowed: pickAllowed(declared, allowedFunctionNames) }
}

function modeOf(given: string | undefined): CallingMode {
  return given === 'ANY' || given === 'NONE' || given === 'VALIDATED' ? given : 'AUTO'
}

function pickAllowed<F extends { readonly name: string }>(
  declared: readonly F[],
  names: readonly string[],
): readonly F[] {
  if (names.length === 0) return declared
  const byName = new Map(declared.map((declaration) => [declaration.name, declaration]))
  const allowed = new Set<F>()
  names.forEach((name, index) => {
    const declaration = byName.get(name)
    if (declaration === undefined) {
      throw invalidField(
        `${FIELD}.allowed_function_names[${index}]`,
        `The allowed function name \`${shorten(name)}\` is not among the function_declarations.`,
      )
    }
    allowed.add(declaration)
  })
  return [...allowed]
}
