/** Checks of contents and parts that a type table cannot make. */
import { invalidField } from '../../../errors.ts'
import { snakeCase } from '../../../nouns/report.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import type { Complaints } from './complaints.ts'
import { modalityOf } from './mime-types.ts'

type Content = GeminiMessage<'Content'>
type Part = GeminiMessage<'Part'>

/** The members of a part's oneof `data`. */
const DATA_MEMBERS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
] as const satisfies readonly (keyof Part)[]

/** `function` is the legacy turn of results, `tool` what other vendors' converters send. */
const ROLES: ReadonlyMap<string, 'user' | 'model'> = new Map([
  ['user', 'user'],
  ['model', 'model'],
  ['function', 'user'],
  ['tool', 'user'],
])

/** Who speaks; without a role it is the user. Throws for a role that there is not. */
export function roleOf(content: Content, path: string): 'user' | 'model' {
  if (content.role === undefined) return 'user'
  const role = ROLES.get(content.role.toLowerCase())
  if (role === undefined) {
    throw invalidField(snakeCase(`${path}.role`), 'Please use a valid role: user, model.')
  }
  return role
}

/** Complains about missing contents, empty turns and parts without data. */
export function checkContents(
  complaints: Complaints,
  path: string,
  contents: readonly Content[] | undefined,
): void {
  if (contents === undefined || contents.length === 0) complaints.add(path, 'contents is not specified')
  contents?.forEach((content, index) => {
    checkParts(complaints, `${path}[${index}]`, content)
  })
}

export function checkParts(complaints: Complaints, path: string, content: Content): void {
  if (content.parts === undefined || content.parts.length === 0) {
    complaints.add(`${path}.parts`, 'contents.parts must not be empty.')
  }
  content.parts?.forEach((part, index) => {
    checkPart(complaints, `${path}.parts[${index}]`, part)
  })
}

function checkPart(complaints: Complaints, path: string, part: Part): void {
  if (DATA_MEMBERS.every((member) => part[member] === undefined)) {
    complaints.add(`${path}.data`, "required oneof field 'data' must have one initialized field")
  }
  if (part.inlineData && !part.inlineData.mimeType) {
    complaints.add(`${path}.inline_data.mime_type`, 'mime type is required')
  }
  if (part.inlineData && !part.inlineData.data)
    complaints.add(`${path}.inline_data.data`, 'data must not be empty')
  if (part.fileData && !part.fileData.fileUri)
    complaints.add(`${path}.file_data.file_uri`, 'file uri is required')
  for (const [member, name] of [
    ['functionCall', 'function_call'],
    ['functionResponse', 'function_response'],
  ] as const) {
    const named = part[member]
    if (named && !named.name) complaints.add(`${path}.${name}.name`, 'name must not be empty')
  }
}

/** Throws for inline media of a type that Gemini does not take. */
export function checkMedia(path: string, part: Part): void {
  const mimeType = part.inlineData?.mimeType
  if (mimeType !== undefined && modalityOf(mimeType) === undefined) {
    throw invalidField(`${path}.inline_data.mime_type`, `Unsupported MIME type: ${shorten(mimeType)}`)
  }
}

/** The text of a content: its text parts, without thoughts, one after another. */
export function textOf(content: Content | undefined): string {
  const texts: string[] = []
  for (const part of content?.parts ?? []) {
    if (part.text !== undefined && part.thought !== true) texts.push(part.text)
  }
  return texts.join('\n')
}
