/**
 * Every gateway that the tests start is given secrets, and when it ends everything that it wrote is searched for them:
 * what it said, and the files of its data folder. Always on, so that any test of the suite finds a leak.
 */
import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SECRET_CHARACTERS_MIN } from '../../src/observe/redact.ts'

/** By the place where it was planted. */
export type Secrets = ReadonlyMap<string, string>

/** Something that was written, and its name. */
export interface Artefact {
  readonly name: string
  readonly bytes: Buffer
}

/** Larger files are what clients uploaded, and are not read. */
const FILE_BYTES_MAX = 256 * 1024 * 1024

/** A configuration of hundreds of upstreams has its keys planted all alike: these are enough, and the search stays cheap. */
const SECRETS_MAX = 8
const SHOWN_CHARACTERS = 12

/** Keys that Wasat makes itself: 256 bits behind an id. No other text of ours has this form. */
const MADE_KEY = /\bws[ta]_[A-Za-z0-9]{4,32}_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/

const KEYS_IN_CONFIG = /["']?\bkeys["']?:\s*\[([^\]]*)\]/g
const PASSWORD_IN_ADDRESS = /\b[a-z]+:\/\/[^\s:/@"']*:([^\s@"']+)@/g
const VARIABLE_OF_SECRET = /(?:KEY|PASSWORD|SECRET|TOKEN)$/

/** What is secret in the text of a configuration and in an environment. */
export function secretsOf(config: string, environment: NodeJS.ProcessEnv): Secrets {
  const found = new Map<string, string>()
  const add = (place: string, secret: string | undefined) => {
    if (secret === undefined || secret.includes('$') || secret.length < SECRET_CHARACTERS_MIN) return
    if (found.size < SECRETS_MAX) found.set(place, secret)
  }
  for (const [name, value] of Object.entries(environment)) {
    if (VARIABLE_OF_SECRET.test(name)) add(name, value)
    for (const [, password] of (value ?? '').matchAll(PASSWORD_IN_ADDRESS))
      add(`password in ${name}`, password)
  }
  for (const [, list = ''] of config.matchAll(KEYS_IN_CONFIG)) {
    const keys = list.split(',').map((key) => key.trim().replace(/^["']|["']$/g, ''))
    for (const key of keys) add(`the upstream key that begins ${key.slice(0, SHOWN_CHARACTERS)}`, key)
  }
  for (const [, password] of config.matchAll(PASSWORD_IN_ADDRESS))
    add('a password of the configuration', password)
  return found
}

/** In which forms a secret could stand somewhere, each told by its name. */
export function formsOf(secret: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const forms = new Map([
    ['as it is', secret],
    ['backwards', [...secret].reverse().join('')],
    ['in hex', hex],
    ['in capital hex', hex.toUpperCase()],
    ['percent-encoded', encodeURIComponent(secret)],
    ['percent-encoded throughout', hex.replaceAll(/../g, '%$&').toUpperCase()],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in escapes of JSON', hex.replaceAll(/../g, '\\u00$&')],
  ])
  // What stands before it shifts the groups of base64; the characters at both ends depend on the neighbours.
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3))
    const inner = shift === 0 ? 0 : 4
    forms.set(`in base64, shifted by ${shift}`, whole.toString('base64').slice(inner))
    forms.set(`in base64url, shifted by ${shift}`, whole.toString('base64url').slice(inner))
  }
  return forms
}

/** What was found and where, without the secret itself; empty when all is well. */
export function leaksIn(artefacts: readonly Artefact[], secrets: Secrets): string[] {
  const leaks: string[] = []
  for (const [place, secret] of secrets) {
    // The first name of a form that looks like another one is the plainest.
    const forms = new Map([...formsOf(secret)].reverse().map(([form, text]) => [text, form]))
    for (const [text, form] of forms) {
      for (const { name, bytes } of artefacts)
        if (bytes.includes(text)) leaks.push(`${place} stands ${form} in ${name}${nearby(bytes, text)}`)
    }
  }
  for (const { name, bytes } of artefacts) {
    const made = bytes.includes('ws') ? MADE_KEY.exec(bytes.toString('latin1')) : null
    if (made !== null) leaks.push(`a key that was made stands in ${name}${nearby(bytes, made[0])}`)
  }
  return leaks
}

const NEARBY_BYTES = 120

function nearby(bytes: Buffer, text: string): string {
  const at = bytes.indexOf(text)
  const around = bytes.subarray(Math.max(0, at - NEARBY_BYTES), at).toString('latin1')
  return `, after: ${JSON.stringify(around)}`
}

/** The one place for keys that were made: the first start shows each once, in plain lines before the log goes on. */
const SHOWN_ONCE = /Keys, shown this once:[\s\S]*?(?=\n\{|$)/

/** Every file below a folder; one that goes away meanwhile is none. */
export async function filesIn(folder: string): Promise<Artefact[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((): Dirent[] => [])
  const read = async (path: string): Promise<Artefact[]> => {
    const bytes = await readFile(path).catch(() => undefined)
    return bytes === undefined || bytes.length > FILE_BYTES_MAX ? [] : [{ name: path, bytes }]
  }
  const files = entries.filter((entry) => entry.isFile())
  return (await Promise.all(files.map((entry) => read(join(entry.parentPath, entry.name))))).flat()
}

export interface Written {
  readonly output: string
  readonly dataFolder: string
  readonly secrets: Secrets
}

/** Throws when a gateway wrote down what it must not. */
export async function requireNoLeak({ output, dataFolder, secrets }: Written): Promise<void> {
  const artefacts = [
    { name: 'its output', bytes: Buffer.from(output.replace(SHOWN_ONCE, '')) },
    ...(await filesIn(dataFolder)),
  ]
  const leaks = leaksIn(artefacts, secrets)
  if (leaks.length > 0) throw new Error(`[NEV-64] the gateway wrote secrets down:\n${leaks.join('\n')}`)
}
