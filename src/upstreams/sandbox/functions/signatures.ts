/**
 * Thought signatures: what Google's newer models put beside a part, and want back with it.
 * Ours are no thoughts but a seal: who made them, for what kind of part, and with which content.
 */
import { hash } from 'node:crypto'
import type { Part } from '../../../wire/gemini.ts'
import { digestOf } from '../digest.ts'
import type { SandboxModel } from '../models.ts'
import type { Thinking } from '../thinking.ts'

/** 1 byte of version, 1 of the model family, 1 of the part's kind, a digest of its content, a seal over all that. */
const SIGNATURE_BYTES = 66
const VERSION = 0x12
const DIGEST_BYTES = 32
const DIGEST_AT = 3
const SEAL_AT = DIGEST_AT + DIGEST_BYTES
/** No secret: it tells the sandbox's signatures from those of others, and from guesses. */
const KEY = 'sandbox thought signature 1'

/** Since this family a function call needs its signature. */
export const SIGNED_SINCE_FAMILY = 3

const KINDS = ['text', 'functionCall', 'inlineData', 'executableCode', 'toolCall'] as const
export type SignedKind = (typeof KINDS)[number]

/** What a candidate's signatures depend on beside its parts; a `Scene` has it. */
export interface Signing {
  readonly generation: { readonly model: SandboxModel; readonly thinking: Pick<Thinking, 'effort'> }
  readonly seed: number
}

/** What a signature says about the part that it was made for. */
export interface Seal {
  readonly family: number
  readonly kind: SignedKind | undefined
  /** As `contentDigest` gives it. */
  readonly digest: string
}

/**
 * Puts signatures where Google does. From family 3 on: the first function call, or else the last text; the first
 * code; every image and the first text of an image model; every call of a server's tool. In 2.5 the first function
 * call, when the model thinks. Signed parts are copies; as many come out as went in, in the same order.
 */
export function sign(parts: readonly Part[], scene: Signing): Part[] {
  const { model, thinking } = scene.generation
  const signed = [...parts]
  const put = (index: number): void => {
    const part = parts[index]
    const kind = part === undefined || part.thought === true ? undefined : kindOf(part)
    if (kind === undefined) return
    signed[index] = { ...part, thoughtSignature: signatureOf(part!, kind, model, scene.seed) }
  }
  const call = parts.findIndex(({ functionCall }) => functionCall !== undefined)
  if (model.family < SIGNED_SINCE_FAMILY) {
    if (model.family >= 2.5 && thinking.effort !== 'OFF') put(call)
    return signed
  }
  put(call)
  put(parts.findIndex(({ executableCode }) => executableCode !== undefined))
  parts.forEach((part, index) => {
    if (part.inlineData !== undefined || part.toolCall !== undefined) put(index)
  })
  const isText = ({ text, thought }: Part): boolean => text !== undefined && thought !== true
  if (model.outputs.includes('IMAGE')) put(parts.findIndex(isText))
  else if (call === -1) put(parts.findLastIndex(isText))
  return signed
}

/** What kind of content a part has, as far as signatures know it. */
export function kindOf(part: { readonly [kind in SignedKind]?: unknown }): SignedKind | undefined {
  return KINDS.find((kind) => part[kind] !== undefined)
}

/** 88 characters of base64. The same request gets the same signatures. Bytes are kept in latin1, where they are fast. */
function signatureOf(part: Part, kind: SignedKind, model: SandboxModel, seed: number): string {
  // Nobody compares a text's signature with its words, so hashing them would be for nothing.
  const digest = kind === 'text' ? hash('sha256', `${seed}`, 'latin1') : contentDigest(part, kind)
  const sealed = String.fromCharCode(VERSION, familyByte(model), KINDS.indexOf(kind) + 1) + digest
  return btoa(sealed + sealOf(sealed))
}

/** Reads base64 of either alphabet; undefined when it is not a signature of the sandbox. */
export function readSignature(signature: string): Seal | undefined {
  // What is longer than ours can be need not be decoded.
  if (signature.length > Math.ceil(SIGNATURE_BYTES / 3) * 4) return undefined
  const bytes = Buffer.from(signature, 'base64').toString('latin1')
  const sealed = bytes.slice(0, SEAL_AT)
  if (bytes.charCodeAt(0) !== VERSION || bytes !== sealed + sealOf(sealed)) return undefined
  return {
    family: bytes.charCodeAt(1),
    kind: KINDS[bytes.charCodeAt(2) - 1],
    digest: sealed.slice(DIGEST_AT),
  }
}

/** Models of one generation understand each other's signatures. */
export function familyByte(model: SandboxModel): number {
  return Math.floor(model.family)
}

function sealOf(sealed: string): string {
  return hash('sha256', KEY + sealed, 'latin1').slice(0, SIGNATURE_BYTES - SEAL_AT)
}

/**
 * What a signature is bound to, 32 bytes as latin1. A call's id is not in it, nor are arguments that are null: some
 * clients drop both. An image counts by its bytes, whichever alphabet of base64 it comes in.
 */
export function contentDigest(part: { readonly [kind in SignedKind]?: unknown }, kind: SignedKind): string {
  const content = part[kind] as Record<string, unknown>
  if (kind === 'inlineData') {
    return hash('sha256', Buffer.from(String(content.data ?? ''), 'base64'), 'latin1')
  }
  if (kind === 'executableCode') return digestOf([content.language, content.code]).toString('latin1')
  const { name, toolType, args } = content
  const given = Object.entries((args ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null)
  return digestOf([name, toolType, Object.fromEntries(given)]).toString('latin1')
}
