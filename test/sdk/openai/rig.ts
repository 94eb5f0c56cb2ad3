/** What a case of OpenAI's JavaScript client is given, and what several of them need. */
import assert from 'node:assert/strict'
import { OpenAI } from 'openai'
import type { Target, Targets } from './targets.ts'

export interface Rig {
  readonly client: OpenAI
  readonly target: Target
  readonly targets: Targets
  /** The same client with another key, or by Google's own paths. */
  clientWith(options: { readonly apiKey?: string; readonly path?: string }): OpenAI
}

export function rigOf(target: Target, targets: Targets): Rig {
  const { url, key } = targets.wasat
  const clientWith: Rig['clientWith'] = ({ apiKey = key, path = '/v1' }) =>
    new OpenAI({ apiKey, baseURL: `${url}${path}` })
  return { client: clientWith({}), clientWith, target, targets }
}

export interface OpenAiCase {
  /** With the ids of what it proves. */
  readonly name: string
  /** All of them when left out. */
  readonly only?: readonly Target['name'][]
  run(rig: Rig): Promise<void>
}

export const SKY = 'Why is the sky blue?'
export const SKY_TOLD = /sky is blue because/

export type Message = OpenAI.Chat.ChatCompletionMessageParam
export type Chunk = OpenAI.Chat.ChatCompletionChunk

export const user = (content: string): Message => ({ role: 'user', content })

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

export function joined(chunks: readonly Chunk[], index = 0): string {
  return chunks
    .flatMap(({ choices }) => choices)
    .filter((choice) => choice.index === index)
    .map(({ delta }) => delta.content ?? '')
    .join('')
}

export function checkUsage(usage: OpenAI.CompletionUsage | null | undefined): void {
  assert.ok(usage && usage.prompt_tokens > 0 && usage.completion_tokens > 0, JSON.stringify(usage))
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, JSON.stringify(usage))
}

export interface Refusal {
  readonly status: number
  readonly type?: string
  readonly code?: string | null
  readonly param?: string | null
  readonly message?: RegExp
}

/** The client's own class of error, with what OpenAI's API has in it. */
export function refusedWith(Class: new (...words: never[]) => Error, expected: Refusal) {
  return (error: unknown) => {
    assert.ok(error instanceof Class, String(error))
    const { message, ...members } = expected
    for (const [name, value] of Object.entries(members))
      assert.equal((error as unknown as Record<string, unknown>)[name], value, `${name} of ${error}`)
    if (message !== undefined) assert.match(error.message, message)
    return true
  }
}
