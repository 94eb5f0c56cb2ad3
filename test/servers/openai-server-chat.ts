/** What Chat Completions takes, and what it refuses. */
import { COMPATIBLE_MESSAGES, OPTIONAL, REQUEST } from './openai-server-chat-shape.ts'
import { checked, invalid } from './openai-server-errors.ts'
import { checkEffort, checkSampling, checkSchema, modelOf, type OpenAiModel } from './openai-server-models.ts'
import { readDataUrl } from './provider-mind.ts'
import { anObject, isJson, type Json, object } from './provider-shape.ts'

const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** Reads a body; throws `OpenAiRefusal`. */
export function readChat(body: unknown): { document: Json; model: OpenAiModel } {
  const document = checked(() => {
    anObject(body, [])
    return body as Json
  })
  const model = modelOf(document.model)
  checked(() => {
    if (!model.isCompatible) return REQUEST(document, [])
    const known = Object.entries(document).filter(([name]) => Object.hasOwn(OPTIONAL, name))
    object({}, OPTIONAL)(Object.fromEntries(known), [])
    COMPATIBLE_MESSAGES(document.messages, ['messages'])
  })
  checkOptions(document, model)
  checkTools(document)
  checkCalls(document.messages as readonly Json[])
  checkMedia(document.messages as readonly Json[])
  return { document, model }
}

const NEVER_REASONING = ['stop', 'logprobs', 'top_logprobs', 'logit_bias']

function checkOptions(document: Json, model: OpenAiModel): void {
  checkSampling(document, model, document.reasoning_effort, NEVER_REASONING)
  checkEffort(document.reasoning_effort, model, 'reasoning_effort')
  if (model.reasons && !model.isCompatible && document.max_tokens !== undefined)
    throw invalid(
      'max_tokens',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'unsupported_parameter',
    )
  if (document.stream_options && document.stream !== true)
    throw invalid(
      'stream_options',
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      null,
    )
  if (document.top_logprobs && document.logprobs !== true)
    throw invalid('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is true.")
  const format = document.response_format as Json | undefined
  if (format?.type === 'json_object' && !/json/i.test(JSON.stringify(document.messages)))
    throw invalid(
      'messages',
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      null,
    )
  // A local server compiles any schema to a grammar.
  if (format?.type === 'json_schema' && !model.isCompatible) {
    const { name, schema, strict } = format.json_schema as Json
    if (schema !== undefined || strict === true)
      checkSchema(schema, `response_format '${String(name)}'`, 'response_format', strict === true)
  }
}

function checkTools(document: Json): void {
  const tools = (document.tools ?? []) as readonly Json[]
  const names = tools.map((tool) => String((tool.function as Json).name))
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (document[name] !== undefined && tools.length === 0)
      throw invalid(
        name,
        `Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`,
        null,
      )
  }
  tools.forEach((tool, index) => {
    const { name, parameters, strict } = tool.function as Json
    if (names.indexOf(String(name)) < index)
      throw invalid('tools', `Duplicate function name: ${String(name)}.`)
    if (parameters !== undefined || strict === true)
      checkSchema(
        parameters,
        `function '${String(name)}'`,
        `tools[${index}].function.parameters`,
        strict === true,
      )
  })
  checkChoice(document.tool_choice, names)
}

function checkChoice(choice: unknown, names: readonly string[]): void {
  if (choice === undefined) return
  if (typeof choice === 'string') {
    if (['none', 'auto', 'required'].includes(choice)) return
    throw invalid(
      'tool_choice',
      `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`,
    )
  }
  const { type, function: one, allowed_tools: allowed } = choice as Json
  const chosen =
    type === 'function'
      ? [one as Json]
      : ((allowed as Json).tools as Json[]).map((tool) => tool.function as Json)
  for (const { name } of chosen) {
    if (!names.includes(String(name)))
      throw invalid('tool_choice', `Tool choice '${String(name)}' not found in 'tools' parameter.`)
  }
}

/** Every call is answered at once, and nothing else is. */
function checkCalls(all: readonly Json[]): void {
  let open: string[] = []
  all.forEach((message, index) => {
    if (message.role === 'tool') {
      const id = String(message.tool_call_id)
      if (!open.includes(id))
        throw invalid(
          ['messages', index, 'role'],
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          null,
        )
      open = open.filter((one) => one !== id)
      return
    }
    if (open.length > 0) throw unanswered(open, index)
    if (message.role === 'assistant') open = callsOf(message, index)
  })
  if (open.length > 0) throw unanswered(open, all.length)
}

function callsOf({ content, tool_calls: calls = [] }: Json, index: number): string[] {
  const made = calls as readonly Json[]
  if (made.length === 0 && (content === undefined || content === null))
    throw invalid(
      ['messages', index, 'content'],
      "Invalid value for 'content': expected a string, got null.",
      null,
    )
  const ids = made.map(({ id }) => String(id))
  if (new Set(ids).size < ids.length)
    throw invalid(['messages', index, 'tool_calls'], `Duplicate tool call ids: ${ids.join(', ')}.`)
  made.forEach((call, at) => {
    // OpenAI itself takes any string here; its own kind of local servers parse it and fail.
    const { arguments: words } = call.function as Json
    if (!isObjectText(String(words)))
      throw invalid(
        ['messages', index, 'tool_calls', at, 'function', 'arguments'],
        `Invalid arguments: ${String(words)}`,
      )
  })
  return ids
}

export function isObjectText(words: string): boolean {
  try {
    return isJson(JSON.parse(words))
  } catch {
    return false
  }
}

function unanswered(ids: readonly string[], index: number): Error {
  return invalid(
    ['messages', index, 'role'],
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
    null,
  )
}

function checkMedia(all: readonly Json[]): void {
  all.forEach(({ content }, index) => {
    if (!Array.isArray(content)) return
    content.forEach((part: Json, at) => {
      const path = ['messages', index, 'content', at]
      if (part.type === 'image_url') checkImage(String((part.image_url as Json).url), path)
      if (part.type === 'file') checkFile(part.file as Json, path)
    })
  })
}

export function checkImage(url: string, path: readonly (string | number)[]): void {
  if (/^https?:\/\//.test(url)) return
  const data = readDataUrl(url)
  if (!data)
    throw invalid(
      [...path, 'image_url'],
      "Invalid 'image_url'. Expected a valid URL, but got a value with an invalid format.",
    )
  if (!IMAGE_TYPES.includes(data.mimeType))
    throw invalid(
      path,
      "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      'invalid_image_format',
    )
}

export function checkFile(file: Json, path: readonly (string | number)[]): void {
  if (file.file_id !== undefined || file.file_url !== undefined) return
  const data = readDataUrl(String(file.file_data))
  if (data?.mimeType !== 'application/pdf')
    throw invalid(
      path,
      `Invalid file data: 'file_data'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,aGVsbG8='), but got unsupported MIME type '${data?.mimeType}'.`,
    )
  if (file.filename === undefined)
    throw invalid(path, "Missing required parameter: 'filename'.", 'missing_required_parameter')
}
