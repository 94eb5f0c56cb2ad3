/** The names of resources: ours are random, a client's follow Google's grammar. None of them reaches the file system. */
import { randomBytes } from 'node:crypto'
import { invalidField } from '../errors.ts'

/** Google's ids are twelve of these; 36^12 are enough never to meet. */
const ID_CHARACTERS = 12
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const CLIENT_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/
/** Longest id that is looked up; Google's own ids of batch results are longer than those that a client may choose. */
const READ_ID_CHARACTERS_MAX = 128
const READ_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** A new id of lower-case letters and digits, beginning with a letter. */
export function newId(): string {
  const bytes = randomBytes(ID_CHARACTERS * 2)
  let id = ''
  for (let at = 0; at < ID_CHARACTERS; at++) {
    // 65,536 is no multiple of 36; the bias of one in a thousand tells nobody anything.
    id += ALPHABET[bytes.readUInt16LE(at * 2) % (at === 0 ? 26 : ALPHABET.length)]
  }
  return id
}

/**
 * A name that a client chose, such as `files/my-notes`; undefined when it chose none.
 * `field` is for the error: a snake_case path.
 */
export function chosenName(collection: string, name: string | undefined, field: string): string | undefined {
  if (name === undefined || name === '') return undefined
  const prefix = `${collection}/`
  if (name.startsWith(prefix) && CLIENT_ID.test(name.slice(prefix.length))) return name
  throw invalidField(
    field,
    `Invalid resource name: it must be ${prefix} and then up to 40 lower-case letters, digits and dashes, ` +
      'with no dash at either end.',
  )
}

/** Whether an id of a path could be one of ours; anything else is looked up nowhere. */
export function isReadableId(id: string): boolean {
  return id.length <= READ_ID_CHARACTERS_MAX && READ_ID.test(id)
}

/** An id of somebody's request, as an error repeats it. */
export function shownId(id: string): string {
  return id.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?')
}
