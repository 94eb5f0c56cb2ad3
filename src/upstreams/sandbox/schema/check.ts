/** Whether a model can give the form of answer that is asked for, and together with the tools. */
import { GatewayError, invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import {
  ENUM_TYPE,
  enumNeedsValues,
  JSON_TYPE,
  schemaNeedsType,
} from '../../translation/checks/response-format.ts'
import { notYet } from '../errors.ts'
import type { SandboxModel } from '../models.ts'
import { askOf } from './ask.ts'
import { holdsOnlyTexts } from './only-texts.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>
type Tool = GeminiMessage<'Tool'>

const ROOT = 'generation_config'
/** The first family of models that uses tools on the way to a structured answer. */
const FAMILY_WITH_TOOLS = 3

/** Throws Google's 400. Where its own words are not known, they are close to its style. */
export function checkStructuredOutput(
  model: SandboxModel,
  config: GenerationConfig,
  tools: readonly Tool[],
): void {
  const { mimeType, shape } = askOf(config)
  if (mimeType === 'application/xml' || mimeType === 'application/yaml') {
    throw notYet(`${ROOT}.response_mime_type`, `The response mime type '${mimeType}'`)
  }
  const isStructured = mimeType === JSON_TYPE || mimeType === ENUM_TYPE
  if (shape !== undefined && !isStructured) throw schemaNeedsType()
  if (!isStructured) return
  if (mimeType === ENUM_TYPE && (shape === undefined || !holdsOnlyTexts(shape))) throw enumNeedsValues()
  checkModel(model, config)
  if (model.family < FAMILY_WITH_TOOLS) checkTools(tools, mimeType)
}

function checkModel(model: SandboxModel, { responseModalities = [] }: GenerationConfig): void {
  const asked: readonly string[] = responseModalities.filter((name) => name !== 'MODALITY_UNSPECIFIED')
  const modalities: readonly string[] = asked.length > 0 ? asked : model.defaultModalities
  if (modalities.every((modality) => modality === 'TEXT')) return
  throw invalidField(`${ROOT}.response_mime_type`, `JSON mode is not enabled for models/${model.id}`)
}

function checkTools(tools: readonly Tool[], mimeType: string): void {
  const hasFunctions = tools.some(({ functionDeclarations }) => functionDeclarations?.length)
  const hasOthers = tools.some((tool) => Object.keys(tool).some((name) => name !== 'functionDeclarations'))
  if (!hasFunctions && !hasOthers) return
  const what = hasFunctions ? 'Function calling' : 'Tool use'
  throw new GatewayError(
    'invalid_argument',
    `${what} with a response mime type: '${mimeType}' is unsupported`,
  )
}
