/** Where the contents of a Gemini request and their parts lie in its bytes, and what they are called in a report. */
import { elementsOf, type Member, membersOf, rootOf } from '../../wire/json-spans.ts'

/** One message within a request. */
export interface Place {
  /** `contents[0].parts[1]`; empty for the request itself. */
  readonly path: string
  /** Where its brace opens. */
  readonly start: number
  readonly members: readonly Member[]
}

export function placeAt(json: Buffer, start: number, path: string): Place {
  return { path, start, members: membersOf(json, start) }
}

/** The request for content: the body itself, or what a countTokens wraps in `generateContentRequest`. */
export function requestIn(json: Buffer): Place {
  const root = placeAt(json, rootOf(json), '')
  return childIn(json, root, 'generateContentRequest') ?? root
}

/** Fields go by two names. */
export function camelCase(name: string): string {
  return name.includes('_')
    ? name.replaceAll(/(?<=.)_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
    : name
}

export function memberIn({ members }: Place, name: string): Member | undefined {
  return members.find((member) => member.name === name || camelCase(member.name) === name)
}

/** The message under this name; undefined when there is none. */
export function childIn(json: Buffer, place: Place, name: string): Place | undefined {
  const member = memberIn(place, name)
  return member === undefined || json[member.start] !== 0x7b
    ? undefined
    : placeAt(json, member.start, pathTo(place, name))
}

/** The messages of the list under this name. */
export function listIn(json: Buffer, place: Place, name: string): Place[] {
  const member = memberIn(place, name)
  if (member === undefined) return []
  const path = pathTo(place, name)
  return elementsOf(json, member.start).map(({ start }, index) => placeAt(json, start, `${path}[${index}]`))
}

/** Every part of the contents and of the system instruction. */
export function partsIn(json: Buffer, request: Place): Place[] {
  const instruction = childIn(json, request, 'systemInstruction')
  return [...(instruction === undefined ? [] : [instruction]), ...listIn(json, request, 'contents')].flatMap(
    (content) => listIn(json, content, 'parts'),
  )
}

export function pathTo({ path }: Place, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
