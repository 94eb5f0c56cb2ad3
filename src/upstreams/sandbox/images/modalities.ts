/** Which kinds of output a request asks for, and whether its model can give them together. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import type { OutputModality, SandboxModel } from '../models.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>

const FIELD = 'generation_config.response_modalities'

/** What the model is asked to give; its own choice when the request does not say. */
export function modalitiesOf(
  model: SandboxModel,
  config: GenerationConfig | undefined,
): ReadonlySet<OutputModality> {
  const asked = askedFor(config) as OutputModality[]
  return new Set(asked.length > 0 ? asked : model.defaultModalities)
}

/** Each modality once, in the order of the request. */
function askedFor(config: GenerationConfig | undefined): string[] {
  const asked = config?.responseModalities ?? []
  return [...new Set<string>(asked)].filter((modality) => modality !== 'MODALITY_UNSPECIFIED')
}

/** Throws Google's 400 for modalities that the model does not have. */
export function checkModalities(model: SandboxModel, config: GenerationConfig | undefined): void {
  const asked = askedFor(config)
  const outputs: readonly string[] = model.outputs
  const missing = asked.filter((modality) => !outputs.includes(modality))
  if (missing.length === 0) return
  if (outputs.length === 1 && outputs[0] === 'AUDIO') {
    const names = missing.map((modality) => modality.toLowerCase()).join(', ')
    throw invalidField(FIELD, `Model does not support the requested response modalities: ${names}`)
  }
  throw invalidField(
    FIELD,
    `The requested combination of response modalities (${asked.join(', ')}) is not supported by the model. ` +
      `models/${model.id} accepts the following combination of response modalities:\n` +
      combinationsOf(model.outputs)
        .map((combination) => `* ${combination}\n`)
        .join(''),
  )
}

/** A model of one modality has one choice; one of text and images gives each alone and both together. */
function combinationsOf(outputs: readonly OutputModality[]): readonly string[] {
  return outputs.length < 2 ? outputs : [...outputs, outputs.join(', ')]
}
