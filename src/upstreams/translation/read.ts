/** From a Call's body to a Conversation: checked as Google does, caches expanded, files fetched. */

import { type Report, untranslatable } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Call, Caller } from '../../nouns.ts'
import { Complaints } from './checks/complaints.ts'
import { checkContents, checkParts } from './checks/contents.ts'
import { checkForm } from './checks/form.ts'
import { readMessage } from './checks/message.ts'
import { checkOutputTokens, checkResponseSchemas } from './checks/ranges.ts'
import type {
  Conversation,
  GenerateRequest,
  GenerationConfig,
  OutputFormat,
  TargetRules,
  ThinkingWish,
} from './conversation.ts'
import { Fields } from './fields.ts'
import { readFormat } from './format.ts'
import { declaredNames, readChoice, readFunctions, readServerTools } from './functions.ts'
import { CallIds } from './ids.ts'
import { readMedia } from './media.ts'
import { createFunctionNames, type FunctionNames } from './names.ts'
import { recall } from './recall.ts'
import type { Seals } from './seals.ts'
import { readThinking } from './thinking.ts'
import {
  isSystem,
  mediumHolders,
  type PlacedContent,
  pairContents,
  readSystem,
  readSystemContents,
  readTurns,
  type TurnsRead,
} from './turns.ts'

export interface ReadOptions {
  /** The model's name at the target. */
  readonly model: string
  readonly rules: TargetRules
  readonly caller: Caller
  readonly library: Library
  readonly seals: Seals
  /** Whose reasoning may be opened: upstream and model. */
  readonly origin: string
  readonly report: Report
}

export interface ConversationRead {
  readonly conversation: Conversation
  readonly names: FunctionNames
}

/**
 * Reads a GenerateContentRequest. Throws Google's 400, the library's 403, and `untranslatable` for content that no
 * target of ours could be given.
 */
export async function readConversation(call: Call, options: ReadOptions): Promise<ConversationRead> {
  const own = readMessage('GenerateContentRequest', call.document())
  const complaints = new Complaints('GenerateContentRequest')
  checkForm(complaints, own)
  complaints.throwAny()
  const material = await gather(own, '', call, options)
  const config = own.generationConfig ?? {}
  checkOutputTokens(config)
  checkResponseSchemas(config)
  const fields = new Fields<GenerationConfig>(config, 'generationConfig')
  const thinking = readThinking(fields)
  const format = readFormat(fields, config, options.report)
  const read = await assemble(material, { thinking, format, config: fields, isLoose: false }, options)
  if (read.conversation.turns.length > 0) return read
  throw untranslatable('contents', 'there is nothing in them that could be said to the target')
}

/**
 * Reads a CountTokensRequest: `contents`, or a whole `generateContentRequest`, or Vertex's flat form. What a count does
 * not hang on is left alone in `config`, and calls without a response are told in words. Turns may be none.
 */
export async function readCountable(call: Call, options: ReadOptions): Promise<ConversationRead> {
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
  const counted: GenerateRequest = wrapped ?? flat
  checkContents(complaints, `${root}contents`, counted.contents)
  if (counted.systemInstruction) {
    checkParts(complaints, `${root}system_instruction`, counted.systemInstruction)
  }
  complaints.throwAny()
  if (instances?.length) throw untranslatable('instances', 'the target counts conversations only')
  return readLoosely(counted, wrapped === undefined ? '' : 'generateContentRequest.', call, options)
}

/** The members of a cache's document: contents, systemInstruction, tools, toolConfig. */
export function readDocument(
  document: Readonly<Record<string, unknown>>,
  options: ReadOptions,
): Promise<ConversationRead> {
  return readLoosely(readMessage('GenerateContentRequest', document), '', undefined, options)
}

async function readLoosely(
  request: GenerateRequest,
  prefix: string,
  call: Call | undefined,
  options: ReadOptions,
): Promise<ConversationRead> {
  const material = await gather(request, prefix, call, options)
  const config = new Fields<GenerationConfig>(request.generationConfig, `${prefix}generationConfig`)
  return assemble(material, { thinking: undefined, format: { kind: 'text' }, config, isLoose: true }, options)
}

/** What a request is about, with what its cache holds; every path as the client would look for it. */
interface Material {
  readonly own: GenerateRequest
  /** The same, and its cache's instruction and tools. */
  readonly whole: GenerateRequest
  readonly isCached: boolean
  readonly contents: readonly PlacedContent[]
  /** What stands before the paths of its members, and of those of its cache. */
  readonly prefix: string
  readonly cachePrefix: string
}

async function gather(
  own: GenerateRequest,
  prefix: string,
  call: Call | undefined,
  { model, caller, library }: ReadOptions,
): Promise<Material> {
  const names = [model, ...(call === undefined ? [] : [call.model])]
  const recalled = own.cachedContent ? await recall(own, names, { caller, library }) : undefined
  const cachePrefix = recalled === undefined ? prefix : `${prefix}cachedContent.`
  const place = (contents: GenerateRequest['contents'], root: string, isCached: boolean): PlacedContent[] =>
    (contents ?? []).map((content, index) => ({ content, path: `${root}contents[${index}]`, isCached }))
  const cached = place(recalled?.cached.contents, cachePrefix, true)
  const contents = cached.concat(place(own.contents, prefix, false))
  return {
    own,
    whole: recalled?.request ?? own,
    isCached: recalled !== undefined,
    contents,
    prefix,
    cachePrefix,
  }
}

interface Wishes extends Pick<Conversation, 'thinking' | 'format' | 'config'> {
  readonly thinking: ThinkingWish | undefined
  readonly format: OutputFormat
  /** Whether calls need no response. */
  readonly isLoose: boolean
}

async function assemble(material: Material, wishes: Wishes, options: ReadOptions): Promise<ConversationRead> {
  const { whole, cachePrefix, isCached } = material
  const { report } = options
  const { tools = [], toolConfig, systemInstruction } = whole
  const names = createFunctionNames(namesOf(material), options.rules)
  const read = { prefix: cachePrefix, names, report }
  const functions = readFunctions(tools, read)
  const choice = readChoice(toolConfig, tools, read)
  const system = [
    ...(systemInstruction ? readSystem(systemInstruction, `${cachePrefix}systemInstruction`, report) : []),
    ...readSystemContents(material.contents, report),
  ]
  const { turns, cached } = await turnsOf(material, names, wishes.isLoose, options)
  const conversation: Conversation = {
    system,
    turns,
    functions,
    choice,
    serverTools: readServerTools(tools, cachePrefix),
    format: wishes.format,
    thinking: wishes.thinking,
    config: wishes.config,
    request: restOf(material),
    cached: {
      system: isCached && systemInstruction !== undefined,
      turns: cached,
      tools: isCached && tools.length > 0,
    },
  }
  return { conversation, names }
}

/** Every name that the conversation uses, in order. */
function namesOf({ whole, contents }: Material): readonly string[] {
  const names = declaredNames(whole.tools ?? [])
  for (const { content } of contents) {
    for (const { functionCall, functionResponse } of content.parts ?? []) {
      const name = functionCall?.name ?? functionResponse?.name
      if (name !== undefined) names.push(name)
    }
  }
  return names
}

async function turnsOf(
  { contents }: Material,
  names: FunctionNames,
  isLoose: boolean,
  options: ReadOptions,
): Promise<TurnsRead> {
  const spoken = contents.filter((one) => !isSystem(one))
  const exchanges = pairContents(spoken, new CallIds(options.rules), isLoose)
  const holders = mediumHolders(spoken)
  const media = holders.length === 0 ? NO_MEDIA : await readMedia(holders, options, options.report)
  const { seals, origin, report } = options
  return readTurns(spoken, { seals, origin, report, names, exchanges, media })
}

const NO_MEDIA: Awaited<ReturnType<typeof readMedia>> = new Map()

/** What has been read above is taken: who reads it answers for it. */
const READ = [
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'cachedContent',
] as const

function restOf({ own, prefix }: Material): Fields<GenerateRequest> {
  const rest = new Fields<GenerateRequest>(own, prefix.replace(/\.$/, ''))
  for (const field of READ) rest.take(field)
  return rest
}
