/** Reasoning that only the pretended OpenAI can read, and what came after it. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { textOf } from './openai-server-chat-answer.ts'
import type { Json } from './provider-shape.ts'

export interface Reasoning {
  /** Makes an item's encrypted content, and remembers what came after the item. */
  seal(id: string, thought: string, next: Json): string
  /** Undefined for what we did not make. */
  open(encrypted: string): { readonly id: string; readonly thought: string } | undefined
  ledTo(id: string, item: Json | undefined): boolean
  /** The reasoning that belongs before the item with this id. */
  neededBy(itemId: string): string | undefined
}

/** Reasoning items that are remembered. */
const REMEMBERED_MAX = 10_000
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createReasoning(): Reasoning {
  const key = randomBytes(32)
  const next = new Map<string, string>()
  const needs = new Map<string, string>()
  return {
    seal(id, thought, item) {
      if (next.size >= REMEMBERED_MAX) next.clear()
      next.set(id, identityOf(item))
      needs.set(String(item.id), id)
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const body = Buffer.concat([cipher.update(JSON.stringify({ id, thought })), cipher.final()])
      return `gAAA${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`
    },
    open(encrypted) {
      try {
        const bytes = Buffer.from(encrypted.replace(/^gAAA/, ''), 'base64url')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
        const body = bytes.subarray(NONCE_BYTES + TAG_BYTES)
        return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString())
      } catch {
        return undefined
      }
    },
    ledTo: (id, item) => item !== undefined && next.get(id) === identityOf(item),
    neededBy: (itemId) => needs.get(itemId),
  }
}

/** What of an item must be the same when it comes back. */
function identityOf(item: Json): string {
  if (item.type === 'function_call')
    return JSON.stringify(['call', item.call_id, item.name, JSON.parse(String(item.arguments))])
  if (item.role !== 'assistant') return JSON.stringify([item.type, item.role])
  return JSON.stringify(['message', textOf(item.content)])
}
