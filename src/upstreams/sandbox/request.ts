/** From a Call's body to what the sandbox answers: reads, checks and refuses as Google does. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { Call } from '../../nouns.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { checkContents, checkMedia, checkParts, checkPartsAnswerable, roleOf } from './contents.ts'
import { Complaints, notYet } from './errors.ts'
import { checkAgainstModel, checkRanges, refuseWhatIsNotYet } from './generation-config.ts'
import { readMessage } from './message.ts'
import type { SandboxModel } from './models.ts'
import { readThinking, type Thinking } from './thinking.ts'
import { checkTools, refuseTools } from './tools.ts'
import { type Tally, tallyPrompt, totalOf } from './usage.ts'

export type GenerateRequest = GeminiMessage<'GenerateContentRequest'>

const LABELS_MAX = 64
const LABEL_CHARS_MAX = 63
/** One per category is allowed; beyond this nobody looks at them one by one. */
const SAFETY_SETTINGS_MAX = 64

/** A request for content that has been found good. */
export interface Generation {
  readonly model: SandboxModel
  readonly request: GenerateRequest
  readonly thinking: Thinking
  readonly prompt: Tally
}

/** Reads a GenerateContentRequest. Throws `invalid_argument`. */
export function readGeneration(call: Call, model: SandboxModel): Generation {
  const request = readMessage('GenerateContentRequest', call.document())
  const complaints = new Complaints('GenerateContentRequest')
  checkForm(complaints, request)
  complaints.throwAny()
  const config = request.generationConfig ?? {}
  checkRoles(request.contents)
  checkSystemInstruction(request.systemInstruction)
  checkAgainstModel(model, config)
  const thinking = readThinking(model, config.thinkingConfig)
  refuseWhatIsNotYet(config)
  refuseTopLevel(request)
  request.contents?.forEach((content, index) => {
    checkPartsAnswerable(`contents[${index}]`, content)
  })
  const prompt = tallyPrompt(request)
  checkPromptSize(model, prompt)
  return { model, request, thinking, prompt }
}

function checkForm(complaints: Complaints, request: GenerateRequest): void {
  checkContents(complaints, 'contents', request.contents)
  if (request.systemInstruction) checkParts(complaints, 'system_instruction', request.systemInstruction)
  checkTools(complaints, request.tools ?? [])
  checkSafetySettings(complaints, request.safetySettings ?? [])
  if (request.generationConfig) checkRanges(complaints, 'generation_config.', request.generationConfig)
  checkLabels(complaints, request.labels ?? {})
}

function checkSafetySettings(
  complaints: Complaints,
  settings: readonly GeminiMessage<'SafetySetting'>[],
): void {
  if (settings.length > SAFETY_SETTINGS_MAX) {
    complaints.add('safety_settings', `at most ${SAFETY_SETTINGS_MAX} safety settings can be given`)
    return
  }
  const categories = new Set<string>()
  settings.forEach(({ category = 'HARM_CATEGORY_UNSPECIFIED' }, index) => {
    if (category === 'HARM_CATEGORY_UNSPECIFIED') {
      complaints.add(`safety_settings[${index}].category`, 'category is not specified')
    } else if (categories.has(category)) {
      complaints.add(`safety_settings[${index}]`, `there is more than one setting for ${category}`)
    }
    categories.add(category)
  })
}

function checkLabels(complaints: Complaints, labels: Record<string, string>): void {
  const entries = Object.entries(labels)
  if (entries.length > LABELS_MAX) complaints.add('labels', `at most ${LABELS_MAX} labels can be given`)
  if (entries.some(([key, value]) => key.length > LABEL_CHARS_MAX || value.length > LABEL_CHARS_MAX)) {
    complaints.add('labels', `keys and values must not exceed ${LABEL_CHARS_MAX} characters`)
  }
}

function checkRoles(contents: GenerateRequest['contents']): void {
  contents?.forEach((content, index) => {
    roleOf(content, `contents[${index}]`)
  })
}

function checkSystemInstruction(instruction: GeminiMessage<'Content'> | undefined): void {
  instruction?.parts?.forEach((part, index) => {
    if (part.text !== undefined) return
    throw invalidField(`system_instruction.parts[${index}]`, 'System instruction must be text.')
  })
}

function refuseTopLevel(request: GenerateRequest): void {
  refuseTools(request.tools ?? [], request.toolConfig)
  if (request.cachedContent) throw notYet('cached_content', 'cachedContent')
  if (request.continuationToken) throw notYet('continuation_token', 'continuationToken')
  if (request.modelArmorConfig) throw notYet('model_armor_config', 'modelArmorConfig')
}

function checkPromptSize(model: SandboxModel, prompt: Tally): void {
  const limit = model.resource.inputTokenLimit
  if (totalOf(prompt) <= limit) return
  throw new GatewayError(
    'invalid_argument',
    `The input token count exceeds the maximum number of tokens allowed (${limit}).`,
  )
}

/**
 * Reads a CountTokensRequest: `contents`, or a whole `generateContentRequest`, or Vertex's flat form with
 * systemInstruction and tools beside the contents.
 */
export function readCountTokens(call: Call): Tally {
  const {
    instances,
    generateContentRequest: wrapped,
    ...flat
  } = readMessage('CountTokensRequest', call.document())
  const complaints = new Complaints('CountTokensRequest')
  if (wrapped !== undefined && flat.contents !== undefined) {
    complaints.add('', 'only one of contents and generate_content_request may be set')
  }
  const root = wrapped === undefined ? '' : 'generate_content_request.'
  const counted = wrapped ?? flat
  checkContents(complaints, `${root}contents`, counted.contents)
  if (counted.systemInstruction)
    checkParts(complaints, `${root}system_instruction`, counted.systemInstruction)
  complaints.throwAny()
  if (instances !== undefined) throw notYet('instances', 'instances')
  if (wrapped?.cachedContent) throw notYet(`${root}cached_content`, 'cachedContent')
  counted.contents?.forEach((content, index) => {
    roleOf(content, `${root}contents[${index}]`)
    content.parts?.forEach((part, partIndex) => {
      checkMedia(`${root}contents[${index}].parts[${partIndex}]`, part)
    })
  })
  checkSystemInstruction(counted.systemInstruction)
  return tallyPrompt(counted)
}
