/** From a Call's body to what the sandbox answers: reads, checks and refuses as Google does. */
import { GatewayError } from '../../errors.ts'
import type { Call } from '../../nouns.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { Complaints } from '../translation/checks/complaints.ts'
import { checkContents, checkMedia, checkParts, roleOf } from '../translation/checks/contents.ts'
import { checkForm, checkSystemInstruction } from '../translation/checks/form.ts'
import { readMessage } from '../translation/checks/message.ts'
import { type Reader, recall } from '../translation/recall.ts'
import { type Hop, hopOf } from './continuation.ts'
import { notYet } from './errors.ts'
import { checkFeatures } from './features.ts'
import { checkAgainstModel } from './generation-config.ts'
import { readMaterials } from './materials.ts'
import type { SandboxModel } from './models.ts'
import { readThinking, type Thinking } from './thinking.ts'
import { type MediaOf, NO_MEDIA, NO_TOKENS, type Tally, tallyPrompt, totalOf } from './usage.ts'

export type GenerateRequest = GeminiMessage<'GenerateContentRequest'>

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

function checkRoles(contents: GenerateRequest['contents']): void {
  contents?.forEach((content, index) => {
    roleOf(content, `contents[${index}]`)
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
