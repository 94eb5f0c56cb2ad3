/** What Vertex AI refuses though its members are right: roles, turns of functions, signatures, thinking. */

import { isJson, type Json } from './provider-shape.ts'
import { checked, VertexRefusal } from './vertex-server-errors.ts'
import { GENERATE } from './vertex-server-shape.ts'

export interface Signatures {
  isOurs(signature: string): boolean
}

const SENTINELS = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'].flatMap(
  (word) => {
    const encoded = Buffer.from(word).toString('base64')
    return [word, encoded, encoded.replace(/=+$/, '')]
  },
)

const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
]

/** Reads a body; throws `VertexRefusal`. */
export function readGenerate(body: Json, model: string, signatures: Signatures): void {
  checked(() => GENERATE(body, []))
  const all = body.contents as readonly Json[]
  all.forEach(checkContent)
  const contents = merged(all)
  checkTurns(contents)
  checkSignatures(contents, signatures)
  if (isSigned(model)) checkSigned(contents)
  checkThinking((body.generationConfig as Json | undefined)?.thinkingConfig as Json | undefined, model)
  checkTools(body)
  checkFormat(body)
}

/** Neighbours of one role are one turn: a client keeps the pieces of a stream so. */
function merged(contents: readonly Json[]): readonly Json[] {
  const turns: Json[] = []
  for (const content of contents) {
    const last = turns.at(-1)
    if (last?.role !== content.role) turns.push(content)
    else turns[turns.length - 1] = { ...last, parts: [...partsOf(last as Json), ...partsOf(content)] }
  }
  return turns
}

const MIME_TYPES = ['', 'text/plain', 'application/json', 'text/x.enum']

function checkFormat({ generationConfig }: Json): void {
  const { responseMimeType: type = '' } = (generationConfig ?? {}) as Json
  if (!MIME_TYPES.includes(String(type)))
    throw new VertexRefusal(
      `Unable to submit request because it has an invalid response_mime_type: ${String(type)}.`,
    )
}

export function isSigned(model: string): boolean {
  return /^gemini-[3-9]/.test(model)
}

export const partsOf = ({ parts = [] }: Json): readonly Json[] => parts as readonly Json[]

function checkContent(content: Json, index: number): void {
  if (content.role !== 'user' && content.role !== 'model')
    throw new VertexRefusal('Please use a valid role: user, model.')
  if (partsOf(content).length === 0 && content.role === 'user')
    throw new VertexRefusal(
      `Unable to submit request because it must include at least one parts field, which describes the prompt input. contents[${index}]`,
    )
  for (const part of partsOf(content)) {
    const kinds = DATA.filter((name) => part[name] !== undefined)
    if (kinds.length > 1) throw new VertexRefusal("oneof field 'data' is already set.")
    if (kinds.length === 0 && part.thoughtSignature === undefined)
      throw new VertexRefusal(
        'Unable to submit request because it has an empty part: set one of text, inline_data, file_data, function_call.',
      )
    checkFile(part)
  }
}

function checkFile({ fileData }: Json): void {
  if (!isJson(fileData)) return
  const uri = String(fileData.fileUri)
  if (!/^(?:gs|https):\/\//.test(uri))
    throw new VertexRefusal(`Unable to submit request because the file URI is not supported: ${uri}`)
  if (!fileData.mimeType)
    throw new VertexRefusal(
      'Unable to submit request because it has an empty mimeType parameter in fileData.',
    )
}

function checkTurns(contents: readonly Json[]): void {
  contents.forEach((content, index) => {
    const calls = partsOf(content).filter(({ functionCall }) => functionCall)
    const responses = partsOf(content).filter(({ functionResponse }) => functionResponse)
    const before = partsOf(contents[index - 1] ?? {}).filter(({ functionCall }) => functionCall)
    if (responses.length > 0 && responses.length !== before.length)
      throw new VertexRefusal(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
    if (calls.length > 0 && contents[index - 1]?.role !== 'user')
      throw new VertexRefusal(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      )
    const after = contents[index + 1]
    if (calls.length > 0 && after && !partsOf(after).some(({ functionResponse }) => functionResponse))
      throw new VertexRefusal(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
    const ids = before.map(({ functionCall }) => (functionCall as Json).id)
    for (const { functionResponse } of responses) {
      const { id } = functionResponse as Json
      if (id !== undefined && !ids.includes(id))
        throw new VertexRefusal(`The function response id ${String(id)} matches no function call.`)
    }
  })
}

/** The current turn begins with what the user said last; results of functions continue it. */
function startOfTurn(contents: readonly Json[]): number {
  return contents.findLastIndex(
    (content) =>
      content.role === 'user' && !partsOf(content).some(({ functionResponse }) => functionResponse),
  )
}

/** Only those of the current turn are read. */
function checkSignatures(contents: readonly Json[], signatures: Signatures): void {
  for (const part of contents.slice(Math.max(0, startOfTurn(contents))).flatMap(partsOf)) {
    const signature = part.thoughtSignature as string | undefined
    if (signature && !SENTINELS.includes(signature) && !signatures.isOurs(signature))
      throw new VertexRefusal('Corrupted thought signature.')
  }
}

/** Each step of the current turn has signed its first call. */
function checkSigned(contents: readonly Json[]): void {
  const start = startOfTurn(contents)
  contents.forEach((content, index) => {
    if (index < start || content.role !== 'model') return
    const first = partsOf(content).find(({ functionCall }) => functionCall)
    if (first === undefined || first.thoughtSignature) return
    throw new VertexRefusal(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${String((first.functionCall as Json).name)}\` , position ${index + 1}. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures for more details.`,
    )
  })
}

function checkThinking(thinking: Json | undefined, model: string): void {
  if (thinking === undefined) return
  const { thinkingBudget: budget, thinkingLevel: level } = thinking
  if (budget !== undefined && level !== undefined)
    throw new VertexRefusal('You can only set only one of thinking budget and thinking level.')
  if (level !== undefined && !isSigned(model))
    throw new VertexRefusal('Thinking level is not supported for this model.')
}

function checkTools({ tools = [], toolConfig }: Json): void {
  const names = (tools as readonly Json[])
    .flatMap(({ functionDeclarations: all = [] }) => all as readonly Json[])
    .map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw new VertexRefusal(`Duplicate function declaration found: ${String(names.at(-1))}`)
  const config = (toolConfig as Json | undefined)?.functionCallingConfig as Json | undefined
  const allowed = (config?.allowedFunctionNames ?? []) as readonly string[]
  if (allowed.length > 0 && config?.mode !== 'ANY' && config?.mode !== 'VALIDATED')
    throw new VertexRefusal('Allowed function names should only be set when function calling mode is ANY.')
  for (const name of allowed) {
    if (!names.includes(name))
      throw new VertexRefusal(`Allowed function name ${name} is not among the function declarations.`)
  }
}
