/** Files of our own store, which Vertex cannot see: sent inline. Whatever else has an address stays as it is. */
import { invalidField } from '../../errors.ts'
import { snakeCase } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Caller } from '../../nouns.ts'
import { type Edit, parsedAt } from '../../wire/json-spans.ts'
import { childIn, memberIn, type Place, pathTo } from '../native/places.ts'

/** The bare name, or an address of a Files API: ours, or one that Google's clients make of a name. */
const OWN = /^(?:https?:\/\/[^?#]*\/v1(?:beta1?|alpha)?\/)?files\/[^/?#]+(?:\?[^#]*)?$/
/** Larger ones belong into a bucket. Vertex itself takes about a hundred MB of request. */
const FILE_BYTES_MAX = 100 * 1024 * 1024

interface Shelf {
  readonly caller: Caller
  readonly library: Library
}

/** Exchanges `fileData` for `inlineData`. `part` may be a function response's. Throws `permission_denied`. */
export async function inlined(json: Buffer, part: Place, { caller, library }: Shelf): Promise<Edit[]> {
  const member = memberIn(part, 'fileData')
  const data = childIn(json, part, 'fileData')
  const uri = data && memberIn(data, 'fileUri')
  if (member === undefined || data === undefined || uri === undefined) return []
  const address = parsedAt(json, uri)
  if (typeof address !== 'string' || !OWN.test(address)) return []
  const file = await library.file(caller, address)
  if (file.sizeBytes > FILE_BYTES_MAX) {
    throw invalidField(
      snakeCase(pathTo(data, 'fileUri')),
      `The file ${file.name} is too large to be sent inline: at most ${FILE_BYTES_MAX} bytes are.`,
    )
  }
  const given = (name: string) => {
    const found = memberIn(data, name)
    return found === undefined ? undefined : parsedAt(json, found)
  }
  const displayName = given('displayName')
  const head = JSON.stringify({
    mimeType: given('mimeType') || file.mimeType,
    ...(typeof displayName === 'string' && { displayName }),
  })
  const bytes = await file.read()
  // Base64 is ASCII: written as it is, it is not encoded a second time.
  const text = Buffer.concat([
    Buffer.from(`"inlineData":${head.slice(0, -1)},"data":"`),
    Buffer.from(bytes.toString('base64'), 'latin1'),
    Buffer.from('"}'),
  ])
  return [{ start: member.nameStart, end: member.end, text }]
}
