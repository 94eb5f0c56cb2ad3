import { createHash } from 'node:crypto'
import type { Redis } from 'iovalkey'

/** A script and the name that the server knows it by: its SHA-1. */
export interface Script {
  readonly name: string
  readonly text: string
}

export function script(text: string): Script {
  return { name: createHash('sha1').update(text).digest('hex'), text }
}

/** A server that does not know the script is taught it, once for all that ask at the same time. */
export type RunScript = (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>

export function createScriptRunner(client: Redis): RunScript {
  /** By name; there are two scripts. */
  const lessons = new Map<string, Promise<unknown>>()

  function teach({ name, text }: Script): Promise<unknown> {
    const underWay = lessons.get(name)
    if (underWay !== undefined) return underWay
    const lesson = client.script('LOAD', text).finally(() => lessons.delete(name))
    lessons.set(name, lesson)
    return lesson
  }

  return async (script, keys, args) => {
    const run = () => client.evalsha(script.name, keys.length, ...keys, ...args)
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      await teach(script)
      return run()
    }
  }
}
