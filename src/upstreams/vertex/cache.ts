/** A cached content of our own store, which Vertex does not have: the request begins with what it holds. */
import type { Edit } from '../../wire/json-spans.ts'
import { elementsOf, type Member, parsedAt, removals, withEdits } from '../../wire/json-spans.ts'
import { camelCase, memberIn, type Place, placeAt } from '../native/places.ts'
import { recall } from '../translation/recall.ts'
import { type Context, editsOf } from './differences.ts'

/**
 * Puts the cache in its place; without one, the same bytes. `models`: the names that the request's model goes by.
 * Throws Google's 400 for what may not be combined, 403 for another's cache.
 */
export async function expanded(
  json: Buffer,
  request: Place,
  models: readonly string[],
  context: Context,
): Promise<Buffer> {
  const named = memberIn(request, 'cachedContent')
  const name = named && parsedAt(json, named)
  if (named === undefined || !name) return json
  const own = <Value>(member: string, value: Value) =>
    isGiven(json, memberIn(request, member)) ? { [member]: value } : {}
  const { cached } = await recall(
    {
      cachedContent: String(name),
      ...own('systemInstruction', {}),
      ...own('tools', [{}]),
      ...own('toolConfig', {}),
    },
    models,
    context,
  )
  const plain = Buffer.from(JSON.stringify(cached))
  const document = withEdits(plain, await editsOf(plain, placeAt(plain, 0, 'cachedContent'), context))
  return withEdits(json, splices(json, request, document))
}

function splices(json: Buffer, request: Place, document: Buffer): Edit[] {
  const held = placeAt(document, 0, '').members
  const contents = held.find(({ name }) => name === 'contents')
  const own = memberIn(request, 'contents')
  const isOwnAfter = own !== undefined && contents !== undefined
  const added = held.filter((member) => !isOwnAfter || member !== contents)
  const text = added.map(({ nameStart, end }) => document.toString('utf8', nameStart, end)).join(',')
  // What is given empty beside the cache makes room for what the cache says.
  const names = new Set(added.map(({ name }) => name))
  const isReplaced = (member: Member) => names.has(camelCase(member.name))
  const isGone = (member: Member) => isReplaced(member) || (text === '' && isNamed(member))
  const edits = removals(request.members, isGone)
  const named = memberIn(request, 'cachedContent') as Member
  if (text !== '') edits.push({ start: named.nameStart, end: named.end, text })
  if (isOwnAfter) edits.push(begunWith(json, own, document, contents))
  return edits
}

function isNamed({ name }: Member): boolean {
  return camelCase(name) === 'cachedContent'
}

/** The request's own contents, after those of the cache. */
function begunWith(json: Buffer, own: Member, document: Buffer, contents: Member): Edit {
  const texts = [
    ...elementsOf(document, contents.start).map(({ start, end }) => document.subarray(start, end)),
    ...elementsOf(json, own.start).map(({ start, end }) => json.subarray(start, end)),
  ]
  const comma = Buffer.from(',')
  const list = texts.flatMap((text, index) => (index === 0 ? [text] : [comma, text]))
  return {
    start: own.start,
    end: own.end,
    text: Buffer.concat([Buffer.from('['), ...list, Buffer.from(']')]),
  }
}

function isGiven(json: Buffer, member: Member | undefined): boolean {
  if (member === undefined) return false
  const value = parsedAt(json, member)
  return value !== null && !(Array.isArray(value) && value.length === 0)
}
