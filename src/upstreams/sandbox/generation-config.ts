/** What of generationConfig a model cannot honour. */
import { invalidField } from '../../errors.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { checkResponseSchemas } from '../translation/checks/ranges.ts'
import type { SandboxModel } from './models.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>

const ROOT = 'generation_config'

/** The errors that Google gives one by one, then the model's own limits. */
export function checkAgainstModel(model: SandboxModel, config: GenerationConfig): void {
  const limit = model.resource.outputTokenLimit
  const max = config.maxOutputTokens
  if (max !== undefined && (max < 1 || max > limit)) {
    throw invalidField(
      `${ROOT}.max_output_tokens`,
      `Unable to submit request because it has a maxOutputTokens value of ${max} but the supported range is ` +
        `from 1 (inclusive) to ${limit + 1} (exclusive). Update the value and try again.`,
    )
  }
  if (!model.penalties && (config.presencePenalty || config.frequencyPenalty)) {
    throw invalidField(ROOT, `Penalty is not enabled for models/${model.id}`)
  }
  checkResponseSchemas(config)
}
