/** The items of a conversation as Gemini's contents and its system instruction. */
import type { Part } from '../../../wire/gemini.ts'
import { dropUntaken } from '../leftovers.ts'
import { type Conversation, callPart, resultOf } from '../turns.ts'
import { invalid, type Members, missing, unspeakable } from '../values.ts'
import { contentOf, imageTypeOf, textsOf } from './content.ts'
import { type TurnContext, Turns } from './turns.ts'

const ROLES = ['user', 'assistant', 'system', 'developer'] as const

/** Members that say nothing to the model, whatever the item; clients add the last one to what they got. */
const SILENT = ['type', 'id', 'status', 'phase', 'parsed_arguments'] as const

interface Reading extends TurnContext {
  readonly system: Part[]
  readonly turns: Turns
  /** The function of each call, by the call's id. */
  readonly functions: Map<string, string>
}

/** `instructions` stand before all else. Throws `invalid_argument`, or `untranslatable` for what Gemini has no word for. */
export function conversationOf(
  items: readonly Members[],
  instructions: readonly Part[],
  context: TurnContext,
): Conversation {
  const system = [...instructions]
  const reading: Reading = { ...context, system, turns: new Turns(context), functions: new Map() }
  for (const item of items) {
    for (const name of SILENT) item.take(name)
    const type = item.text('type') ?? 'message'
    const read = READERS[type]
    if (read === undefined) throw unspeakable(item.path, reasonAgainst(type))
    read(item, reading)
    dropUntaken(item, context.report)
  }
  const contents = reading.turns.contents()
  return { systemInstruction: system.length === 0 ? undefined : { parts: system }, contents }
}

type Reader = (item: Members, reading: Reading) => void

const READERS: Readonly<Record<string, Reader | undefined>> = {
  message: readMessage,
  reasoning: readReasoning,
  function_call: readCall,
  function_call_output: readResult,
  code_interpreter_call: readCode,
  image_generation_call: readImage,
  // The passages that rest on it stand in the message.
  web_search_call: (item) => void item.take('action'),
}

function reasonAgainst(type: string): string {
  if (type === 'item_reference')
    return 'no item of this id is kept: send the item itself, or go on by previous_response_id'
  return `the model knows no items of type '${type.slice(0, 64)}'`
}

function readMessage(item: Members, { system, turns, report }: Reading): void {
  const role = item.word('role', ROLES) ?? missing(item, 'role')
  if (role === 'user') return turns.user(contentOf(item, 'content'))
  const texts = textsOf(item, 'content')
  if (role === 'assistant') {
    for (const text of texts) turns.model(text)
    return
  }
  if (!turns.isEmpty) report.approximated(item.path, 'the model is told it before the conversation begins')
  system.push(...texts)
}

function readReasoning(item: Members, { turns }: Reading): void {
  const summary = item.take('summary') === undefined ? [] : textsOf(item, 'summary')
  // A summary says the same in fewer words.
  item.take('content')
  turns.think(summary, item.text('encrypted_content'), item.pathOf('encrypted_content'))
}

function readCall(item: Members, { turns, functions }: Reading): void {
  const id = item.required('call_id')
  const part = callPart(item, id)
  functions.set(id, part.functionCall?.name ?? '')
  turns.model(part)
}

function readResult(item: Members, { turns, functions }: Reading): void {
  const id = item.required('call_id')
  const name = functions.get(id)
  if (name === undefined)
    throw invalid(
      item.pathOf('call_id'),
      `No tool call found for function call output with call_id ${id.slice(0, 64)}.`,
    )
  const parts = contentOf(item, 'output')
  const texts = parts.flatMap(({ text }) => text ?? [])
  const media = parts.filter(({ text }) => text === undefined)
  turns.user([resultOf({ id, name }, texts.join('\n'), media)])
}

/** Code that the model ran, with what came out. */
function readCode(item: Members, { turns }: Reading): void {
  item.take('container_id')
  const code = item.text('code')
  if (code === undefined) return
  turns.model({ executableCode: { language: 'PYTHON', code } })
  const logs = item.objects('outputs').map((output) => {
    if (output.text('type') !== 'logs')
      throw unspeakable(output.path, 'only logs are shown to the model again')
    return output.required('logs')
  })
  if (logs.length > 0) turns.model({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: logs.join('') } })
}

function readImage(item: Members, { turns }: Reading): void {
  for (const name of ['output_format', 'revised_prompt', 'size', 'quality', 'background', 'action'])
    item.take(name)
  const data = item.text('result')
  if (data !== undefined) turns.model({ inlineData: { mimeType: imageTypeOf(data), data } })
}
