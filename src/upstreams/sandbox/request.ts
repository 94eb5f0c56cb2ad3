/** From a Call's body to what the sandbox answers: reads, checks and refuses as Google does. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { Call } from '../../nouns.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { recall } from './cached-content.ts'
import { checkContents, checkMedia, checkParts, roleOf } from './contents.ts'
import { type Hop, hopOf } from './continuation.ts'
import { Complaints, notYet } from './errors.ts'
import { checkFeatures } from './features.ts'
import { checkDeclarations } from './functions/declarations.ts'
import { checkAgainstModel, checkRanges } from './generation-config.ts'
import { type Reader, readMaterials } from './materials.ts'
import { readMessage } from './message.ts'
import type { SandboxModel } from './models.ts'
import { readThinking, type Thinking } from './thinking.ts'
import { type MediaOf, NO_MEDIA, NO_TOKENS, type Tally, tallyPrompt, totalOf } from './usage.ts'

export type GenerateRequest = GeminiMessage<'GenerateContentRequest'>

const LABELS_MAX = 64
const LABEL_CHARS_MAX = 63
/** One per category is allowed; beyond this nobody looks at them one by one. */
const SAFETY_SETTINGS_MAX = 64

/** A request for content that has been found good. */
export interface Generation {
  readonly model: SandboxModel
  /** What the client sent, after what its cached content holds. */
  readonly request: GenerateRequest
  readonly thinking: Thinking
  readonly media: MediaOf
  readonly prompt: Tally
  /** How much of the prompt came from a cache. */
  readonly cached: Tally
  readonly reader: Reader
  /** The stretch of a long answer that is asked for. */
  readonly hop: Hop | undefined
}

/** Reads a GenerateContentRequest. Throws `invalid_argument`, and `permission_denied` for what is another's. */
export async function readGeneration(call: Call, model: SandboxModel, reader: Reader): Promise<Generation> {
  const own = readMessage('GenerateContentRequest', call.document())
  const complaints = new Complaints('GenerateContentRequest')
  checkForm(complaints, own)
  complaints.throwAny()
  const recalled = own.cachedContent ? await recall(own, [call.model, model.id], reader) : undefined
  const request = recalled?.request ?? own
  const config = request.generationConfig ?? {}
  checkRoles(request.contents)
  checkSystemInstruction(request.systemInstruction)
  checkAgainstModel(model, config)
  const thinking = readThinking(model, config.thinkingConfig)
  await checkFeatures(model, request)
  const media = await mediaOf(request, model, reader)
  const prompt = tallyPrompt(request, media)
  checkPromptSize(model, prompt)
  const cached = recalled === undefined ? NO_TOKENS : tallyPrompt(recalled.cached, media)
  const hop = hopOf(request, model, call.verb === 'streamGenerateContent')
  return { model, request, thinking, media, prompt, cached, reader, hop }
}

function mediaOf(
  { contents = [], generationConfig }: Pick<GenerateRequest, 'contents' | 'generationConfig'>,
  model: SandboxModel,
  reader: Reader,
  path = 'contents',
): Promise<MediaOf> | MediaOf {
  contents.forEach((content, index) => {
    content.parts?.forEach((part, partIndex) => {
      checkMedia(`${path}[${index}].parts[${partIndex}]`, part)
    })
  })
  const hasMedia = contents.some(({ parts }) =>
    parts?.some((part) => part.inlineData || part.fileData || part.functionResponse?.parts),
  )
  if (!hasMedia) return NO_MEDIA
  return readMaterials(contents, reader, { model, resolution: generationConfig?.mediaResolution, path })
}

function checkForm(complaints: Complaints, request: GenerateRequest): void {
  checkContents(complaints, 'contents', request.contents)
  if (request.systemInstruction) checkParts(complaints, 'system_instruction', request.systemInstruction)
  checkDeclarations(complaints, request.tools ?? [])
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

function checkPromptSize(model: SandboxModel, prompt: Tally): void {
  const limit = model.resource.inputTokenLimit
  if (totalOf(prompt) <= limit) return
  throw new GatewayError(
    'invalid_argument',
    `The input token count exceeds the maximum number of tokens allowed (${limit}).`,
  )
}

/** What countTokens counts. */
export interface Count {
  readonly prompt: Tally
  readonly cached: Tally
}

/**
 * Reads a CountTokensRequest: `contents`, or a whole `generateContentRequest`, or Vertex's flat form with
 * systemInstruction and tools beside the contents.
 */
export async function readCountTokens(call: Call, model: SandboxModel, reader: Reader): Promise<Count> {
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
  const recalled = wrapped?.cachedContent ? await recall(wrapped, [call.model, model.id], reader) : undefined
  counted.contents?.forEach((content, index) => {
    roleOf(content, `${root}contents[${index}]`)
  })
  checkSystemInstruction(counted.systemInstruction)
  const whole = recalled?.request ?? counted
  const media = await mediaOf(whole, model, reader, `${root}contents`)
  return {
    prompt: tallyPrompt(whole, media),
    cached: recalled === undefined ? NO_TOKENS : tallyPrompt(recalled.cached, media),
  }
}
