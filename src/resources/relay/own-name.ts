import { invalidField } from '../../errors.ts'
import type { Caller } from '../../nouns.ts'
import { chosenName } from '../names.ts'
import { replaceStrings } from './json-strings.ts'
import { keyTagOf } from './names.ts'

/** Google's: what a file's id may have. */
const ID_CHARACTERS_MAX = 40

/** The name that a client chooses for its file, as it is at the upstream. */
export function withOwnName(json: Buffer, { keyId }: Caller): Buffer {
  return replaceStrings(json, new Set(), (value, path) => {
    if (path.join('.') !== 'file.name') return undefined
    const name = chosenName('files', value, 'file.name')
    if (name === undefined) return undefined
    const id = keyTagOf(keyId) + name.slice('files/'.length)
    if (id.length <= ID_CHARACTERS_MAX) return `files/${id}`
    const most = ID_CHARACTERS_MAX - keyTagOf(keyId).length
    throw invalidField('file.name', `Invalid resource name: up to ${most} characters may follow files/ here.`)
  })
}
