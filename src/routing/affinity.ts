/**
 * Which target answered a conversation, so that its next turn goes there: that one has the prompt in its cache and
 * knows the signatures. A conversation is known by its first content, which each of its turns repeats.
 */
import { hash } from 'node:crypto'
import type { Call, Caller, Conversation, Target, WireFormat } from '../nouns.ts'
import { elementsOf, firstElementOf, rootOf, valueStartOf } from '../wire/json-spans.ts'

/** Beyond it, those that were silent for longest are forgotten. */
const CONVERSATIONS_MAX = 100_000
/** Providers keep a prompt for minutes; a user thinks for longer. */
const IDLE_MS_MAX = 3_600_000
/** Of a body: what is looked through for the first content, and all of it that tells conversations apart. */
const LOOKED_BYTES_MAX = 65_536
/** No model has a longer name; a memory must not be filled with names. */
const NAME_CHARACTERS_MAX = 255

export interface AffinityOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
  readonly conversationsMax?: number
}

export interface Affinity {
  /**
   * What is known of the call's conversation, and a memory for who answers it. Undefined for a call that is none.
   */
  recall(call: Call, caller: Caller): Recalled | undefined
  readonly size: number
}

export interface Recalled {
  /** The same target with the credential with which it answered the turn before; undefined when another one did. */
  atHome(target: Target): Target | undefined
  readonly conversation: Conversation
}

interface Home {
  readonly upstream: string
  readonly model: string
  /** Providers keep prompts by account. */
  readonly credential: number
  readonly atMs: number
}

export function createAffinity({
  now = () => performance.now(),
  conversationsMax = CONVERSATIONS_MAX,
}: AffinityOptions = {}): Affinity {
  /** By caller, model and first content; who was silent for longest comes first. */
  const homes = new Map<string, Home>()

  function homeOf(key: string): Home | undefined {
    const home = homes.get(key)
    if (home === undefined || now() - home.atMs <= IDLE_MS_MAX) return home
    homes.delete(key)
    return undefined
  }

  function settle(key: string, target: Target): void {
    homes.delete(key)
    const { upstream, model } = target
    homes.set(key, { upstream: upstream.name, model, credential: credentialOf(target), atMs: now() })
    for (const oldest of homes.keys()) {
      if (homes.size <= conversationsMax) break
      homes.delete(oldest)
    }
  }

  function recall(call: Call, caller: Caller): Recalled | undefined {
    const beginning = beginningOf(call)
    if (beginning === undefined) return undefined
    const key = `${caller.keyId} ${call.model} ${beginning.digest}`
    const home = beginning.isFirstTurn ? undefined : homeOf(key)
    const atHome = (target: Target): Target | undefined =>
      home !== undefined && isAt(home, target) ? withHome(target, home) : undefined
    const answered = (target: Target): 'moved' | 'stayed' => {
      settle(key, target)
      const isMoved = home !== undefined && !(isAt(home, target) && home.credential === credentialOf(target))
      return isMoved ? 'moved' : 'stayed'
    }
    return { atHome, conversation: { answered } }
  }

  return {
    recall,
    get size() {
      return homes.size
    },
  }
}

function isAt(home: Home, { upstream, model }: Target): boolean {
  return home.upstream === upstream.name && home.model === model
}

function withHome(target: Target, { credential }: Home): Target {
  return { ...target, credential, isHome: true }
}

/** Credentials are counted round and round. */
function credentialOf({ credential, upstream }: Target): number {
  return credential % upstream.credentials
}

interface Beginning {
  readonly digest: string
  /** Nobody answered before: it goes where any call would, even if another conversation began with the same words. */
  readonly isFirstTurn: boolean
}

/** Read in the bytes, because the native way never parses a body. */
function beginningOf(call: Call): Beginning | undefined {
  const { verb, wire, model, body } = call
  if (verb !== 'generateContent' && verb !== 'streamGenerateContent') return undefined
  if (model.length > NAME_CHARACTERS_MAX) return undefined
  const looked = body.subarray(0, LOOKED_BYTES_MAX)
  const first = FIRST_WORDS[wire]?.(looked)
  if (first === undefined) return undefined
  // A beginning that has no end here is large enough to be cached by itself: it counts as known, when it is.
  const isCut = first.end === looked.length && body.length > looked.length
  return {
    digest: hash('sha256', looked.subarray(first.start, first.end), 'base64url'),
    isFirstTurn: first.isOnly && !isCut,
  }
}

type FirstWords = ReturnType<typeof firstElementOf>

/** What each turn of a conversation begins with, by the wire; the text may be cut off. */
const FIRST_WORDS: { readonly [wire in WireFormat]?: (json: Buffer) => FirstWords } = {
  gemini: (json) => {
    const contents = valueStartOf(json, rootOf(json), 'contents')
    return contents === undefined ? undefined : firstElementOf(json, contents)
  },
  'openai-chat': firstMessages,
}

/** Up to the first words of the user: what the system is told before them, many conversations share. */
function firstMessages(json: Buffer): FirstWords {
  const messages = valueStartOf(json, rootOf(json), 'messages')
  if (messages === undefined) return undefined
  const elements = elementsOf(json, messages)
  const last = elements.findIndex(({ start }) => isUsers(json, start))
  const { start } = elements[0] ?? {}
  const { end } = elements[last] ?? {}
  return start === undefined || end === undefined
    ? undefined
    : { start, end, isOnly: last === elements.length - 1 }
}

const USER = Buffer.from('"user"')

function isUsers(json: Buffer, message: number): boolean {
  const role = valueStartOf(json, message, 'role')
  return role !== undefined && json.subarray(role, role + USER.length).equals(USER)
}
