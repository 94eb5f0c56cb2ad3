/** What the developer API reads and Vertex does not, on the bytes of a request: everything else stays as it came. */

import type { Report } from '../../nouns/report.ts'
import { untranslatable } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Caller } from '../../nouns.ts'
import { type Edit, type Member, parsedAt, removals } from '../../wire/json-spans.ts'
import { camelCase, childIn, listIn, memberIn, type Place, pathTo } from '../native/places.ts'
import { inlined } from './files.ts'

export interface Context {
  readonly caller: Caller
  readonly library: Library
  readonly report: Report
  /** Whether the client speaks Vertex's own language: then nothing needs to be said otherwise. */
  readonly isVertexShaped: boolean
}

/** Members that are only said when they say something. */
const NOTHING: ReadonlySet<unknown> = new Set([undefined, null, false, '', 0])

/** Tools that Vertex does not have: a model without them would answer something else. */
const FOREIGN_TOOLS: ReadonlySet<string> = new Set(['fileSearch', 'mcpServers'])
const FOREIGN_PARTS: ReadonlySet<string> = new Set(['toolCall', 'toolResponse'])
const PART_HINTS: ReadonlySet<string> = new Set(['partMetadata', 'mediaProcessing'])
const RESPONSE_HINTS: ReadonlySet<string> = new Set(['willContinue'])
const CONFIG_HINTS: ReadonlySet<string> = new Set(['enableEnhancedCivicAnswers'])
const TOOL_CONFIG_HINTS: ReadonlySet<string> = new Set(['includeServerSideToolInvocations'])
const REQUEST_HINTS: ReadonlySet<string> = new Set(['store'])
/** Said in another place: in the path, in a header. */
const ELSEWHERE: ReadonlySet<string> = new Set(['model', 'serviceTier'])

/** Edits of a whole request, or of the document of a cache. Throws `untranslatable`, and 403 for another's file. */
export async function editsOf(json: Buffer, request: Place, context: Context): Promise<Edit[]> {
  const edits: Edit[] = []
  for (const content of listIn(json, request, 'contents')) {
    edits.push(...(await editsOfContent(json, content, context)))
  }
  if (context.isVertexShaped) return edits
  const instruction = childIn(json, request, 'systemInstruction')
  if (instruction !== undefined) edits.push(...(await editsOfParts(json, instruction, context)))
  for (const tool of listIn(json, request, 'tools')) refuseForeign(json, tool, FOREIGN_TOOLS)
  const config = childIn(json, request, 'generationConfig')
  if (config !== undefined) edits.push(...editsOfConfig(json, config, context))
  const toolConfig = childIn(json, request, 'toolConfig')
  if (toolConfig !== undefined) edits.push(...withoutHints(json, toolConfig, TOOL_CONFIG_HINTS, context))
  edits.push(...withoutHints(json, request, REQUEST_HINTS, context, ELSEWHERE))
  return edits
}

export async function editsOfContent(json: Buffer, content: Place, context: Context): Promise<Edit[]> {
  const parts = await editsOfParts(json, content, context)
  const role = memberIn(content, 'role')
  if (role === undefined) {
    const at = content.start + 1
    const text = `"role":"user"${content.members.length > 0 ? ',' : ''}`
    // A single text may stand where a content is declared for some clients only; it is not ours to judge.
    return json[content.start] === 0x7b ? [...parts, { start: at, end: at, text }] : parts
  }
  if (!NOTHING.has(parsedAt(json, role))) return parts
  return [...parts, { start: role.start, end: role.end, text: '"user"' }]
}

async function editsOfParts(json: Buffer, content: Place, context: Context): Promise<Edit[]> {
  const edits: Edit[] = []
  for (const part of listIn(json, content, 'parts')) {
    edits.push(...(await inlined(json, part, context)))
    const response = childIn(json, part, 'functionResponse')
    for (const attached of response === undefined ? [] : listIn(json, response, 'parts')) {
      edits.push(...(await inlined(json, attached, context)))
      if (!context.isVertexShaped) edits.push(...withoutHints(json, attached, PART_HINTS, context))
    }
    if (context.isVertexShaped) continue
    refuseForeign(json, part, FOREIGN_PARTS)
    edits.push(...withoutHints(json, part, PART_HINTS, context))
    if (response !== undefined) edits.push(...withoutHints(json, response, RESPONSE_HINTS, context))
  }
  return edits
}

function editsOfConfig(json: Buffer, config: Place, context: Context): Edit[] {
  const edits = withoutHints(json, config, CONFIG_HINTS, context)
  const format = memberIn(config, 'responseFormat')
  // One object of several kinds here, a list of one kind each there.
  if (format !== undefined && json[format.start] === 0x7b) {
    const { start, end } = format
    const kinds = childIn(json, config, 'responseFormat')?.members ?? []
    const text = kinds.map((kind) => `{${json.toString('utf8', kind.nameStart, kind.end)}}`).join(',')
    edits.push({ start, end, text: `[${text}]` })
  }
  // An older name of the same field.
  const schema = config.members.find(({ name }) => name === '_responseJsonSchema')
  if (schema !== undefined) {
    const end = schema.nameStart + '"_responseJsonSchema"'.length
    edits.push({ start: schema.nameStart, end, text: '"responseJsonSchema"' })
  }
  return edits
}

/** Takes out what Vertex would refuse to read, and tells of what meant something. */
function withoutHints(
  json: Buffer,
  place: Place,
  hints: ReadonlySet<string>,
  { report }: Context,
  silent?: ReadonlySet<string>,
): Edit[] {
  return removals(place.members, (member) => {
    const name = camelCase(member.name)
    if (silent?.has(name)) return true
    if (!hints.has(name)) return false
    if (isSaid(json, member)) report.dropped(pathTo(place, name), 'Vertex AI has no such field')
    return true
  })
}

function refuseForeign(json: Buffer, place: Place, names: ReadonlySet<string>): void {
  for (const member of place.members) {
    const name = camelCase(member.name)
    if (!names.has(name)) continue
    const value = parsedAt(json, member)
    if (value === null || isEmptyList(value)) continue
    throw untranslatable(
      pathTo(place, name),
      `Vertex AI has no ${name}. Ask a model of the Gemini API for it.`,
    )
  }
}

function isSaid(json: Buffer, member: Member): boolean {
  const value = parsedAt(json, member)
  if (NOTHING.has(value) || isEmptyList(value)) return false
  if (typeof value === 'string') return !value.endsWith('_UNSPECIFIED')
  return typeof value !== 'object' || Object.keys(value as object).length > 0
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}
