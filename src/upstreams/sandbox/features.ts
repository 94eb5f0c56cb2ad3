/** What a request asks of its model beyond text: each feature checks its own part, and what none has is refused. */
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { notYet } from './errors.ts'
import { concernsFunctions } from './functions/concern.ts'
import type { SandboxModel } from './models.ts'

type GenerateRequest = GeminiMessage<'GenerateContentRequest'>

/** Asks every feature that the request touches; loads none that it does not. Throws Google's 400. */
export async function checkFeatures(model: SandboxModel, request: GenerateRequest): Promise<void> {
  const { generationConfig: config = {}, tools = [], toolConfig } = request
  refuseWhatIsNotYet(request)
  const isText = model.defaultModalities.every((modality) => modality === 'TEXT')
  if (
    !isText ||
    config.responseModalities ||
    config.imageConfig ||
    config.speechConfig ||
    config.responseFormat
  ) {
    await checkModalities(model, config)
  }
  if (concernsFunctions(request)) {
    const { checkFunctions } = await import('./functions/check.ts')
    checkFunctions(model, request)
  }
  if (tools.length > 0) {
    const { checkGrounding } = await import('./grounding/check.ts')
    checkGrounding(model, tools, toolConfig)
  }
  if (config.responseMimeType || config.responseSchema || hasJsonSchema(config) || config.responseFormat) {
    const { checkStructuredOutput } = await import('./schema/check.ts')
    checkStructuredOutput(model, config, tools)
  }
}

type GenerationConfig = NonNullable<GenerateRequest['generationConfig']>

async function checkModalities(model: SandboxModel, config: GenerationConfig): Promise<void> {
  const [{ checkImageConfig }, { checkSpeechConfig }] = await Promise.all([
    import('./images/check.ts'),
    import('./speech/check.ts'),
  ])
  checkImageConfig(model, config)
  checkSpeechConfig(model, config)
}

function hasJsonSchema(config: GenerationConfig): boolean {
  return config.responseJsonSchema !== undefined || config._responseJsonSchema !== undefined
}

const ROOT = 'generation_config'

/** Settings that would change the answer in ways that this sandbox cannot give. */
const CONFIG_NOT_YET = {
  enableAffectiveDialog: 'enable_affective_dialog',
  enableEnhancedCivicAnswers: 'enable_enhanced_civic_answers',
  translationConfig: 'translation_config',
  audioTranscriptionConfig: 'audio_transcription_config',
  audioTimestamp: 'audio_timestamp',
  routingConfig: 'routing_config',
  modelConfig: 'model_config',
} as const

const TOOLS_NOT_YET = ['retrieval', 'exaAiSearch', 'parallelAiSearch'] as const

function refuseWhatIsNotYet({ generationConfig = {}, tools = [], modelArmorConfig }: GenerateRequest): void {
  for (const [member, field] of Object.entries(CONFIG_NOT_YET)) {
    if (generationConfig[member as keyof typeof CONFIG_NOT_YET]) throw notYet(`${ROOT}.${field}`, member)
  }
  tools.forEach((tool, index) => {
    for (const name of TOOLS_NOT_YET) {
      if (tool[name] !== undefined) throw notYet(`tools[${index}]`, `The tool ${name}`)
    }
  })
  if (modelArmorConfig) throw notYet('model_armor_config', 'modelArmorConfig')
}
