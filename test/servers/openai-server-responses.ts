/** What the Responses API takes, and what it refuses; it remembers the reasoning that it gave out. */
import { checkFile, checkImage, isObjectText } from './openai-server-chat.ts'
import { checked, invalid, OpenAiRefusal } from './openai-server-errors.ts'
import { checkEffort, checkSampling, checkSchema, modelOf, type OpenAiModel } from './openai-server-models.ts'
import { createReasoning, type Reasoning } from './openai-server-reasoning.ts'
import { itemsOf, replyToResponse } from './openai-server-responses-answer.ts'
import { COUNT, REQUEST } from './openai-server-responses-shape.ts'
import { tokensOf } from './provider-mind.ts'
import type { Reply } from './provider-server.ts'
import { anObject, type Json, type Shape } from './provider-shape.ts'

export interface Responses {
  reply(body: Json): Reply
  count(body: Json): Reply
}

export function createResponses(): Responses {
  const reasoning = createReasoning()
  return {
    reply(body) {
      const model = readResponse(body, REQUEST, reasoning)
      return replyToResponse(body, model, reasoning)
    },
    count(body) {
      readResponse(body, COUNT, reasoning)
      const tokens = tokensOf(body.input) + tokensOf(body.tools) + tokensOf(body.instructions)
      return { status: 200, json: { object: 'response.input_tokens', input_tokens: tokens } }
    },
  }
}

function readResponse(body: Json, shape: Shape, reasoning: Reasoning): OpenAiModel {
  checked(() => anObject(body, []))
  const model = modelOf(body.model)
  if (model.isCompatible) throw new OpenAiRefusal('Invalid URL (POST /v1/responses)', { status: 404 })
  checked(() => shape(body, []))
  checkSampling(body, model, (body.reasoning as Json | undefined)?.effort, [])
  checkEffort((body.reasoning as Json | undefined)?.effort, model, 'reasoning.effort')
  checkOptions(body, model)
  checkTools(body)
  const items = itemsOf(body)
  checkPairs(items)
  checkMedia(items)
  checkReasoning(items, body, reasoning)
  return model
}

function checkOptions(body: Json, model: OpenAiModel): void {
  if (body.previous_response_id)
    throw invalid(
      'previous_response_id',
      `Previous response with id '${String(body.previous_response_id)}' not found.`,
      'previous_response_not_found',
    )
  const include = (body.include ?? []) as readonly string[]
  if (include.includes('reasoning.encrypted_content') && !model.reasons)
    throw invalid('include', 'Encrypted content is not supported with this model.', null)
  if ((body.reasoning as Json | undefined)?.summary && !model.reasons)
    throw invalid(
      'reasoning.summary',
      "Unsupported parameter: 'reasoning.summary' is not supported with this model.",
      'unsupported_parameter',
    )
  const format = (body.text as Json | undefined)?.format as Json | undefined
  if (format?.type === 'json_object' && !/json/i.test(JSON.stringify([body.input, body.instructions])))
    throw invalid(
      'input',
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      null,
    )
  if (format?.type === 'json_schema')
    checkSchema(
      format.schema,
      `response_format '${String(format.name)}'`,
      'text.format.schema',
      format.strict === true,
    )
}

function checkTools({ tools = [], tool_choice: choice }: Json): void {
  const all = tools as readonly Json[]
  const names = all.filter(({ type }) => type === 'function').map(({ name }) => String(name))
  all.forEach(({ type, name, parameters, strict }, index) => {
    if (type !== 'function') return
    if (names.indexOf(String(name)) !== names.lastIndexOf(String(name)))
      throw invalid('tools', `Duplicate function name: ${String(name)}.`)
    if (parameters || strict === true)
      checkSchema(parameters, `function '${String(name)}'`, `tools[${index}].parameters`, strict === true)
  })
  if (choice === undefined) return
  if (typeof choice === 'string') {
    if (!['none', 'auto', 'required'].includes(choice))
      throw invalid(
        'tool_choice',
        `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`,
      )
    if (choice === 'required' && all.length === 0)
      throw invalid('tool_choice', "Tool choice 'required' must be specified with 'tools' parameter.")
    return
  }
  const { type, name, tools: some } = choice as Json
  for (const one of type === 'function' ? [name] : (some as Json[]).map((tool) => tool.name)) {
    if (!names.includes(String(one)))
      throw invalid('tool_choice', `Tool choice '${String(one)}' not found in 'tools' parameter.`)
  }
}

function checkPairs(items: readonly Json[]): void {
  const called = new Set<unknown>()
  const answered = new Set<unknown>()
  items.forEach(({ type, call_id: id, arguments: words }, index) => {
    if (type === 'function_call') {
      if (called.has(id)) throw invalid('input', `Duplicate call_id ${String(id)} in input.`, null)
      called.add(id)
      if (!isObjectText(String(words)))
        throw invalid(['input', index, 'arguments'], `Invalid arguments: ${String(words)}`)
    }
    if (type !== 'function_call_output') return
    if (!called.has(id) || answered.has(id))
      throw invalid('input', `No tool call found for function call output with call_id ${String(id)}.`, null)
    answered.add(id)
  })
  for (const id of called) {
    if (!answered.has(id))
      throw invalid('input', `No tool output found for function call ${String(id)}.`, null)
  }
}

function checkMedia(items: readonly Json[]): void {
  items.forEach(({ content, output }, index) => {
    for (const [key, parts] of Object.entries({ content, output })) {
      if (!Array.isArray(parts)) continue
      parts.forEach((part: Json, at) => {
        if (part.type === 'input_image') checkImage(String(part.image_url), ['input', index, key, at])
        if (part.type === 'input_file') checkFile(part, ['input', index, key, at])
      })
    }
  })
}

/** Reasoning is ours, it is whole, and what it led to comes right after it. */
function checkReasoning(items: readonly Json[], { store }: Json, reasoning: Reasoning): void {
  items.forEach((item, index) => {
    const id = String(item.id ?? '')
    if (item.type === 'reasoning') {
      if (typeof item.encrypted_content !== 'string') {
        if (store === false)
          throw new OpenAiRefusal(
            `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
            { status: 404, param: 'input' },
          )
        return
      }
      const given = reasoning.open(item.encrypted_content)
      if (given === undefined || (item.id !== undefined && given.id !== item.id))
        throw invalid(
          'input',
          `The encrypted content for item ${id} could not be verified.`,
          'invalid_encrypted_content',
        )
      if (!reasoning.ledTo(given.id, items[index + 1]))
        throw invalid(
          'input',
          `Item '${given.id}' of type 'reasoning' was provided without its required following item.`,
          null,
        )
    }
    const needed = reasoning.neededBy(id)
    const before = items[index - 1]
    if (item.type !== 'reasoning' && needed !== undefined && before?.type !== 'reasoning')
      throw invalid(
        'input',
        `Item '${id}' of type '${String(item.type)}' was provided without its required 'reasoning' item: '${needed}'.`,
        null,
      )
  })
}
